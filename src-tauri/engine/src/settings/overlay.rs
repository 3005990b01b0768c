//! The policy: an administrator's file that overrides settings key by key, and locks those keys.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use toml::Table;

use super::{
    Settings, SettingsError,
    check::{Checked, read},
};

/// A policy is short; what is longer is not one.
const LONGEST: u64 = 1 << 20;

/// Where a policy is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPlace {
    /// The file.
    pub file: PathBuf,
    /// It was named, so it must be there; otherwise none may be.
    pub required: bool,
    /// How far its word is taken.
    pub standing: Standing,
}

/// How far a policy's word is taken. Its values count either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody but whoever runs this computer can have written it: the PBX's secret may follow where it moves the address.
    Trusted,
    /// Whoever started the program has named it, and it may be any program's file: no secret follows it.
    Named,
}

impl PolicyPlace {
    /// Reads the policy's text. `Ok(None)`: there is no policy, and there need not be one.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is named and missing.
    pub fn read(&self) -> Result<Option<String>, SettingsError> {
        let found = fs::metadata(&self.file).and_then(|found| match found {
            // A pipe would be waited for.
            found if !found.is_file() => Err(io::Error::other("it is not a file")),
            found if found.len() > LONGEST => Err(io::Error::other("it is too long for a policy")),
            _ => fs::read_to_string(&self.file),
        });
        match found {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.required => Ok(None),
            Err(error) => Err(unreadable(&self.file, &error)),
        }
    }
}

/// A policy that is in force.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Policy {
    pub(super) text: String,
    values: Table,
    /// The keys that it sets.
    pub(super) keys: Vec<&'static str>,
}

impl Policy {
    pub(super) fn parse(text: &str, file: &Path) -> Result<Self, SettingsError> {
        let Checked { keys, .. } = read(text, file)?;
        Ok(Self { text: text.to_owned(), values: text.parse().unwrap_or_default(), keys })
    }

    /// Returns the settings with this policy's values over them.
    pub(super) fn over(&self, own: &Settings) -> Settings {
        let mut merged = table(own);
        for (section, keys) in &self.values {
            if let (Some(toml::Value::Table(into)), toml::Value::Table(keys)) =
                (merged.get_mut(section), keys)
            {
                into.extend(keys.clone());
            }
        }
        settings(merged)
    }
}

/// Returns `own` with some keys as `from` has them.
pub(super) fn copied(own: &Settings, from: &Settings, keys: &[&str]) -> Settings {
    let (mut merged, from) = (table(own), table(from));
    for path in keys {
        if let (Some((section, name)), Some(value)) = (path.split_once('.'), value(&from, path))
            && let Some(toml::Value::Table(into)) = merged.get_mut(section)
        {
            into.insert(name.to_owned(), value.clone());
        }
    }
    settings(merged)
}

/// Returns the value of a key such as `pop.when`.
pub(super) fn value<'t>(settings: &'t Table, path: &str) -> Option<&'t toml::Value> {
    let (section, name) = path.split_once('.')?;
    settings.get(section)?.get(name)
}

fn settings(merged: Table) -> Settings {
    merged.try_into().expect("each value is one that its key has had in checked settings")
}

/// Returns the settings as sections of keys.
pub(super) fn table(settings: &Settings) -> Table {
    Table::try_from(settings).expect("the settings are sections of plain values")
}

pub(super) fn unreadable(file: &Path, error: &io::Error) -> SettingsError {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => {
            "the file is missing; restore it, or ask your administrator".to_owned()
        }
        _ => format!("it cannot be read ({error})"),
    };
    SettingsError { file: file.to_owned(), line: None, reason }
}
