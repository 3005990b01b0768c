//! What the outside sees: the JSON of the command line and the state of the window.
//!
//! Source of the names: contract.md §4. A change here is a breaking change.

mod binding_table;
pub mod doctor;
mod sync;

use serde::{Deserialize, Serialize};

pub use self::binding_table::{
    BindingChange, BindingChangeKind, BindingChoice, BindingConflict, BindingRow, BindingTable,
    BindingWriting, SaveOutcome, SavedBinding,
};
pub use self::sync::{SkippedRecord, SyncCalls, SyncProgress, SyncReport, SyncStep, SyncView};
use crate::settings::EditableSettings;

/// Something that needs a person: a stable code, a sentence, and the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// Stable, such as `pbx.token_limit`.
    pub code: String,
    /// What happened and what still works, for a person.
    pub message: String,
    /// What to do, and who.
    pub action: String,
}

impl Problem {
    /// Puts a problem together.
    pub fn new(code: &str, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), action: action.into() }
    }
}

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
    /// `ringing` (also while the agent's own phone rings after click-to-call), `talking`.
    pub state: String,
    /// `inbound`, `outbound`, `internal`.
    pub direction: Way,
    /// E.164, or the extension; null where withheld.
    pub number: Option<String>,
    /// The one record's name.
    pub name: Option<String>,
}

/// Which way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Way {
    /// From outside.
    Inbound,
    /// To the outside.
    Outbound,
    /// Between extensions.
    Internal,
}

/// One element of `calls --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallView {
    /// The PBX's name for it.
    pub id: String,
    /// The key under which it is logged.
    pub key: Option<String>,
    /// Which way it went.
    pub direction: Way,
    /// E.164, or the extension; null where withheld.
    pub number: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// How long this agent spoke.
    #[cfg_attr(test, ts(type = "number"))]
    pub talk_seconds: u64,
    /// How it ended, or what it does.
    pub result: CallResult,
    /// The queue or ring group it came through.
    pub queue: Option<String>,
    /// The one record that matched.
    pub record: Option<RecordView>,
    /// How many records have the number.
    pub candidates: u32,
    /// What decided.
    pub why: Option<String>,
    /// The page that was opened.
    pub popped: Option<Popped>,
    /// What became of its entry.
    pub journal: JournalView,
}

/// How a call ended, or what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CallResult {
    /// It rings.
    Ringing,
    /// The agent speaks.
    Talking,
    /// The agent spoke.
    Answered,
    /// Nobody took it.
    Missed,
    /// The other side did not answer.
    NoAnswer,
    /// The other side was busy.
    Busy,
    /// It could not be placed.
    Failed,
    /// The caller spoke to the voicemail box.
    Voicemail,
    /// Somebody else took it.
    Elsewhere,
}

/// A record, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RecordView {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A page that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Popped {
    /// The page.
    pub url: String,
    /// From the PBX event's arrival to the browser's start.
    #[cfg_attr(test, ts(type = "number"))]
    pub after_ms: u64,
}

/// What became of a call's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournalView {
    /// Where it is.
    pub state: JournalState,
    /// The Task.
    pub task_id: Option<String>,
    /// Why it waits, is stuck or was skipped.
    pub reason: Option<String>,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum JournalState {
    /// There is none: the call goes on, or nothing is to be logged.
    None,
    /// It will be sent by itself.
    Waiting,
    /// It is a Task.
    Logged,
    /// It needs a person.
    Stuck,
    /// It will not be logged.
    Skipped,
}

/// A row of the window's list: a call, and the stable code of its reason for translation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CallRow {
    /// The call.
    pub call: CallView,
    /// The number as people read it.
    pub number_shown: Option<String>,
    /// Such as `salesforce.unreachable`, `journal.never_list`.
    pub reason_code: Option<String>,
    /// The Task's page.
    pub task_url: Option<String>,
    /// RFC 3339, UTC: until when the record that was created for this call can be taken back.
    pub undo_until: Option<String>,
}

/// The window's card of a live call, and for half a minute of a call that has just ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LiveCard {
    /// The PBX's name for it.
    pub id: String,
    /// What it does.
    pub state: CardState,
    /// Which way it goes.
    pub direction: Way,
    /// E.164, or the extension; null where withheld.
    pub number: Option<String>,
    /// The number as people read it.
    pub number_shown: Option<String>,
    /// RFC 3339, UTC: when it began to ring.
    pub started_at: String,
    /// RFC 3339, UTC: when the agent answered.
    pub answered_at: Option<String>,
    /// The queue or ring group it came through.
    pub queue: Option<String>,
    /// Salesforce is being asked.
    pub searching: bool,
    /// Salesforce could not be asked, and nothing is known locally.
    pub search_failed: bool,
    /// The records that have the number, best first.
    pub candidates: Vec<CandidateView>,
    /// The id of the one that counts, chosen or only.
    pub chosen: Option<String>,
    /// What decided.
    pub why: Option<String>,
    /// A person may end it here.
    pub can_hang_up: bool,
    /// Nobody calls: it only shows what a call looks like.
    pub rehearsal: bool,
}

/// What a live call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CardState {
    /// The agent's phone rings.
    Ringing,
    /// The other side's phone rings, or the agent's own after click-to-call.
    Dialling,
    /// They speak.
    Talking,
    /// It has just ended.
    Ended,
    /// Somebody else took it.
    Elsewhere,
}

/// A record that has the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CandidateView {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The account or company.
    pub company: Option<String>,
    /// The field that holds the number.
    pub field: String,
    /// It belongs to the signed-in user.
    pub mine: bool,
}

/// A record that a person chose for a number that several records have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RememberedChoice {
    /// E.164.
    pub number: String,
    /// The number as people read it.
    pub number_shown: String,
    /// `Contact`, `Lead`, `Account`, where that is known.
    pub object: Option<String>,
    /// 18 characters.
    pub id: String,
    /// What people call it; empty where that was never known here.
    pub name: String,
    /// RFC 3339, UTC, where that is known.
    pub since: Option<String>,
    /// The record is gone, is out of this user's sight, or does not have the number any more: it is not used.
    pub out_of_sight: bool,
}

/// A record that a search by name has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundRecord {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The account or company.
    pub company: Option<String>,
    /// It belongs to the signed-in user.
    pub mine: bool,
}

/// `explain NUMBER --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explain {
    /// What was asked.
    pub input: String,
    /// `external`, `extension`, `withheld`, `invalid`.
    pub kind: String,
    /// The number, where there is one.
    pub e164: Option<String>,
    /// Its spelling at home.
    pub national: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where it was looked for.
    pub searched: Vec<Searched>,
    /// The records that have it, best first.
    pub candidates: Vec<ExplainCandidate>,
    /// What would happen.
    pub decision: Decision,
    /// What would be opened.
    pub url: Option<String>,
    /// The record that would be created.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub would_create: Option<serde_json::Value>,
    /// The Task of an answered inbound call.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub task: serde_json::Value,
    /// What the PBX would be told to dial.
    pub dials_as: Option<String>,
    /// Whether dialling is forbidden.
    pub blocked: bool,
}

/// One place that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Searched {
    /// `local index`, `Salesforce search`, `Salesforce query`.
    #[serde(rename = "where")]
    pub place: String,
    /// How many records there really have the number.
    pub found: u32,
}

/// A record that has the number, and why it stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExplainCandidate {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The field that holds the number.
    pub field: String,
    /// Equal in E.164.
    pub exact: bool,
    /// From 1.
    pub rank: u32,
    /// What decided.
    pub why: String,
}

/// What a number leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Decision {
    /// Its record is opened.
    Open,
    /// A person chooses.
    Choose,
    /// A record is created.
    Create,
    /// A prefilled form is opened.
    NewRecordPage,
    /// Nothing.
    Nothing,
}

/// A PBX extension, for binding by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExtensionView {
    /// The number.
    pub number: String,
    /// Its person.
    pub name: String,
    /// A phone of it is signed in.
    pub online: bool,
}

/// A value that a person wants and that is not possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MistakeView {
    /// Such as `numbers.country`.
    pub key: String,
    /// A stable word for what is wrong, such as `country`.
    pub code: String,
    /// The entry of the list, where it is one entry that is wrong.
    pub entry: Option<String>,
    /// The least that is possible.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub least: Option<i64>,
    /// The most that is possible.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub most: Option<i64>,
    /// What is wrong, in English.
    pub message: String,
}

/// A sign-in that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SignInView {
    /// None is.
    Idle,
    /// The browser shows Salesforce's page.
    Waiting {
        /// The page, for another browser.
        url: String,
        /// The callback lines to register in Salesforce.
        callbacks: Vec<String>,
        /// RFC 3339, UTC: when it is given up.
        until: String,
    },
    /// The last one failed.
    Failed {
        /// Why.
        problem: Problem,
    },
}

/// The settings that the window shows and edits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsView {
    /// The PBX's address.
    pub pbx_address: String,
    /// The PBX's client id.
    pub pbx_client_id: String,
    /// The pin of a self-signed certificate.
    pub pbx_certificate_sha256: String,
    /// Salesforce's login address.
    pub salesforce_login: String,
    /// The consumer key.
    pub salesforce_consumer_key: String,
    /// What must be registered in Salesforce, character for character.
    pub callbacks: Vec<String>,
    /// `""`, `en`, `zh-CN`.
    pub language: String,
    /// Pop-ups are paused until (RFC 3339, UTC).
    pub pops_paused_until: Option<String>,
    /// Keys that a policy sets, such as `pop.when`.
    pub locked: Vec<String>,
    /// The policy's file, where one is in force.
    pub policy_file: Option<String>,
    /// What the page of settings shows.
    pub values: EditableSettings,
    /// This is the demonstration on simulated systems.
    pub demo: bool,
}
