//! Reading a settings or policy file: every mistake that can be found, each with its line and its key.

use std::{fmt, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Settings, SettingsError,
    rules::{Bounds, KEYS, Key, Rule, Wrong},
};

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// The key, such as `pop.when`, or the section; empty where the text cannot be read at all.
    pub key: String,
    /// The entry of the list, where it is one entry that is wrong.
    pub entry: Option<String>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        if let Some(entry) = &self.entry {
            write!(f, "“{entry}”: ")?;
        }
        write!(f, "{}", self.wrong)
    }
}

impl Mistake {
    /// Says in which file it is.
    pub fn within(&self, file: &Path) -> SettingsError {
        let reason = self.to_string();
        SettingsError { file: file.to_owned(), line: self.line, reason, unread: false }
    }
}

/// A file without mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its values, and the defaults of the keys that it leaves out.
    pub settings: Settings,
    /// The keys that it sets, such as `pop.when`.
    pub keys: Vec<&'static str>,
}

/// Reads a settings or policy file's text.
///
/// # Errors
///
/// Every mistake that can be found, in the order of the lines. There is at least one.
pub fn check(text: &str) -> Result<Checked, Vec<Mistake>> {
    let mut reader = Reader { text, mistakes: Vec::new(), keys: Vec::new() };
    reader.document();
    let Reader { mut mistakes, keys, .. } = reader;
    if mistakes.is_empty() {
        match toml::from_str(text) {
            Ok(settings) => return Ok(Checked { settings, keys }),
            Err(error) => mistakes.push(unreadable(text, &error)),
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    Err(mistakes)
}

/// Reads a text as [`check`] does, for whoever needs one reason only.
///
/// # Errors
///
/// The first mistake.
pub(super) fn read(text: &str, file: &Path) -> Result<Checked, SettingsError> {
    check(text).map_err(|mistakes| {
        let more = mistakes.len() - 1;
        let mut error = mistakes[0].within(file);
        if more > 0 {
            error.reason = format!("{} (and {more} more)", error.reason);
        }
        error
    })
}

fn unreadable(text: &str, error: &toml::de::Error) -> Mistake {
    let reason = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
    Mistake {
        line: error.span().map(|span| line_at(text, span.start)),
        key: String::new(),
        entry: None,
        wrong: Wrong::Syntax(reason),
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Goes through a document and collects.
struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
    keys: Vec<&'static str>,
}

impl Reader<'_> {
    fn document(&mut self) {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        self.mistakes.extend(errors.iter().map(|error| unreadable(self.text, error)));
        for (section, keys) in document.get_ref() {
            let name = section.get_ref().as_ref();
            if !KEYS.iter().any(|key| key.section() == name) {
                self.wrong(section.span().start, name, Wrong::UnknownSection);
                continue;
            }
            match keys.get_ref() {
                DeValue::Table(keys) => self.section(name, keys),
                other => {
                    let wanted = "a section in brackets";
                    self.wrong(section.span().start, name, kind(wanted, other));
                }
            }
        }
    }

    fn section(&mut self, section: &str, keys: &DeTable<'_>) {
        for (name, value) in keys {
            let path = format!("{section}.{}", name.get_ref());
            match KEYS.iter().find(|key| key.path == path) {
                Some(key) => {
                    self.keys.push(key.path);
                    self.value(key, value);
                }
                None => self.wrong(name.span().start, &path, Wrong::UnknownKey),
            }
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        match &key.rule {
            Rule::Switch => match value.get_ref() {
                DeValue::Boolean(_) => {}
                other => self.wrong(value.span().start, key.path, kind("true or false", other)),
            },
            Rule::Text(rule) => {
                let wrong = text(value.get_ref()).and_then(rule).err();
                self.perhaps(key, value, wrong);
            }
            Rule::Whole(bounds) => {
                let wrong = match whole(value.get_ref()) {
                    Ok(number) if bounds.hold(number) => None,
                    Ok(_) => Some(Wrong::Range(*bounds)),
                    Err(wrong) => Some(wrong),
                };
                self.perhaps(key, value, wrong);
            }
            Rule::Texts { each, count } => {
                self.list(key, value, *count, |entry| {
                    let entry = text(entry)?;
                    each(entry).map(|()| entry.trim().to_owned())
                });
            }
            Rule::Wholes { each, count } => {
                self.list(key, value, *count, |entry| match whole(entry)? {
                    number if each.hold(number) => Ok(number.to_string()),
                    _ => Err(Wrong::Range(*each)),
                });
            }
        }
    }

    /// Checks a list, entry by entry; each entry's own line is named.
    fn list(
        &mut self,
        key: &Key,
        value: &Spanned<DeValue<'_>>,
        count: Bounds,
        each: impl Fn(&DeValue<'_>) -> Result<String, Wrong>,
    ) {
        let DeValue::Array(entries) = value.get_ref() else {
            return self.wrong(
                value.span().start,
                key.path,
                kind("a list in brackets", value.get_ref()),
            );
        };
        if !i64::try_from(entries.len()).is_ok_and(|length| count.hold(length)) {
            self.wrong(value.span().start, key.path, Wrong::Count(count));
        }
        let mut seen = Vec::with_capacity(entries.len());
        for entry in entries {
            let wrong = match each(entry.get_ref()) {
                Ok(known) if seen.contains(&known) => Wrong::Twice,
                Ok(new) => {
                    seen.push(new);
                    continue;
                }
                Err(wrong) => wrong,
            };
            self.mistakes.push(Mistake {
                line: Some(line_at(self.text, entry.span().start)),
                key: key.path.to_owned(),
                entry: Some(shown(entry.get_ref())),
                wrong,
            });
        }
    }

    fn perhaps(&mut self, key: &Key, value: &Spanned<DeValue<'_>>, wrong: Option<Wrong>) {
        if let Some(wrong) = wrong {
            self.wrong(value.span().start, key.path, wrong);
        }
    }

    fn wrong(&mut self, at: usize, key: &str, wrong: Wrong) {
        let line = Some(line_at(self.text, at));
        self.mistakes.push(Mistake { line, key: key.to_owned(), entry: None, wrong });
    }
}

/// An entry of a list, as long as a sentence can hold it.
fn shown(entry: &DeValue<'_>) -> String {
    let text = match entry {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        other => other.type_str().to_owned(),
    };
    crate::plain::one_line(&text, 60)
}

fn text<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Wrong> {
    value.as_str().ok_or_else(|| kind("a text in quotation marks", value))
}

fn whole(value: &DeValue<'_>) -> Result<i64, Wrong> {
    let number = value.as_integer().ok_or_else(|| kind("a whole number", value))?;
    // What does not fit into 64 bits is beyond every bound.
    Ok(i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX))
}

fn kind(wanted: &'static str, found: &DeValue<'_>) -> Wrong {
    let found = match found {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    Wrong::Kind { wanted, found }
}
