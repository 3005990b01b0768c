//! The state of the whole, and of each side.

use serde::{Deserialize, Serialize};

use super::{LinksStatus, Problem, Way};

/// `status --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The whole in one word.
    pub integration: Integration,
    /// Where secrets are kept.
    pub secrets: SecretsKind,
    /// The PBX side.
    pub pbx: PbxStatus,
    /// The Salesforce side.
    pub salesforce: SalesforceStatus,
    /// Which extension is this user's.
    pub binding: BindingStatus,
    /// What is to be written.
    pub journal: JournalStatus,
    /// The contact index and its sync.
    pub contacts: ContactsStatus,
    /// The live calls.
    pub calls: Vec<LiveCall>,
    /// RFC 3339, UTC: since when the integration is switched off. Left out while it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub disabled_since: Option<String>,
    /// What needs a person and belongs to none of the sides. Left out where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub problem: Option<Problem>,
    /// Whether links of other programs come here. Left out while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub links: Option<LinksStatus>,
}

/// The whole in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Integration {
    /// Both sides are connected and the user is bound.
    Connected,
    /// On the way there.
    Connecting,
    /// Something needs a person.
    Attention,
    /// Switched off; every setting is kept.
    Disabled,
    /// Not set up, or disconnected.
    Disconnected,
}

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SecretsKind {
    /// The operating system's store.
    Keyring,
    /// In memory until the program ends.
    Session,
}

/// The state of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LinkState {
    /// It answers.
    Connected,
    /// Being tried.
    Connecting,
    /// It does not answer; tried again.
    Unreachable,
    /// A person has to sign in or enter a secret.
    SignedOut,
    /// Never set up.
    NotConfigured,
}

/// The state of the event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum EventsState {
    /// Calls are heard as they happen.
    Live,
    /// Heard again; what was missed is being read from the call records.
    CatchingUp,
    /// Deaf.
    Down,
}

/// The PBX side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PbxStatus {
    /// Its state.
    pub state: LinkState,
    /// The base address.
    pub address: Option<String>,
    /// The PBX's serial number.
    pub serial: Option<String>,
    /// The PBX's firmware.
    pub firmware: Option<String>,
    /// The event stream.
    pub events: EventsState,
    /// RFC 3339, UTC.
    pub last_event_at: Option<String>,
    /// What needs a person.
    pub problem: Option<Problem>,
}

/// The Salesforce side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SalesforceStatus {
    /// Its state.
    pub state: LinkState,
    /// The user's name.
    pub user: Option<String>,
    /// The user's login name.
    pub username: Option<String>,
    /// 18 characters.
    pub org_id: Option<String>,
    /// Where the API is.
    pub instance: Option<String>,
    /// Requests that this program made today.
    #[cfg_attr(test, ts(type = "number"))]
    pub api_calls_today: u64,
    /// The org's budget, where an answer has said it.
    pub api_limit: Option<ApiLimit>,
    /// What needs a person.
    pub problem: Option<Problem>,
}

/// The org's API budget over 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiLimit {
    /// Used by everybody in the org.
    #[cfg_attr(test, ts(type = "number"))]
    pub used: u64,
    /// Allowed.
    #[cfg_attr(test, ts(type = "number"))]
    pub max: u64,
}

/// Which extension is this user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BindingStatus {
    /// Whether there is one.
    pub state: BindingState,
    /// The extension.
    pub extension: Option<String>,
    /// How it was found.
    pub source: Option<BindingSource>,
    /// What needs a person.
    pub problem: Option<Problem>,
}

/// Whether the user has an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BindingState {
    /// Yes.
    Bound,
    /// No.
    Unbound,
    /// Two answers contradict each other; a person decides.
    Conflict,
}

/// How the extension was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BindingSource {
    /// Set by the administrator's policy.
    Policy,
    /// `User.Extension` in Salesforce.
    SalesforceExtension,
    /// The same e-mail address on both sides.
    Email,
    /// Chosen by a person.
    Manual,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournalStatus {
    /// Entries that will be sent by themselves.
    #[cfg_attr(test, ts(type = "number"))]
    pub waiting: u64,
    /// Entries that need a person.
    #[cfg_attr(test, ts(type = "number"))]
    pub stuck: u64,
    /// Entries sent since midnight.
    #[cfg_attr(test, ts(type = "number"))]
    pub logged_today: u64,
}

/// The contact index and its sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ContactsStatus {
    /// Records known locally.
    #[cfg_attr(test, ts(type = "number"))]
    pub index: u64,
    /// How far the index is.
    pub index_state: IndexPhase,
    /// Records that hold a text in a phone field that is no number: nobody is found by it.
    #[cfg_attr(test, ts(type = "number"))]
    pub unread_numbers: u64,
    /// `off`, `on_call`, `full`.
    pub sync: String,
    /// Contacts in the PBX phonebook.
    #[cfg_attr(test, ts(type = "number"))]
    pub synced: u64,
    /// RFC 3339, UTC.
    pub last_sync_at: Option<String>,
    /// What needs a person.
    pub problem: Option<Problem>,
}

/// The contact index, for the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IndexView {
    /// How far it is.
    pub state: IndexPhase,
    /// How many records are known.
    #[cfg_attr(test, ts(type = "number"))]
    pub known: u64,
    /// How many there will be, while it is being built and Salesforce has said so.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub expected: Option<u64>,
    /// How many of the known hold a text in a phone field that is no number: nobody is found by it.
    #[cfg_attr(test, ts(type = "number"))]
    pub unread_numbers: u64,
    /// When Salesforce was asked for changes last: RFC 3339, UTC.
    pub checked_at: Option<String>,
    /// What keeps it from being refreshed.
    pub problem: Option<Problem>,
}

/// How far the contact index is, in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum IndexPhase {
    /// Nobody is signed in, or the integration is switched off.
    #[default]
    Off,
    /// Records are being fetched for the first time. Those that are there are found already.
    Building,
    /// The first fetching is interrupted; it goes on by itself, or the problem says what to do.
    Waiting,
    /// All records were fetched; changes are asked for from time to time.
    Ready,
}

/// One live call, in `status --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LiveCall {
    /// The PBX's name for it.
    pub id: String,
    /// `ringing` (also while the agent's own phone rings after click-to-call), `talking`, `held`.
    pub state: String,
    /// `inbound`, `outbound`, `internal`.
    pub direction: Way,
    /// E.164, or the extension; null where withheld.
    pub number: Option<String>,
    /// The one record's name.
    pub name: Option<String>,
}
