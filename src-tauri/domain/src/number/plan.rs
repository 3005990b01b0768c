//! The dial plan: how this office reads and dials numbers.

use super::{Country, LONGEST_TEXT, Party, PhoneNumber, parse, parse_international, text};
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
        let bare = text::bare(original);
        // Most texts are plain numbers, and such a one is not withheld.
        let is_plain = text::is_number_like(original);
        if !is_plain && (text::is_withheld(original) || text::is_withheld(&bare)) {
            return Party::Withheld;
        }
        if self.is_extension(&bare) {
            return Party::Extension(Extension::new(&bare));
        }
        match self.number(&bare) {
            Some(number) => Party::External(number),
            None => Party::Invalid(original.trim().chars().take(LONGEST_TEXT).collect()),
        }
    }

    /// Reads a record's phone field: only an outside number counts there, since what looks like an extension of ours
    /// may be one of somebody else's.
    pub fn read_number(&self, original: &str) -> Option<PhoneNumber> {
        if original.len() > LONGEST_TEXT * 4 {
            return None;
        }
        let bare = text::bare(original);
        if self.is_extension(&bare) { None } else { self.number(&bare) }
    }

    /// Reads a number that an agent dialled: with or without the digits for an outside line.
    pub fn read_dialled(&self, original: &str) -> Party {
        let bare = text::bare(original);
        if !self.outside_prefix.is_empty()
            && let Some(rest) = bare.strip_prefix(self.outside_prefix.as_str())
            && let Some(number) = self.valid_number(rest)
        {
            return Party::External(number);
        }
        self.read(original)
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
        match number.digits().strip_prefix(self.country.calling_code()) {
            Some(_) if number.country().is_none_or(|country| country == self.country.code()) => {
                text::digits(&number.national())
            }
            _ => format!("{}{}", self.international_prefix, number.digits()),
        }
    }

    /// Decides whether a text that a person gave may be dialled, and as what the PBX gets it.
    ///
    /// # Errors
    ///
    /// Says why not.
    pub fn dial(&self, original: &str) -> Result<(Party, String), NotDialable> {
        let bare = text::bare(original);
        if original.contains(['*', '#', ',']) || original.contains("%23") {
            return Err(NotDialable::ServiceCode);
        }
        if !text::is_number_like(&bare) {
            return Err(NotDialable::NotANumber);
        }
        match self.read(&bare) {
            Party::External(number) if self.is_blocked(&number) => Err(NotDialable::Blocked),
            Party::External(number) => {
                let dialled = self.dialled(&number);
                Ok((Party::External(number), dialled))
            }
            Party::Extension(extension) => {
                let digits = extension.as_str().to_owned();
                Ok((Party::Extension(extension), digits))
            }
            Party::Withheld | Party::Invalid(_) => Err(NotDialable::NotANumber),
        }
    }

    /// Says whether `number` belongs to this office's own country.
    pub fn is_of_this_country(&self, number: &PhoneNumber) -> bool {
        number.country().is_some_and(|country| country == self.country.code())
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

    fn number(&self, bare: &str) -> Option<PhoneNumber> {
        if bare.len() > LONGEST_TEXT {
            return None;
        }
        if !text::is_number_like(bare) {
            return self.number_by_keys(bare);
        }
        let digits = text::digits(bare);
        if digits.starts_with('+') {
            return parse_international(bare);
        }
        // `00` is understood everywhere, also where the country's own prefix is another one.
        for prefix in ["00", self.international_prefix.as_str()] {
            if !prefix.is_empty()
                && prefix != "+"
                && let Some(rest) = digits.strip_prefix(prefix)
                && let Some(reading) = parse(&format!("+{rest}"), None)
                && reading.valid
            {
                return Some(reading.number);
            }
        }
        let trunk = self.country.trunk_prefix();
        let as_written = parse(bare, Some(self.country));
        let has_trunk = !trunk.is_empty() && digits.starts_with(trunk);
        if !self.area_code.is_empty() && !has_trunk {
            let area = self.area_code.strip_prefix(trunk).unwrap_or(&self.area_code);
            let local = parse(&format!("{trunk}{area}{digits}"), Some(self.country));
            // Where a trunk prefix is always dialled, a text without one is a local number; elsewhere it is local
            // only when it is no number by itself.
            let prefers_local =
                trunk == "0" || as_written.as_ref().is_none_or(|reading| !reading.valid);
            if let Some(local) = local.filter(|reading| reading.valid && prefers_local) {
                return Some(local.number);
            }
        }
        let international = || {
            // `49301234567`: an international number that has lost its plus on the way through a trunk.
            let code = self.country.calling_code();
            digits.starts_with(code).then(|| parse(&format!("+{digits}"), None)).flatten()
        };
        match as_written {
            Some(reading) if reading.valid => Some(reading.number),
            other => international()
                .filter(|reading| reading.valid)
                .or(other)
                .or_else(|| parse(&format!("+{digits}"), None).filter(|reading| reading.valid))
                .map(|reading| reading.number),
        }
    }

    /// Reads a number that is spelled as a word. Only the countries where that is usual, and only assigned numbers:
    /// elsewhere letters are a note, not a number.
    fn number_by_keys(&self, bare: &str) -> Option<PhoneNumber> {
        const USUAL: [&str; 2] = ["+1", "+61"];
        let reading = parse(&text::by_keys(bare)?, Some(self.country))?;
        let usual = USUAL.iter().any(|code| reading.number.e164().starts_with(code));
        (reading.valid && usual).then_some(reading.number)
    }

    fn valid_number(&self, text: &str) -> Option<PhoneNumber> {
        let number = self.number(text)?;
        parse(number.e164(), None).filter(|reading| reading.valid).map(|reading| reading.number)
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
