//! What the window shows of the settings and changes in them: not the connections, which are verified first, nor the
//! binding and the switch, which have commands of their own.

use serde::{Deserialize, Serialize};

use super::schema::{
    AppSettings, AutoCreateSettings, ContactSyncSettings, DialSettings, JournalSettings,
    NumberSettings, PopSettings, Settings, WrapUpSettings,
};

/// The sections that the page of settings shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EditableSettings {
    /// How numbers are read and dialled.
    pub numbers: NumberSettings,
    /// When pages open by themselves.
    pub pop: PopSettings,
    /// What is logged.
    pub journal: JournalSettings,
    /// What is asked after a call.
    pub wrap_up: WrapUpSettings,
    /// Records for unknown callers.
    pub auto_create: AutoCreateSettings,
    /// The PBX phonebook.
    pub contact_sync: ContactSyncSettings,
    /// Click-to-call.
    pub dial: DialSettings,
    /// The program itself.
    pub app: AppSettings,
}

/// The sections that a person wants otherwise; the others stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsPatch {
    /// How numbers are read and dialled.
    pub numbers: Option<NumberSettings>,
    /// When pages open by themselves.
    pub pop: Option<PopSettings>,
    /// What is logged.
    pub journal: Option<JournalSettings>,
    /// What is asked after a call.
    pub wrap_up: Option<WrapUpSettings>,
    /// Records for unknown callers.
    pub auto_create: Option<AutoCreateSettings>,
    /// The PBX phonebook.
    pub contact_sync: Option<ContactSyncSettings>,
    /// Click-to-call.
    pub dial: Option<DialSettings>,
    /// The program itself.
    pub app: Option<AppSettings>,
}

impl Default for EditableSettings {
    fn default() -> Self {
        Self::from(&Settings::default())
    }
}

impl From<&Settings> for EditableSettings {
    fn from(settings: &Settings) -> Self {
        let Settings {
            numbers, pop, journal, wrap_up, auto_create, contact_sync, dial, app, ..
        } = settings.clone();
        Self { numbers, pop, journal, wrap_up, auto_create, contact_sync, dial, app }
    }
}

impl SettingsPatch {
    /// Puts the wanted sections into `settings`.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        let Self { numbers, pop, journal, wrap_up, auto_create, contact_sync, dial, app } =
            self.clone();
        settings.numbers = numbers.unwrap_or_else(|| settings.numbers.clone());
        settings.pop = pop.unwrap_or_else(|| settings.pop.clone());
        settings.journal = journal.unwrap_or_else(|| settings.journal.clone());
        settings.wrap_up = wrap_up.unwrap_or_else(|| settings.wrap_up.clone());
        settings.auto_create = auto_create.unwrap_or_else(|| settings.auto_create.clone());
        settings.contact_sync = contact_sync.unwrap_or_else(|| settings.contact_sync.clone());
        settings.dial = dial.unwrap_or_else(|| settings.dial.clone());
        settings.app = app.unwrap_or_else(|| settings.app.clone());
    }
}
