//! The settings: one struct, each field with its default and unit.
//!
//! Source of the names: contract.md §2. Which values are possible is in `rules`.

use domain::number::Habit;
use serde::{Deserialize, Serialize};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the PBX is.
    pub pbx: PbxSettings,
    /// Where Salesforce is.
    pub salesforce: SalesforceSettings,
    /// Which extension is this user's.
    pub binding: BindingSettings,
    /// On or off.
    pub integration: IntegrationSettings,
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
    /// How this PBX spells numbers, by the calls of before. No key and in no file: [`Loaded::learns`](super::Loaded::learns)
    /// lays it over the rest, so that whoever has settings reads numbers as everybody else does.
    #[serde(skip)]
    pub(super) habit: Habit,
}

impl Settings {
    /// Forgets everything that was set for one PBX and org. The program's own stays, and the ports, which the computer
    /// and not the org asks for. Source: contract.md §1, `disconnect`.
    pub(crate) fn forget(&mut self) {
        let ports = std::mem::take(&mut self.salesforce.callback_ports);
        let app = std::mem::take(&mut self.app);
        let salesforce = SalesforceSettings { callback_ports: ports, ..Default::default() };
        *self = Self { salesforce, app, ..Self::default() };
    }
}

/// `[pbx]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PbxSettings {
    /// The base address; empty: not set up.
    pub address: String,
    /// The client id.
    pub client_id: String,
    /// The pin of a self-signed leaf, SHA-256 in hex; empty: public trust.
    pub certificate_sha256: String,
}

/// `[salesforce]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SalesforceSettings {
    /// The login address.
    pub login: String,
    /// The consumer key; empty: not set up.
    pub consumer_key: String,
    /// The ports of the registered callbacks.
    pub callback_ports: Vec<u16>,
}

impl Default for SalesforceSettings {
    fn default() -> Self {
        Self {
            login: "https://login.salesforce.com".to_owned(),
            consumer_key: String::new(),
            callback_ports: vec![17_170, 17_171, 17_172],
        }
    }
}

/// `[binding]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BindingSettings {
    /// The extension; empty: automatic.
    pub extension: String,
}

/// `[integration]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntegrationSettings {
    /// Off keeps every setting and handles no event.
    pub enabled: bool,
}

impl Default for IntegrationSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `[numbers]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NumberSettings {
    /// ISO 3166-1 alpha-2, to read national numbers. Empty: nobody has said it, and this computer's
    /// region or what the PBX shows is taken.
    pub country: String,
    /// To read local numbers that have none.
    pub area_code: String,
    /// How the PBX spells it when dialling.
    pub international_prefix: String,
    /// Digits to dial before an outside number.
    pub outside_prefix: String,
    /// Lengths that are internal, in digits.
    pub extension_digits: Vec<u8>,
    /// How the trunk spells callers without a plus.
    pub trunk_format: TrunkSpelling,
}

impl Default for NumberSettings {
    fn default() -> Self {
        Self {
            country: String::new(),
            area_code: String::new(),
            international_prefix: "00".to_owned(),
            outside_prefix: String::new(),
            extension_digits: vec![3, 4, 5],
            trunk_format: TrunkSpelling::Auto,
        }
    }
}

/// How the trunk spells callers without a plus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum TrunkSpelling {
    /// Nothing is known: what is likeliest in the country counts.
    Auto,
    /// With the country's code in front.
    E164,
    /// As one dials within the country.
    National,
}

/// `[pop]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PopSettings {
    /// The moment.
    pub when: When,
    /// Also for calls that the agent places.
    pub outbound: bool,
    /// What opens for a caller whom no record has.
    pub unknown: Unknown,
}

impl Default for PopSettings {
    fn default() -> Self {
        Self { when: When::Ring, outbound: false, unknown: Unknown::Nothing }
    }
}

/// The moment at which a page opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum When {
    /// As soon as the phone rings.
    Ring,
    /// When the agent answers.
    Answer,
    /// Never by itself.
    Never,
}

/// What opens for a caller whom no record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Unknown {
    /// Nothing.
    Nothing,
    /// A prefilled form for a lead.
    NewLead,
    /// A prefilled form for a contact.
    NewContact,
}

/// `[journal]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournalSettings {
    /// Calls that came in and were answered.
    pub inbound: bool,
    /// Calls that the agent placed.
    pub outbound: bool,
    /// Calls that came in and were not answered.
    pub missed: bool,
    /// Calls between extensions.
    pub internal: bool,
    /// Numbers or prefixes (`+4930*`) that are not logged.
    pub never: Vec<String>,
    /// What the agent may choose as the outcome.
    pub outcomes: Vec<String>,
    /// For how many days calls stay in the list, and with them remembered choices and what was created. What waits or is
    /// stuck stays.
    pub keep_days: u32,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            inbound: true,
            outbound: true,
            missed: true,
            internal: false,
            never: Vec::new(),
            outcomes: ["Reached", "Left voicemail", "No answer", "Wrong number"]
                .map(str::to_owned)
                .to_vec(),
            keep_days: 90,
        }
    }
}

/// `[wrap_up]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct WrapUpSettings {
    /// After which calls the card stays and asks for a note.
    pub ask: AskAfter,
}

impl Default for WrapUpSettings {
    fn default() -> Self {
        Self { ask: AskAfter::AfterAnswered }
    }
}

/// After which calls a note is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum AskAfter {
    /// None.
    Never,
    /// Those on which the agent spoke.
    AfterAnswered,
}

/// `[auto_create]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AutoCreateSettings {
    /// For which calls; empty: off.
    pub directions: Vec<CallerSide>,
    /// What is created.
    pub object: NewRecord,
    /// The first half of the name.
    pub name_prefix: String,
    /// The company of leads.
    pub company: String,
    /// The account of contacts.
    pub account_id: String,
}

impl Default for AutoCreateSettings {
    fn default() -> Self {
        Self {
            directions: Vec::new(),
            object: NewRecord::Lead,
            name_prefix: "Automatic New Contact".to_owned(),
            company: "Unknown".to_owned(),
            account_id: String::new(),
        }
    }
}

/// Which calls get a record made for an unknown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CallerSide {
    /// Somebody unknown calls.
    Inbound,
    /// The agent calls an unknown number.
    Outbound,
}

/// What is created for an unknown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum NewRecord {
    /// A lead.
    Lead,
    /// A contact.
    Contact,
}

/// `[contact_sync]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ContactSyncSettings {
    /// How much is copied.
    pub mode: SyncMode,
    /// What is copied.
    pub objects: Vec<SyncObject>,
    /// The PBX phonebook.
    pub phonebook: String,
    /// Between two runs, in minutes.
    pub every_minutes: u32,
}

impl Default for ContactSyncSettings {
    fn default() -> Self {
        Self {
            mode: SyncMode::Off,
            objects: vec![SyncObject::Contact],
            phonebook: "Salesforce".to_owned(),
            every_minutes: 15,
        }
    }
}

/// How much of Salesforce is copied to the PBX's phonebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SyncMode {
    /// Nothing.
    Off,
    /// Who calls.
    OnCall,
    /// Everybody.
    Full,
}

/// What can be copied to the PBX's phonebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SyncObject {
    /// Contacts.
    Contact,
    /// Leads.
    Lead,
    /// Accounts.
    Account,
}

/// `[dial]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DialSettings {
    /// Ask before dialling a link from another program.
    pub confirm_links: bool,
    /// Never dialled: numbers or prefixes.
    pub blocked: Vec<String>,
}

impl Default for DialSettings {
    fn default() -> Self {
        Self { confirm_links: true, blocked: vec!["+1900*".to_owned(), "+49900*".to_owned()] }
    }
}

/// `[app]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AppSettings {
    /// The window's.
    pub language: Language,
    /// Start with the session.
    pub autostart: bool,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self { language: Language::System, autostart: true }
    }
}

/// A language of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Language {
    /// The system's.
    #[serde(rename = "")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Reads the word of the settings file.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::System, Self::English, Self::Chinese]
            .into_iter()
            .find(|language| language.as_str() == word)
    }

    /// Returns the word of the settings file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "",
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}
