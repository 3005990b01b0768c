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
    file::chosen_language,
    overlay::{PolicyPlace, Standing},
    rules::{Bounds, Wrong},
    schema::{
        AppSettings, AskAfter, AutoCreateSettings, BindingSettings, CallerSide,
        ContactSyncSettings, DialSettings, IntegrationSettings, JournalSettings, Language,
        NewRecord, NumberSettings, PbxSettings, PopSettings, SalesforceSettings, Settings,
        SyncMode, SyncObject, TrunkSpelling, Unknown, When, WrapUpSettings,
    },
};
use self::{file::OwnFile, overlay::Policy};
use domain::{Country, number::Habit};
use serde::{Deserialize, Serialize};

/// Whose word the country of the numbers is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CountryBy {
    /// A person's, or a policy's.
    Said,
    /// It is supposed: this computer is there.
    Computer,
    /// It is supposed: the numbers of most colleagues on the PBX are of there.
    Pbx,
    /// Nothing tells it: numbers are read as in the settings' own example, and that is said.
    #[default]
    Unknown,
}

/// Where nothing tells a country, numbers are read as here. Source: contract.md §2.
const NOWHERE: &str = "DE";

/// A file that cannot be used: which, where in it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The file.
    pub file: PathBuf,
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// Why, for a person.
    pub reason: String,
    /// It could not even be read: nothing in it is at fault.
    pub unread: bool,
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

/// What a trusted policy says of the PBX: the client secret follows it, where it would follow nobody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PbxByPolicy {
    /// Its address.
    pub(crate) address: bool,
    /// Its certificate, or that it has a publicly trusted one.
    pub(crate) certificate: bool,
}

/// Why settings were not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// The policy sets these keys.
    Locked {
        /// Which.
        keys: Vec<&'static str>,
        /// The policies' files.
        policies: Vec<PathBuf>,
    },
    /// The file cannot be read or written.
    File(SettingsError),
}

/// The settings in force, and where they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What counts: the file's values with the policy's over them, what is supposed where nobody has said it, and what
    /// calls have shown.
    pub settings: Settings,
    /// The same without what is supposed.
    said: Settings,
    /// The country that this computer is in, as far as the system tells.
    region: Option<String>,
    /// The country of most colleagues' numbers on the PBX.
    of_pbx: Option<String>,
    /// How this PBX spells numbers, as far as calls have shown.
    habit: Habit,
    own: OwnFile,
    /// The lowest first: what is named, then the system's own, which lies over it.
    places: Vec<PolicyPlace>,
    /// Those of them that are there.
    policies: Vec<Policy>,
    locked: Vec<&'static str>,
}

impl Loaded {
    /// Reads the settings file, and the policies over it, each over those before it. A missing settings file is the
    /// defaults.
    ///
    /// # Errors
    ///
    /// Names the file, the line and the reason. A policy that must be there and is missing is one, and one that somebody
    /// else could have written.
    pub fn read(file: &Path, places: Vec<PolicyPlace>) -> Result<Self, SettingsError> {
        let own = OwnFile::read(file)?;
        let settings = own.settings.clone();
        let texts = watch::read(&places)?;
        let mut loaded = Self {
            said: settings.clone(),
            settings,
            region: None,
            of_pbx: None,
            habit: Habit::default(),
            own,
            places,
            policies: Vec::new(),
            locked: Vec::new(),
        };
        loaded.obey(&texts)?;
        Ok(loaded)
    }

    /// Takes the country that the system tells for that of the numbers, until somebody says it.
    pub fn suppose(&mut self, region: Option<String>) {
        self.region = region.filter(|code| Country::parse(code).is_some());
        self.lay_over();
    }

    /// Takes the country that the PBX shows for that of the numbers, where neither a person nor the system says one. Says
    /// whether that is news.
    pub(crate) fn pbx_shows(&mut self, country: Option<String>) -> bool {
        let is_news = self.of_pbx != country;
        self.of_pbx = country;
        self.lay_over();
        is_news
    }

    /// Returns the country that the PBX shows, whether it counts or not.
    pub(crate) fn country_of_pbx(&self) -> Option<&str> {
        self.of_pbx.as_deref()
    }

    /// Takes what calls have shown of how this PBX spells numbers. Says whether that is news.
    pub(crate) fn learns(&mut self, habit: Habit) -> bool {
        let is_news = self.habit != habit;
        self.habit = habit;
        self.lay_over();
        is_news
    }

    /// Says by whose word numbers are read by the habits of their country.
    pub fn country_by(&self) -> CountryBy {
        match (&self.region, &self.of_pbx) {
            _ if !self.said.numbers.country.is_empty() => CountryBy::Said,
            (Some(_), _) => CountryBy::Computer,
            (None, Some(_)) => CountryBy::Pbx,
            (None, None) => CountryBy::Unknown,
        }
    }

    /// Puts policies of these texts in force in the place of the last ones: one for each place, none where there is no
    /// text.
    ///
    /// # Errors
    ///
    /// One of them has mistakes. The last ones stay in force then.
    pub fn obey(&mut self, texts: &[Option<String>]) -> Result<(), SettingsError> {
        let policies = self.places.iter().zip(texts);
        self.policies = policies
            .filter_map(|(place, text)| Some(Policy::parse(text.as_deref()?, place)))
            .collect::<Result<_, _>>()?;
        self.locked.clear();
        for key in self.policies.iter().flat_map(|policy| &policy.keys) {
            if !self.locked.contains(key) {
                self.locked.push(key);
            }
        }
        self.lay_over();
        Ok(())
    }

    /// Returns the keys that a policy sets, such as `pop.when`.
    pub fn locked(&self) -> &[&'static str] {
        &self.locked
    }

    /// Says whether the policy sets a key.
    pub fn is_locked(&self, key: &str) -> bool {
        self.locked().contains(&key)
    }

    /// Returns how far the word of the policy that sets a key is taken; `None`: no policy sets it.
    pub fn standing(&self, key: &str) -> Option<Standing> {
        self.setting(key).map(|policy| policy.standing)
    }

    /// Returns what a trusted policy says of the PBX.
    pub(crate) fn pbx_by_policy(&self) -> PbxByPolicy {
        let by_policy = |key| self.standing(key) == Some(Standing::Trusted);
        PbxByPolicy {
            address: by_policy("pbx.address"),
            certificate: by_policy("pbx.certificate_sha256"),
        }
    }

    /// Returns the files of the policies in force; of two, the one that lies over the other is the last.
    pub fn policy_files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.policies.iter().map(|policy| &*policy.file).collect();
        files.dedup();
        files
    }

    /// Returns the policy whose value of a key counts.
    fn setting(&self, key: &str) -> Option<&Policy> {
        self.policies.iter().rev().find(|policy| policy.keys.contains(&key))
    }

    /// Returns the settings in force as a policy file. There is no secret among them.
    pub fn as_policy(&self) -> String {
        export::as_policy(&self.settings)
    }

    /// Begins to watch the policies' places, if there are any. `changed` is told what is there whenever it is another.
    pub(crate) fn watch(
        &self,
        changed: impl FnMut(Found) -> bool + Send + 'static,
    ) -> Option<Watching> {
        if self.places.is_empty() {
            return None;
        }
        let text = |place: &PolicyPlace| {
            let policy = self.policies.iter().find(|policy| policy.file == place.file)?;
            Some(policy.text.clone())
        };
        let known = Ok(self.places.iter().map(text).collect());
        watch::watch(self.places.clone(), known, changed)
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
        // What is supposed is no difference, and what a person says is one, though it be the same.
        let mut wanted = self.said.clone();
        change(&mut wanted);
        let keys = differences(&self.said, &wanted);
        let wanted = self.supposed(wanted);
        let locked: Vec<_> = keys.iter().copied().filter(|key| self.is_locked(key)).collect();
        if locked.is_empty() {
            return Ok((wanted, keys));
        }
        let mut policies: Vec<PathBuf> = Vec::new();
        for policy in locked.iter().filter_map(|key| self.setting(key)) {
            if !policies.contains(&policy.file) {
                policies.push(policy.file.clone());
            }
        }
        Err(NotChanged::Locked { keys: locked, policies })
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
        self.said = self
            .policies
            .iter()
            .fold(self.own.settings.clone(), |below, policy| policy.over(&below));
        self.settings = self.supposed(self.said.clone());
    }

    fn supposed(&self, mut settings: Settings) -> Settings {
        if settings.numbers.country.is_empty() {
            let told = self.region.as_deref().or(self.of_pbx.as_deref());
            told.unwrap_or(NOWHERE).clone_into(&mut settings.numbers.country);
        }
        settings.habit = self.habit;
        settings
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
