//! What an agent writes about a call, as the window shows and edits it.

use serde::{Deserialize, Serialize};

/// Everything that an agent added to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NoteView {
    /// The note, whole.
    pub text: String,
    /// The outcome, in the words of the settings.
    pub outcome: Option<String>,
    /// What the call is about.
    pub related: Option<MatterView>,
    /// The follow-up.
    pub follow_up: Option<FollowUpView>,
    /// Something was written and not saved.
    pub open: bool,
    /// The agent does not want the call logged.
    pub discarded: bool,
}

/// An open opportunity or case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MatterView {
    /// `Opportunity`, `Case`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The stage, or the case's number.
    pub detail: Option<String>,
}

/// A follow-up, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FollowUpView {
    /// As it was typed.
    pub wish: String,
    /// The day that was understood, such as `2026-01-07`.
    pub on: Option<String>,
    /// Where it is.
    pub state: FollowUpStage,
    /// Why it waits or is stuck.
    pub reason: Option<String>,
}

/// Where a follow-up is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum FollowUpStage {
    /// The note is not saved, or no day was understood.
    Draft,
    /// It will be made by itself.
    Waiting,
    /// It is an open Task.
    Made,
    /// It needs a person.
    Stuck,
}

/// What a row of the list says of the note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct NoteMark {
    /// There is a note or an outcome.
    pub written: bool,
    /// Something was written and not saved.
    pub open: bool,
    /// The agent does not want the call logged.
    pub discarded: bool,
    /// Where the follow-up is; null where there is none.
    pub follow_up: Option<FollowUpStage>,
}
