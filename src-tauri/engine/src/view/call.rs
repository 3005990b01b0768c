//! A call of the list, and what became of its entry.

use serde::{Deserialize, Serialize};

use super::NoteMark;

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
    /// While it lives: the agent has the other side on hold, or is on hold.
    pub held: bool,
    /// What the agent added.
    pub note: NoteMark,
}
