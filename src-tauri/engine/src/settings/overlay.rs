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
    values: Table,
    /// The keys that it sets.
    pub(super) keys: Vec<&'static str>,
}

impl Policy {
    pub(super) fn parse(text: &str, file: &Path) -> Result<Self, SettingsError> {
        let Checked { keys, .. } = read(text, file)?;
        Ok(Self { values: text.parse().unwrap_or_default(), keys })
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
        merged.try_into().expect("both were checked, and their keys do not depend on each other")
    }
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
