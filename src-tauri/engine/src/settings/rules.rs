//! Which value each key can have. A file and the window go through the same rules.

use std::fmt;

use domain::{Country, RecordId, number::is_pattern};

/// Longest name, address or key that is kept.
const LONGEST: usize = 255;
/// Longest of Salesforce's first names. Source: Salesforce, Object Reference, Contact and Lead, `FirstName`.
const LONGEST_FIRST_NAME: usize = 40;
/// Longest outcome and company. Source: Salesforce, Object Reference, Task `CallDisposition`, Lead `Company`.
const LONGEST_TEXT_FIELD: usize = 255;
/// Longest extension.
const LONGEST_EXTENSION: usize = 10;
/// Longest prefix or area code.
const LONGEST_PREFIX: usize = 8;
/// A day, in minutes.
const DAY: i64 = 1_440;
/// How long calls are kept, in days. Whatever asks whether a call is known looks back for less than the least of it.
const KEEP_DAYS: Bounds = Bounds { least: 30, most: 3_650 };

/// A key of the schema, and what its value must be.
pub(super) struct Key {
    /// Section and name, such as `pop.when`.
    pub(super) path: &'static str,
    pub(super) rule: Rule,
}

impl Key {
    /// Returns its section.
    pub(super) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }
}

/// What a value must be.
pub(super) enum Rule {
    /// `true` or `false`.
    Switch,
    /// A text.
    Text(fn(&str) -> Result<(), Wrong>),
    /// A whole number.
    Whole(Bounds),
    /// A list of different texts.
    Texts { each: fn(&str) -> Result<(), Wrong>, count: Bounds },
    /// A list of different whole numbers.
    Wholes { each: Bounds, count: Bounds },
}

/// From the least to the most, both allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
}

impl Bounds {
    pub(super) fn hold(self, value: i64) -> bool {
        (self.least..=self.most).contains(&value)
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not TOML.
    Syntax(String),
    /// Such a section is not known.
    UnknownSection,
    /// The section has no such key.
    UnknownKey,
    /// The value is of another kind.
    Kind {
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Only these words are known.
    Choice(&'static [&'static str]),
    /// It is not an address that can be used.
    Address(String),
    /// It is not the SHA-256 of a certificate.
    Fingerprint,
    /// It is not a country's two letters.
    Country,
    /// It is not what is dialled before a number abroad.
    InternationalPrefix,
    /// There is more in it than digits, or too many.
    Digits {
        /// At most so many.
        most: usize,
    },
    /// The number is too small or too large.
    Range(Bounds),
    /// It is neither a number nor a prefix.
    Pattern,
    /// It is not the id of an Account.
    Account,
    /// Nothing is there.
    Empty,
    /// It has too many characters.
    Long {
        /// At most so many.
        most: usize,
    },
    /// There are characters in it that do not print, or blanks where none may be.
    Characters,
    /// The list has too few or too many entries.
    Count(Bounds),
    /// The list has an entry twice.
    Twice,
}

impl Wrong {
    /// Returns a stable word for it, for the window's languages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::UnknownSection => "unknown_section",
            Self::UnknownKey => "unknown_key",
            Self::Kind { .. } => "kind",
            Self::Choice(_) => "choice",
            Self::Address(_) => "address",
            Self::Fingerprint => "fingerprint",
            Self::Country => "country",
            Self::InternationalPrefix => "international_prefix",
            Self::Digits { .. } => "digits",
            Self::Range(_) => "range",
            Self::Pattern => "pattern",
            Self::Account => "account",
            Self::Empty => "empty",
            Self::Long { .. } => "long",
            Self::Characters => "characters",
            Self::Count(_) => "count",
            Self::Twice => "twice",
        }
    }

    /// Returns the bounds that were passed, where there are any.
    pub fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::Range(bounds) | Self::Count(bounds) => Some(*bounds),
            Self::Digits { most } | Self::Long { most } => {
                Some(Bounds { least: 0, most: i64::try_from(*most).unwrap_or(i64::MAX) })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(reason) => f.write_str(reason),
            Self::UnknownSection => {
                write!(f, "there is no such section; the sections are {}", sections().join(", "))
            }
            Self::UnknownKey => f.write_str("there is no such key"),
            Self::Kind { wanted, found } => write!(f, "this must be {wanted}, not {found}"),
            Self::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                write!(f, "this must be one of {}", words.join(", "))
            }
            Self::Address(reason) => f.write_str(reason),
            Self::Fingerprint => f.write_str("write the 64 hexadecimal digits of a SHA-256"),
            Self::Country => f.write_str("this is not a country code such as DE"),
            Self::InternationalPrefix => {
                write!(f, "write + or at most {LONGEST_PREFIX} digits, such as 00")
            }
            Self::Digits { most } => write!(f, "write digits only, at most {most}"),
            Self::Range(Bounds { least, most }) => {
                write!(f, "write a number from {least} to {most}")
            }
            Self::Pattern => {
                f.write_str("write a number as +4930123456, or the beginning of numbers as +4930*")
            }
            Self::Account => f.write_str(
                "this is not the id of an Account: 15 or 18 characters that begin with 001",
            ),
            Self::Empty => f.write_str("this must not be empty"),
            Self::Long { most } => write!(f, "this is too long; at most {most} characters"),
            Self::Characters => f.write_str("there are characters in it that do not belong there"),
            Self::Count(Bounds { least, most }) => {
                write!(f, "this list must have from {least} to {most} entries")
            }
            Self::Twice => f.write_str("this is in the list twice"),
        }
    }
}

/// Returns the names of the sections, each once.
pub(super) fn sections() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = KEYS.iter().map(Key::section).collect();
    names.dedup();
    names
}

/// All keys, section by section. A test holds them against the schema.
pub(super) const KEYS: &[Key] = &[
    key("pbx.address", Rule::Text(pbx_address)),
    key("pbx.client_id", Rule::Text(identifier)),
    key("pbx.certificate_sha256", Rule::Text(fingerprint)),
    key("salesforce.login", Rule::Text(login)),
    key("salesforce.consumer_key", Rule::Text(identifier)),
    key("salesforce.callback_ports", wholes(1, 65_535, 1, 10)),
    key("binding.extension", Rule::Text(extension)),
    key("integration.enabled", Rule::Switch),
    key("numbers.country", Rule::Text(country)),
    key("numbers.area_code", Rule::Text(short_digits)),
    key("numbers.international_prefix", Rule::Text(international_prefix)),
    key("numbers.outside_prefix", Rule::Text(short_digits)),
    key("numbers.extension_digits", wholes(1, 10, 0, 10)),
    key("numbers.trunk_format", Rule::Text(|text| one_of(text, &["auto", "e164", "national"]))),
    key("pop.when", Rule::Text(|text| one_of(text, &["ring", "answer", "never"]))),
    key("pop.outbound", Rule::Switch),
    key("pop.unknown", Rule::Text(|text| one_of(text, &["nothing", "new_lead", "new_contact"]))),
    key("journal.inbound", Rule::Switch),
    key("journal.outbound", Rule::Switch),
    key("journal.missed", Rule::Switch),
    key("journal.internal", Rule::Switch),
    key("journal.never", texts(pattern, 0, 1_000)),
    key("journal.outcomes", texts(outcome, 1, 50)),
    key("journal.keep_days", Rule::Whole(KEEP_DAYS)),
    key("wrap_up.ask", Rule::Text(|text| one_of(text, &["never", "after_answered"]))),
    key("auto_create.directions", texts(|text| one_of(text, &["inbound", "outbound"]), 0, 2)),
    key("auto_create.object", Rule::Text(|text| one_of(text, &["lead", "contact"]))),
    key("auto_create.name_prefix", Rule::Text(|text| named(text, LONGEST_FIRST_NAME))),
    key("auto_create.company", Rule::Text(|text| named(text, LONGEST_TEXT_FIELD))),
    key("auto_create.account_id", Rule::Text(account)),
    key("contact_sync.mode", Rule::Text(|text| one_of(text, &["off", "on_call", "full"]))),
    key("contact_sync.objects", texts(|text| one_of(text, &["contact", "lead", "account"]), 1, 3)),
    key("contact_sync.phonebook", Rule::Text(|text| named(text, LONGEST))),
    key("contact_sync.every_minutes", Rule::Whole(Bounds { least: 1, most: DAY })),
    key("dial.confirm_links", Rule::Switch),
    key("dial.blocked", texts(pattern, 0, 1_000)),
    key("app.language", Rule::Text(|text| one_of(text, &["", "en", "zh-CN"]))),
    key("app.autostart", Rule::Switch),
];

const fn key(path: &'static str, rule: Rule) -> Key {
    Key { path, rule }
}

const fn texts(each: fn(&str) -> Result<(), Wrong>, least: i64, most: i64) -> Rule {
    Rule::Texts { each, count: Bounds { least, most } }
}

const fn wholes(smallest: i64, largest: i64, least: i64, most: i64) -> Rule {
    Rule::Wholes { each: Bounds { least: smallest, most: largest }, count: Bounds { least, most } }
}

fn one_of(text: &str, words: &'static [&'static str]) -> Result<(), Wrong> {
    if words.contains(&text) { Ok(()) } else { Err(Wrong::Choice(words)) }
}

/// A name for people to read.
fn named(text: &str, most: usize) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        Err(Wrong::Empty)
    } else if text.chars().count() > most {
        Err(Wrong::Long { most })
    } else if text.chars().any(char::is_control) {
        Err(Wrong::Characters)
    } else {
        Ok(())
    }
}

fn outcome(text: &str) -> Result<(), Wrong> {
    named(text, LONGEST_TEXT_FIELD)
}

/// What a system hands out for programs to copy.
fn identifier(text: &str) -> Result<(), Wrong> {
    if text.len() > LONGEST {
        Err(Wrong::Long { most: LONGEST })
    } else if text.chars().any(|c| !c.is_ascii_graphic()) {
        Err(Wrong::Characters)
    } else {
        Ok(())
    }
}

fn pbx_address(text: &str) -> Result<(), Wrong> {
    if text.is_empty() {
        return Ok(());
    }
    pbx::Address::parse(text).map(drop).map_err(|error| Wrong::Address(error.to_string()))
}

fn login(text: &str) -> Result<(), Wrong> {
    salesforce::Login::parse(text).map(drop).map_err(|error| Wrong::Address(error.to_string()))
}

fn fingerprint(text: &str) -> Result<(), Wrong> {
    if text.is_empty() || pbx::Fingerprint::parse(text).is_ok() {
        Ok(())
    } else {
        Err(Wrong::Fingerprint)
    }
}

fn digits(text: &str, most: usize) -> Result<(), Wrong> {
    if text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Wrong::Digits { most })
    }
}

fn extension(text: &str) -> Result<(), Wrong> {
    digits(text, LONGEST_EXTENSION)
}

fn short_digits(text: &str) -> Result<(), Wrong> {
    digits(text, LONGEST_PREFIX)
}

fn international_prefix(text: &str) -> Result<(), Wrong> {
    if text == "+" || (!text.is_empty() && digits(text, LONGEST_PREFIX).is_ok()) {
        Ok(())
    } else {
        Err(Wrong::InternationalPrefix)
    }
}

fn country(text: &str) -> Result<(), Wrong> {
    if text.is_empty() || Country::parse(text).is_some() { Ok(()) } else { Err(Wrong::Country) }
}

fn pattern(text: &str) -> Result<(), Wrong> {
    if is_pattern(text) { Ok(()) } else { Err(Wrong::Pattern) }
}

fn account(text: &str) -> Result<(), Wrong> {
    let is_account = || RecordId::parse(text).is_some_and(|id| id.prefix() == "001");
    if text.is_empty() || is_account() { Ok(()) } else { Err(Wrong::Account) }
}
