//! The settings in force: what the person's own file says, with an administrator's policy over it, key by key.
//!
//! The files beside this one: `schema` (the keys and their defaults), `meaning` (what they mean to `domain`), `rules`
//! (which values are possible), `check` (every mistake with its line), `file` (the person's own), `edit` (what the window
//! changes), `overlay` (the policy), `export` (a policy made of what is in force), `watch` (noticing that the policy has
//! changed).

mod check;
mod edit;
mod export;
mod file;
mod meaning;
mod overlay;
mod rules;
mod schema;
mod watch;

use std::{
    fmt,
    path::{Path, PathBuf},
};

pub(crate) use self::watch::{Found, Watching};
pub use self::{
    check::{Checked, Mistake, check},
    edit::{EditableSettings, SettingsPatch},
    overlay::{PolicyPlace, Standing},
    rules::{Bounds, Wrong},
    schema::{
        AppSettings, AskAfter, AutoCreateSettings, BindingSettings, CallerSide,
        ContactSyncSettings, DialSettings, IntegrationSettings, JournalSettings, Language,
        NewRecord, NumberSettings, PbxSettings, PopSettings, SalesforceSettings, Settings,
        SyncMode, SyncObject, Unknown, When, WrapUpSettings,
    },
};
use self::{file::OwnFile, overlay::Policy};

/// A file that cannot be used: which, where in it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The file.
    pub file: PathBuf,
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// Why, for a person.
    pub reason: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file.display(), self.reason),
            None => write!(f, "{}: {}", self.file.display(), self.reason),
        }
    }
}

impl std::error::Error for SettingsError {}

/// Why settings were not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// The policy sets these keys.
    Locked {
        /// Which.
        keys: Vec<&'static str>,
        /// The policy's file.
        policy: PathBuf,
    },
    /// The file cannot be read or written.
    File(SettingsError),
}

/// The settings in force, and where they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What counts: the file's values with the policy's over them.
    pub settings: Settings,
    own: OwnFile,
    place: Option<PolicyPlace>,
    policy: Option<Policy>,
}

impl Loaded {
    /// Reads the settings file, and the policy over it. A missing settings file is the defaults.
    ///
    /// # Errors
    ///
    /// Names the file, the line and the reason. A policy that must be there and is missing is one.
    pub fn read(file: &Path, place: Option<PolicyPlace>) -> Result<Self, SettingsError> {
        let own = OwnFile::read(file)?;
        let settings = own.settings.clone();
        let mut loaded = Self { settings, own, place, policy: None };
        let text = loaded.place.as_ref().map(PolicyPlace::read).transpose()?.flatten();
        loaded.obey(text.as_deref())?;
        Ok(loaded)
    }

    /// Puts a policy of this text in force in the place of the last one; none where there is no text.
    ///
    /// # Errors
    ///
    /// The policy has mistakes. The last one stays in force then.
    pub fn obey(&mut self, text: Option<&str>) -> Result<(), SettingsError> {
        self.policy = match (text, &self.place) {
            (Some(text), Some(place)) => Some(Policy::parse(text, &place.file)?),
            (Some(_) | None, _) => None,
        };
        self.lay_over();
        Ok(())
    }

    /// Returns the keys that the policy sets, such as `pop.when`.
    pub fn locked(&self) -> &[&'static str] {
        self.policy.as_ref().map(|policy| policy.keys.as_slice()).unwrap_or_default()
    }

    /// Says whether the policy sets a key.
    pub fn is_locked(&self, key: &str) -> bool {
        self.locked().contains(&key)
    }

    /// Returns how far the word of the policy that sets a key is taken; `None`: no policy sets it.
    pub fn standing(&self, key: &str) -> Option<Standing> {
        let place = self.place.as_ref()?;
        self.is_locked(key).then_some(place.standing)
    }

    /// Returns the file of the policy in force.
    pub fn policy_file(&self) -> Option<&Path> {
        self.policy.as_ref().and(self.place.as_ref()).map(|place| place.file.as_path())
    }

    /// Returns the settings in force as a policy file. There is no secret among them.
    pub fn as_policy(&self) -> String {
        export::as_policy(&self.settings)
    }

    /// Begins to watch the policy's place, if there is one. `changed` is told what is there whenever it is another.
    pub(crate) fn watch(
        &self,
        changed: impl FnMut(Found) -> bool + Send + 'static,
    ) -> Option<Watching> {
        let known = Ok(self.policy.as_ref().map(|policy| policy.text.clone()));
        watch::watch(self.place.clone()?, known, changed)
            .inspect_err(|error| tracing::warn!(%error, "the policy is not watched"))
            .ok()
    }

    /// Changes the settings and writes them.
    ///
    /// # Errors
    ///
    /// A key that the policy sets would be another, or the file cannot be written; nothing is changed then.
    pub fn change(&mut self, change: impl Fn(&mut Settings)) -> Result<(), NotChanged> {
        let (wanted, keys) = self.may_change(change)?;
        // Only these: what the policy sets is not to become the person's own wish.
        self.change_own(|own| *own = overlay::copied(own, &wanted, &keys))
    }

    /// Says what a change would lead to, and which keys it would change.
    ///
    /// # Errors
    ///
    /// A key that the policy sets would be another.
    pub fn may_change(
        &self,
        change: impl Fn(&mut Settings),
    ) -> Result<(Settings, Vec<&'static str>), NotChanged> {
        let mut wanted = self.settings.clone();
        change(&mut wanted);
        let keys = differences(&self.settings, &wanted);
        let locked: Vec<_> = keys.iter().copied().filter(|key| self.is_locked(key)).collect();
        if locked.is_empty() {
            return Ok((wanted, keys));
        }
        let policy = self.policy_file().map(Path::to_owned).unwrap_or_default();
        Err(NotChanged::Locked { keys: locked, policy })
    }

    /// Changes the person's own values and writes them. What the policy sets stays in force over them.
    ///
    /// # Errors
    ///
    /// The file cannot be written; nothing is changed then.
    pub fn change_own(&mut self, change: impl Fn(&mut Settings)) -> Result<(), NotChanged> {
        self.own.change(change).map_err(NotChanged::File)?;
        self.lay_over();
        Ok(())
    }

    fn lay_over(&mut self) {
        self.settings = match &self.policy {
            Some(policy) => policy.over(&self.own.settings),
            None => self.own.settings.clone(),
        };
    }
}

/// Holds values against the rules that a file's have to keep.
///
/// # Errors
///
/// Every mistake; their lines mean nothing.
pub fn check_values(settings: &Settings) -> Result<(), Vec<Mistake>> {
    check(&overlay::table(settings).to_string()).map(drop)
}

/// Returns the keys that have another value in `after`.
pub fn differences(before: &Settings, after: &Settings) -> Vec<&'static str> {
    let (before, after) = (overlay::table(before), overlay::table(after));
    rules::KEYS
        .iter()
        .map(|key| key.path)
        .filter(|path| overlay::value(&before, path) != overlay::value(&after, path))
        .collect()
}

#[cfg(test)]
mod tests;
