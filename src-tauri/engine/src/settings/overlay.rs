//! The policies: administrators' files that override settings key by key, and lock those keys.

use std::{
    io,
    path::{Path, PathBuf},
};

use owners::Keepers;
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
    /// Who alone may be able to change it, looked at each time it is read. `None`: whoever likes, for a file that is
    /// only checked, and for tests.
    pub keepers: Option<Keepers>,
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
    /// The system's own place: there need be none, and it counts only where nobody but administrators can have written
    /// it.
    pub fn system(file: PathBuf) -> Self {
        let keepers = Some(Keepers::Administrators);
        Self { file, required: false, standing: Standing::Trusted, keepers }
    }

    /// A file that was named when the program was started: it must be there, and be the user's own or an
    /// administrator's.
    pub fn named(file: PathBuf) -> Self {
        let keepers = Some(Keepers::OrUser);
        Self { file, required: true, standing: Standing::Named, keepers }
    }

    /// A file to be looked at, whoever has written it.
    pub fn anybodys(file: PathBuf) -> Self {
        Self { file, required: true, standing: Standing::Named, keepers: None }
    }

    /// Reads the policy's text. `Ok(None)`: there is no policy, and there need not be one.
    ///
    /// # Errors
    ///
    /// It cannot be read, is named and missing, or somebody else could have written it.
    pub fn read(&self) -> Result<Option<String>, SettingsError> {
        let found = match self.keepers {
            Some(keepers) => owners::read(&self.file, keepers, LONGEST),
            None => owners::read_anybodys(&self.file, LONGEST).map_err(owners::Error::Io),
        };
        match found {
            Ok(None) if self.required => {
                Err(unreadable(&self.file, &io::Error::from(io::ErrorKind::NotFound)))
            }
            Ok(text) => Ok(text),
            Err(owners::Error::Io(error)) => Err(unreadable(&self.file, &error)),
            Err(error @ owners::Error::Untrusted { .. }) => Err(self.untrusted(&error)),
        }
    }

    fn untrusted(&self, error: &owners::Error) -> SettingsError {
        let (who, shared) = match self.keepers {
            Some(Keepers::OrUser) => ("you or an administrator", ""),
            Some(Keepers::Administrators) | None => {
                ("an administrator", " and every folder above it")
            }
        };
        let reason = format!(
            "it does not count, because {error}; the file{shared} has to belong to {who}, and nobody else may be able to change it"
        );
        SettingsError { file: self.file.clone(), line: None, reason, unread: false }
    }
}

/// A policy that is in force.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Policy {
    pub(super) text: String,
    pub(super) file: PathBuf,
    pub(super) standing: Standing,
    values: Table,
    /// The keys that it sets.
    pub(super) keys: Vec<&'static str>,
}

impl Policy {
    pub(super) fn parse(text: &str, place: &PolicyPlace) -> Result<Self, SettingsError> {
        let Checked { keys, .. } = read(text, &place.file)?;
        let values = text.parse().unwrap_or_default();
        let (file, standing) = (place.file.clone(), place.standing);
        Ok(Self { text: text.to_owned(), file, standing, values, keys })
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
    SettingsError { file: file.to_owned(), line: None, reason, unread: true }
}
