//! The dial plan: how this office reads and dials numbers.

use super::{
    Country, Habit, LONGEST_TEXT, Party, PhoneNumber, Reading, TrunkFormat, parse,
    parse_international, renumbered,
    short::{Short, short},
    text,
};
use crate::ids::Extension;

/// How numbers are read and dialled here. Source of the fields: contract.md §2, `[numbers]` and `[dial]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialPlan {
    /// By whose habits national numbers are read.
    pub country: Country,
    /// Read before a local number that has none (`030` or `30`); may be empty.
    pub area_code: String,
    /// How the PBX wants an international number to begin: `00`, `+`, `011`, …
    pub international_prefix: String,
    /// Digits to dial before any outside number; may be empty.
    pub outside_prefix: String,
    /// Lengths of extensions, in digits.
    pub extension_digits: Vec<u8>,
    /// How the trunk spells callers, by the settings.
    pub trunk_format: TrunkFormat,
    /// What earlier calls have shown of that.
    pub habit: Habit,
    /// Numbers that must not be dialled: E.164, with `*` at the end for "and all that begin so".
    pub blocked: Vec<String>,
}

/// Why a text is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDialable {
    /// It is not a number.
    NotANumber,
    /// It is a service code (`*21*…#`) or holds a pause; these can forward or bill calls unseen.
    ServiceCode,
    /// The settings or the policy forbid it.
    Blocked,
}

impl DialPlan {
    /// Says what a text from the PBX, a record or a person means.
    pub fn read(&self, original: &str) -> Party {
        if original.len() > LONGEST_TEXT * 4 {
            return Party::Invalid(original.chars().take(LONGEST_TEXT).collect());
        }
        let trimmed = original.trim();
        if text::is_number_like(trimmed) {
            if self.is_extension(trimmed) {
                return Party::Extension(Extension::new(trimmed));
            }
            if text::is_zeros(trimmed) {
                return Party::Withheld;
            }
        } else {
            let bare = text::bare(original);
            // Most texts are plain numbers, and such a one is not withheld.
            if text::is_withheld(original) || text::is_withheld(&bare) {
                return Party::Withheld;
            }
            if self.is_extension(&bare) {
                return Party::Extension(Extension::new(&bare));
            }
            // A person may write anything beside the number of a record. No PBX does: such a caller is nobody we know.
            if text::is_code(original) {
                return Party::Invalid(trimmed.chars().take(LONGEST_TEXT).collect());
            }
        }
        match self.read_number(original) {
            Some(number) => Party::External(number),
            None => Party::Invalid(trimmed.chars().take(LONGEST_TEXT).collect()),
        }
    }

    /// Reads a caller's number as the PBX shows it: where the spelling means several, the likeliest by the trunk's habit.
    pub fn read_caller(&self, original: &str) -> Party {
        let party = self.read(original);
        match (&party, self.trunk()) {
            (Party::External(_), format @ (TrunkFormat::E164 | TrunkFormat::National)) => {
                let likeliest = self.readings(original, format).into_iter().next();
                likeliest.map_or(party, |reading| Party::External(reading.number))
            }
            (_, _) => party,
        }
    }

    /// Says whether a text is a number of a few digits that somebody answers, such as `116117`.
    pub fn is_service(&self, original: &str) -> bool {
        let bare = text::bare(original);
        text::is_number_like(&bare) && self.short(&text::digits(&bare)).is_some()
    }

    /// Reads a number that an agent dialled: with or without the digits for an outside line.
    pub fn read_dialled(&self, original: &str) -> Party {
        // Over a trunk these reach no extension, however many digits extensions have.
        if let Some(digits) = self.emergency(original) {
            return Party::Invalid(digits);
        }
        let Some(behind) = self.behind_outside_prefix(original) else { return self.read(original) };
        let likeliest = self.readings_dialled(original).into_iter().next();
        Party::External(likeliest.map_or(behind, |reading| reading.number))
    }

    /// Returns the number behind the digits for an outside line, where a text begins with them.
    pub(super) fn behind_outside_prefix(&self, original: &str) -> Option<PhoneNumber> {
        if self.outside_prefix.is_empty() {
            return None;
        }
        let bare = text::bare(original);
        self.valid_number(bare.strip_prefix(self.outside_prefix.as_str())?)
    }

    /// Says whether a text calls for help here: the country's emergency numbers, with or without the digits for an
    /// outside line, and those that people know from everywhere.
    pub fn is_emergency(&self, original: &str) -> bool {
        self.emergency(original).is_some()
    }

    fn emergency(&self, original: &str) -> Option<String> {
        if original.len() > LONGEST_TEXT {
            return None;
        }
        let bare = text::bare(original);
        if !text::is_number_like(&bare) {
            return None;
        }
        let digits = text::digits(&bare);
        let behind = digits.strip_prefix(self.outside_prefix.as_str()).unwrap_or_default();
        [digits.as_str(), behind]
            .into_iter()
            .find(|digits| self.short(digits) == Some(Short::Emergency))
            .map(str::to_owned)
    }

    /// Says whether digits are dialled within the country as they stand, without an area that somebody else's place adds.
    pub(crate) fn is_complete(&self, digits: &str) -> bool {
        !self.needs_trunk_prefix() || self.begins_fully(digits)
    }

    pub(super) fn short(&self, digits: &str) -> Option<Short> {
        short(digits, &self.country.code())
    }

    /// Says whether the text is an extension by its length.
    pub fn is_extension(&self, text: &str) -> bool {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_digit())
            && self.extension_digits.iter().any(|&digits| usize::from(digits) == text.len())
    }

    /// Returns the digits that the PBX gets to dial `number`, `outside_prefix` included.
    pub fn dialled(&self, number: &PhoneNumber) -> String {
        format!("{}{}", self.outside_prefix, self.spelled(number))
    }

    /// Returns the digits as this office spells them, without `outside_prefix`. Also the spelling of synced contacts.
    pub fn spelled(&self, number: &PhoneNumber) -> String {
        // The calling code decides and not the country: all countries of one code dial each other as their own.
        if number.digits().starts_with(self.country.calling_code()) {
            let national = number.national();
            let digits = text::digits(&national);
            // What the library has no format for it leaves without a trunk prefix.
            let is_formatted = national.bytes().any(|letter| !letter.is_ascii_digit());
            if (is_formatted || !self.needs_trunk_prefix()) && self.leads_to(&digits, number) {
                return digits;
            }
        }
        format!("{}{}", self.international_prefix, number.digits())
    }

    /// Says whether these digits are dialled to nobody but this number: not to an extension or a service either.
    fn leads_to(&self, digits: &str, number: &PhoneNumber) -> bool {
        !self.is_extension(digits)
            && self.short(digits).is_none()
            && self.number(digits).as_ref() == Some(number)
    }

    /// Decides whether a text that a person gave may be dialled, and as what the PBX gets it. A number that calls for help
    /// always may. Short numbers are dialled as they are typed, and are a [`Party::Invalid`].
    ///
    /// # Errors
    ///
    /// Says why not.
    pub fn dial(&self, original: &str) -> Result<(Party, String), NotDialable> {
        let written = text::address(original);
        let is_code = |text: &str| text.contains(['*', '#', ',']);
        if is_code(original) || is_code(&written) || original.contains("%23") {
            return Err(NotDialable::ServiceCode);
        }
        let bare = text::bare(original);
        if !text::is_number_like(&bare) {
            return Err(NotDialable::NotANumber);
        }
        let digits = text::digits(&bare);
        match self.short(&digits) {
            // Extensions as long may hide the number: then the PBX gets what the keys of a telephone would send it.
            Some(Short::Emergency) if self.is_extension(&digits) => {
                return Ok((Party::Invalid(digits.clone()), digits));
            }
            Some(Short::Emergency) => return Ok(self.short_dialled(digits)),
            Some(Short::Service | Short::Other) | None => {}
        }
        if self.is_extension(&bare) {
            return Ok((Party::Extension(Extension::new(&bare)), digits));
        }
        if self.split(&bare).is_some() {
            return Err(NotDialable::NotANumber);
        }
        match self.number(&bare) {
            Some(number) if self.is_blocked(&number) => Err(NotDialable::Blocked),
            Some(number) => {
                let dialled = self.dialled(&number);
                Ok((Party::External(number), dialled))
            }
            None if self.short(&digits).is_some() => Ok(self.short_dialled(digits)),
            None => Err(NotDialable::NotANumber),
        }
    }

    fn short_dialled(&self, digits: String) -> (Party, String) {
        let dialled = format!("{}{digits}", self.outside_prefix);
        (Party::Invalid(digits), dialled)
    }

    /// Says whether `number` belongs to this office's own country, or to several and this one among them, as toll-free
    /// numbers do.
    pub fn is_of_this_country(&self, number: &PhoneNumber) -> bool {
        number.country().is_some_and(|country| country == self.country.code())
            || number.is_valid_in(self.country)
    }

    /// Says whether the settings forbid to dial `number`.
    pub fn is_blocked(&self, number: &PhoneNumber) -> bool {
        listed(&self.blocked, number)
    }

    /// Returns the digit strings under which a search may find the number: international, national with and without
    /// trunk prefix, and as dialled from here. Digits only, so nothing in them can be query syntax.
    pub fn search_variants(&self, number: &PhoneNumber) -> Vec<String> {
        let national = text::digits(&number.national());
        let mut variants =
            vec![number.digits().to_owned(), national, number.significant().to_owned()];
        variants.push(format!("00{}", number.digits()));
        for old in renumbered::before(number.digits()) {
            let national = old.strip_prefix(number.calling_code()).map(str::to_owned);
            variants.push(old);
            variants.extend(national);
        }
        if self.international_prefix.bytes().all(|b| b.is_ascii_digit()) {
            variants.push(format!("{}{}", self.international_prefix, number.digits()));
        }
        variants.retain(|variant| variant.len() >= 2);
        unique(variants)
    }

    /// Returns the texts that people store for the number, for an exact comparison (SOQL `IN`).
    pub fn exact_variants(&self, number: &PhoneNumber) -> Vec<String> {
        let national = number.national();
        let international = number.international();
        let mut variants = vec![number.e164().to_owned(), international.clone(), national.clone()];
        variants.push(international.replace([' ', '-'], "-"));
        variants.push(international.trim_start_matches('+').to_owned());
        if let Some((code, rest)) = international.split_once(' ')
            && national.starts_with('0')
        {
            variants.push(format!("{code} (0){rest}"));
            variants.push(format!("{code} (0) {rest}"));
        }
        variants.extend(self.search_variants(number));
        unique(variants)
    }

    /// Reads digits and the marks between them, or a number that is spelled as a word.
    pub(super) fn number(&self, bare: &str) -> Option<PhoneNumber> {
        self.digits(bare, false).map(|(number, _)| number)
    }

    /// Reads a number that its country has given to somebody.
    pub(super) fn valid_number(&self, text: &str) -> Option<PhoneNumber> {
        let (number, is_valid) = self.digits(text, true)?;
        is_valid.then_some(number)
    }

    /// Returns the number, and whether its country has given it to somebody: of an international one only where that is
    /// asked, since it takes half as long again.
    fn digits(&self, bare: &str, asks: bool) -> Option<(PhoneNumber, bool)> {
        let known = |reading: Reading| (reading.number, reading.valid);
        if bare.len() > LONGEST_TEXT {
            return None;
        }
        if !text::is_number_like(bare) {
            return self.number_by_keys(bare).map(|number| (number, true));
        }
        let digits = text::digits(bare);
        if let Some(rest) = digits.strip_prefix('+') {
            // No calling code begins with a zero: a gateway has set a plus before what it got.
            return if rest.starts_with('0') {
                self.valid_number(rest).map(|number| (number, true))
            } else {
                parse_international(bare, &digits, asks).map(known)
            };
        }
        // `00` is understood everywhere, also where the country's own prefix is another one.
        for prefix in ["00", self.international_prefix.as_str()] {
            if !prefix.is_empty()
                && prefix != "+"
                && let Some(rest) = digits.strip_prefix(prefix)
                && let Some(reading) = parse(&format!("+{rest}"), None)
                && reading.valid
            {
                return Some(known(reading));
            }
        }
        let as_written = parse(bare, Some(self.country));
        let is_valid = as_written.as_ref().is_some_and(|reading| reading.valid);
        // Help and other services are not somebody's number with an area code before it.
        if !is_valid && matches!(self.short(&digits), Some(Short::Emergency | Short::Service)) {
            return None;
        }
        // Where a trunk prefix is always dialled, a text without one is a local number; elsewhere it is local only when
        // it is no number by itself.
        if (self.needs_trunk_prefix() || !is_valid)
            && let Some(local) = self.local(&digits)
        {
            return Some(known(local));
        }
        let international = || {
            // `49301234567`: an international number that has lost its plus on the way through a trunk.
            let code = self.country.calling_code();
            digits.starts_with(code).then(|| parse(&format!("+{digits}"), None)).flatten()
        };
        match as_written {
            Some(reading) if reading.valid => Some(known(reading)),
            other => international()
                .filter(|reading| reading.valid)
                .or_else(|| other.filter(|_| self.short(&digits).is_none()))
                .or_else(|| parse(&format!("+{digits}"), None).filter(|reading| reading.valid))
                .map(known),
        }
    }

    /// Reads digits as a local number, where the office's area code is known and makes them an assigned one.
    pub(super) fn local(&self, digits: &str) -> Option<Reading> {
        let trunk = self.country.trunk_prefix();
        if self.area_code.is_empty() || (!trunk.is_empty() && digits.starts_with(trunk)) {
            return None;
        }
        let area = self.area_code.strip_prefix(trunk).unwrap_or(&self.area_code);
        parse(&format!("{trunk}{area}{digits}"), Some(self.country)).filter(|local| local.valid)
    }

    /// Reads a number that is spelled as a word. Only the countries where that is usual, and only assigned numbers:
    /// elsewhere letters are a note, not a number.
    pub(super) fn number_by_keys(&self, bare: &str) -> Option<PhoneNumber> {
        const USUAL: [&str; 2] = ["+1", "+61"];
        let reading = parse(&text::by_keys(bare)?, Some(self.country))?;
        let usual = USUAL.iter().any(|code| reading.number.e164().starts_with(code));
        (reading.valid && usual).then_some(reading.number)
    }
}

/// Says whether a list of numbers and prefixes (`+4930*`) holds `number`.
pub fn listed(patterns: &[String], number: &PhoneNumber) -> bool {
    patterns.iter().any(|pattern| {
        let pattern = pattern.trim();
        match pattern.strip_suffix('*') {
            Some(prefix) => number.e164().starts_with(&text::digits(prefix)),
            None => number.e164() == text::digits(pattern),
        }
    })
}

/// Says whether a text can be in such a list: a number with its country's code, or how such numbers begin, then `*`.
pub fn is_pattern(pattern: &str) -> bool {
    let pattern = pattern.trim();
    let begins = pattern.ends_with('*');
    let number = pattern.strip_suffix('*').unwrap_or(pattern);
    let digits = text::digits(number).len().saturating_sub(1);
    let shortest = if begins { 1 } else { 4 };
    number.starts_with('+') && text::is_number_like(number) && (shortest..=15).contains(&digits)
}

fn unique(variants: Vec<String>) -> Vec<String> {
    let mut seen = Vec::with_capacity(variants.len());
    for variant in variants {
        if !seen.contains(&variant) {
            seen.push(variant);
        }
    }
    seen
}
