//! Phone numbers: what a text means, how two of them compare, how one is dialled and searched for.
//!
//! Two texts are the same number when their E.164 forms are equal; a shared suffix is never enough. Extensions and
//! withheld callers are recognised before a text is read as a number. The grammar of the countries is Google's
//! libphonenumber metadata, by way of `rlibphonenumber`.
//!
//! What is written as E.164 is read back as itself: a record that is made under a number is found under it again.
//! A text for which that does not hold is no number.
//!
//! | module | what it answers |
//! |---|---|
//! | `text` | what did people and machines write around the digits? |
//! | `field` | which numbers are in a text, and what stands behind each? |
//! | `plan` | which number do the digits mean here? how is it dialled and searched for? |
//! | `readings` | what else may they mean? |
//! | `habit` | how does this PBX spell numbers, by the calls of before? |
//! | `home` | in which country is an office, by the numbers of its people? |
//! | `renumbered` | what is a number today that was written down before its plan changed? |
//! | `short` | which numbers are short in a country, and which of them call for help? |
//! | `kind` | whom does a number reach that is about to be called, and may it cost more? |

mod field;
mod habit;
mod home;
mod kind;
mod plan;
mod readings;
mod renumbered;
mod short;
mod text;

use std::{fmt, panic::catch_unwind, sync::OnceLock};

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region,
};

pub use field::Written;
pub use habit::{Habit, Hint, Learnt, Spelled};
pub use home::shown_by;
pub use kind::Kind;
pub use plan::{DialPlan, NotDialable, is_pattern, listed};
pub use readings::{Meant, ReadAs, TrunkFormat, TrunkReading};
pub use text::is_withheld;

use crate::ids::Extension;

/// Longer texts are not numbers: E.164 has 15 digits, and a generous spelling of it stays far below this.
const LONGEST_TEXT: usize = 64;

/// A telephone number, known by its E.164 form (`+49301234567`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

/// Numbers are personal data: a debug print names the country and the length only.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({} digits)", self.0.len() - 1)
    }
}

impl PhoneNumber {
    /// Takes an E.164 text that this type wrote before; reads it again otherwise.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        ((4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
    }

    /// Returns the E.164 form, with its `+`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// Returns the E.164 form without its `+`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// Returns the spelling within its own country (`030 1234567`).
    pub fn national(&self) -> String {
        self.format(PhoneNumberFormat::National)
    }

    /// Returns the spelling for people elsewhere (`+49 30 1234567`).
    pub fn international(&self) -> String {
        self.format(PhoneNumberFormat::International)
    }

    /// Returns the country it belongs to, ISO 3166-1 alpha-2, where the numbering plan tells.
    pub fn country(&self) -> Option<String> {
        let parsed = self.parsed()?;
        guarded(|| parsed.get_region_code()).flatten().map(code)
    }

    /// Says whether its country has given it to somebody to use, as far as the numbering plan tells.
    pub fn is_assigned(&self) -> bool {
        self.parsed().and_then(|parsed| guarded(|| parsed.is_valid())).unwrap_or(false)
    }

    /// Says whether a country's plan has it, be it alone or with others.
    fn is_valid_in(&self, country: Country) -> bool {
        // The library takes digits of another calling code for numbers of the country.
        self.digits().starts_with(country.calling_code())
            && self
                .parsed()
                .and_then(|parsed| guarded(|| parsed.is_valid_for_region(country.region)))
                .unwrap_or(false)
    }

    /// Returns the number within its numbering plan, without calling code and trunk prefix (`301234567`).
    pub fn significant(&self) -> &str {
        &self.digits()[self.calling_code().len()..]
    }

    /// Returns the digits of its country.
    fn calling_code(&self) -> &str {
        let len = self.parsed().map_or(0, |parsed| parsed.country_code.to_string().len());
        &self.digits()[..len.min(self.digits().len())]
    }

    /// Returns what is dialled before [`Self::significant`] within the country; may be empty.
    fn trunk_prefix(&self) -> String {
        let national = text::digits(&self.national());
        national.strip_suffix(self.significant()).unwrap_or_default().to_owned()
    }

    fn format(&self, format: PhoneNumberFormat) -> String {
        self.parsed()
            .and_then(|parsed| guarded(|| parsed.format_as(format).into_owned()))
            .unwrap_or_else(|| self.0.clone())
    }

    fn parsed(&self) -> Option<rlibphonenumber::PhoneNumber> {
        guarded(|| PHONE_NUMBER_UTIL.parse(&self.0, None).ok()).flatten()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A country, by whose habits national numbers are read. Its prefixes are kept: asking the library for them takes
/// longer than reading a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Country {
    region: Region,
    trunk_prefix: Prefix,
    calling_code: Prefix,
}

/// A few digits that numbers begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Prefix {
    digits: [u8; 8],
    len: usize,
}

impl Prefix {
    /// Takes digits; longer ones than any country's are none.
    fn new(text: &str) -> Self {
        let mut digits = [0; 8];
        let len = if text.is_ascii() && text.len() <= digits.len() { text.len() } else { 0 };
        digits[..len].copy_from_slice(&text.as_bytes()[..len]);
        Self { digits, len }
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.digits[..self.len]).unwrap_or_default()
    }
}

impl Country {
    /// Reads an ISO 3166-1 alpha-2 code, in any case. Returns `None` where no numbering plan is known for it.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_uppercase();
        PHONE_NUMBER_UTIL.get_supported_regions().find(|&region| code == self::code(region)).map(
            |region| Self {
                region,
                trunk_prefix: Prefix::new(&trunk_prefix(region)),
                calling_code: Prefix::new(&calling_code(region)),
            },
        )
    }

    /// Returns the two letters.
    pub fn code(self) -> String {
        code(self.region)
    }

    /// Returns the digits dialled before a national number within the country (`0` in Germany); may be empty.
    fn trunk_prefix(&self) -> &str {
        self.trunk_prefix.as_str()
    }

    /// Returns the digits of the country (`49` for Germany). Several countries may share them.
    fn calling_code(&self) -> &str {
        self.calling_code.as_str()
    }

    /// Says whether an assigned number of this country keeps all its digits when its E.164 form is read. `false` only means
    /// that one has to try: reading takes a trunk prefix off a number that has one more in front.
    fn leaves_whole(&self, number: &PhoneNumber) -> bool {
        let trunk = self.trunk_prefix();
        number
            .digits()
            .strip_prefix(self.calling_code())
            .is_some_and(|significant| trunk.is_empty() || !significant.starts_with(trunk))
    }
}

fn trunk_prefix(region: Region) -> String {
    guarded(|| PHONE_NUMBER_UTIL.get_example_number(region).ok())
        .flatten()
        .and_then(|example| PhoneNumber::from_e164(&example.format_as(PhoneNumberFormat::E164)))
        .map(|example| example.trunk_prefix())
        .unwrap_or_default()
}

fn calling_code(region: Region) -> String {
    PHONE_NUMBER_UTIL
        .get_country_code_for_region(region)
        .map(|code| code.to_string())
        .unwrap_or_default()
}

/// Who is at the other end, as far as the number tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Somebody outside.
    External(PhoneNumber),
    /// A colleague.
    Extension(Extension),
    /// The caller does not show a number.
    Withheld,
    /// A text that is none of these: a short number such as 112, letters, forty digits, a service code.
    Invalid(String),
}

impl Party {
    /// Returns the number, where there is one outside.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::External(number) => Some(number),
            Self::Extension(_) | Self::Withheld | Self::Invalid(_) => None,
        }
    }

    /// Says whether the call stays within the office.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Extension(_))
    }

    /// Returns what a person is shown: E.164, the extension, the text; nothing for a withheld number.
    pub fn shown(&self) -> Option<&str> {
        match self {
            Self::External(number) => Some(number.e164()),
            Self::Extension(extension) => Some(extension.as_str()),
            Self::Withheld => None,
            Self::Invalid(text) => Some(text),
        }
    }
}

fn code(region: Region) -> String {
    // The library names a region's variants by their two letters.
    format!("{region:?}")
}

/// Reads `text` by the habits of `country`. A number that is possible but not assigned counts: numbering plans
/// change faster than libraries, and two equal texts must stay equal.
fn parse(text: &str, country: Option<Country>) -> Option<Reading> {
    guarded(|| {
        let parsed = PHONE_NUMBER_UTIL.parse(text, country.map(|country| country.region)).ok()?;
        Reading::of(&parsed, |number, valid| {
            // What was read as it is written is read so again.
            number.e164() == text
                || (valid && country.is_some_and(|country| country.leaves_whole(number)))
        })
    })
    .flatten()
}

/// Reads a text that begins with `+` and so needs no country; `digits` are its own. Whether the number is assigned is said
/// where `asks`, and else counts as no where it need not be known.
fn parse_international(text: &str, digits: &str, asks: bool) -> Option<Reading> {
    guarded(|| {
        let parsed = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
        let number = PhoneNumber::from_e164(&parsed.format_as(PhoneNumberFormat::E164))?;
        // What was taken for the number has all the digits that were given: so it is read as it is written.
        let is_whole = number.e164() == digits;
        if is_whole
            && !renumbered::concerns(number.digits())
            && is_possible(&parsed)
            && is_planned(&parsed)
        {
            let valid = asks && parsed.is_valid();
            return Some(Reading { number, valid });
        }
        Reading::of(&parsed, |_, _| is_whole)
    })
    .flatten()
}

/// A number that a text was read as.
struct Reading {
    number: PhoneNumber,
    /// Its country has given it to somebody to use.
    valid: bool,
}

impl Reading {
    /// Decides whether what the library made of a text is a number. `leaves_whole` knows numbers, assigned or
    /// not, that are certain to be read back as they are written.
    fn of(
        parsed: &rlibphonenumber::PhoneNumber,
        leaves_whole: impl Fn(&PhoneNumber, bool) -> bool,
    ) -> Option<Self> {
        let number = PhoneNumber::from_e164(&parsed.format_as(PhoneNumberFormat::E164))?;
        let valid = parsed.is_valid();
        if !valid
            && let Some(today) = renumbered::today(number.digits())
            && let Some(number) = PhoneNumber::from_e164(&format!("+{today}"))
            && number.parsed().is_some_and(|parsed| parsed.is_valid())
            && is_read_back(&number)
        {
            return Some(Self { number, valid: true });
        }
        let is_one = valid || (is_possible(parsed) && is_planned(parsed));
        (is_one && (leaves_whole(&number, valid) || is_read_back(&number)))
            .then_some(Self { number, valid })
    }
}

/// Says whether the number is as long as its plan allows. One that is complete only within a town is not: it would be
/// written with a calling code and without its area.
fn is_possible(parsed: &rlibphonenumber::PhoneNumber) -> bool {
    parsed.is_possible_with_reason() == Ok(NumberLengthType::IsPossible)
}

/// Says whether the plan has numbers that begin so, of those that begin with a zero behind the calling code. In most
/// countries that zero is dialled and belongs to no number.
fn is_planned(parsed: &rlibphonenumber::PhoneNumber) -> bool {
    // By calling code, which has three digits at most.
    static HAS_ZERO: [OnceLock<bool>; 1_000] = [const { OnceLock::new() }; 1_000];
    parsed.italian_leading_zero != Some(true)
        || usize::try_from(parsed.country_code)
            .ok()
            .and_then(|code| HAS_ZERO.get(code))
            .is_some_and(|known| *known.get_or_init(|| has_zero(parsed.country_code)))
}

/// Asks the examples of the countries that share a calling code.
fn has_zero(calling_code: i32) -> bool {
    use PhoneNumberType::{FixedLine, Mobile, TollFree};
    let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(calling_code);
    regions.into_iter().flatten().any(|region| {
        [FixedLine, Mobile, TollFree].into_iter().any(|kind| {
            PHONE_NUMBER_UTIL
                .get_example_number_for_type_and_region(region, kind)
                .is_ok_and(|example| example.italian_leading_zero == Some(true))
        })
    })
}

/// Says whether the E.164 form is read as the number itself.
fn is_read_back(number: &PhoneNumber) -> bool {
    number.parsed().is_some_and(|again| again.format_as(PhoneNumberFormat::E164) == number.e164())
}

/// Runs foreign parsing code so that a panic in it stays there.
///
/// A caller's number has crashed a number parser before (RUSTSEC-2023-0082, RUSTSEC-2024-0369).
fn guarded<T>(read: impl FnOnce() -> T + std::panic::UnwindSafe) -> Option<T> {
    catch_unwind(read).ok()
}
