//! Phone numbers: what a text means, how two of them compare, how one is dialled and searched for.
//!
//! Two texts are the same number when their E.164 forms are equal; a shared suffix is never enough. Extensions and
//! withheld callers are recognised before a text is read as a number. The grammar of the countries is Google's
//! libphonenumber metadata, by way of `rlibphonenumber`.

mod plan;
mod text;

use std::fmt;
use std::panic::catch_unwind;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

pub use plan::{DialPlan, NotDialable, is_pattern, listed};
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
        parse(&self.0, None).is_some_and(|reading| reading.valid)
    }

    /// Says whether a call to it costs a premium, by its country's numbering plan.
    pub fn is_premium(&self) -> bool {
        self.parsed()
            .and_then(|parsed| guarded(|| parsed.get_type()))
            .is_some_and(|kind| kind == PhoneNumberType::PremiumRate)
    }

    /// Returns the number within its numbering plan, without calling code and trunk prefix (`301234567`).
    pub fn significant(&self) -> &str {
        let code = self.parsed().map_or(0, |parsed| parsed.country_code.to_string().len());
        &self.digits()[code.min(self.digits().len())..]
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

    /// Returns the digits of the country (`49` for Germany).
    fn calling_code(&self) -> &str {
        self.calling_code.as_str()
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
    /// A text that is none of these: letters, forty digits, a service code.
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
        let valid = parsed.is_valid();
        if !valid && parsed.is_possible_with_reason().is_err() {
            return None;
        }
        let number = PhoneNumber::from_e164(&parsed.format_as(PhoneNumberFormat::E164))?;
        Some(Reading { number, valid })
    })
    .flatten()
}

/// Reads a text that begins with `+` and so needs no country. Whether the number is assigned is not asked, where it is
/// a possible one: that takes half as long again.
fn parse_international(text: &str) -> Option<PhoneNumber> {
    guarded(|| {
        let parsed = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
        if parsed.is_possible_with_reason().is_err() && !parsed.is_valid() {
            return None;
        }
        PhoneNumber::from_e164(&parsed.format_as(PhoneNumberFormat::E164))
    })
    .flatten()
}

struct Reading {
    number: PhoneNumber,
    valid: bool,
}

/// Runs foreign parsing code so that a panic in it stays there.
///
/// A caller's number has crashed a number parser before (RUSTSEC-2023-0082, RUSTSEC-2024-0369).
fn guarded<T>(read: impl FnOnce() -> T + std::panic::UnwindSafe) -> Option<T> {
    catch_unwind(read).ok()
}
