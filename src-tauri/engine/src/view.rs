//! What the outside sees: the JSON of the command line and the state of the window.
//!
//! Source of the names: contract.md §4. A change here is a breaking change.

mod binding_table;
mod call;
mod card;
pub mod doctor;
mod explain;
mod link;
mod note;
mod records;
mod settings;
mod standing;
mod status;
mod sync;

use serde::{Deserialize, Serialize};

pub use self::{
    binding_table::{
        BindingChange, BindingChangeKind, BindingChoice, BindingConflict, BindingRow, BindingTable,
        BindingWriting, SaveOutcome, SavedBinding,
    },
    call::{CallResult, CallRow, CallView, JournalState, JournalView, Popped, RecordView, Way},
    card::{CandidateView, CardState, Elapsed, LiveCard},
    explain::{Decision, Explain, ExplainCandidate, Searched},
    link::{LinkCard, LinksState, LinksStatus, NumberKind},
    note::{FollowUpStage, FollowUpView, MatterView, NoteMark, NoteView},
    records::{FoundRecord, RememberedChoice, UnreadNumber},
    settings::{ExtensionView, MistakeView, SettingsView, SignInView},
    standing::STANDING,
    status::{
        ApiLimit, BindingSource, BindingState, BindingStatus, ContactsStatus, EventsState,
        IndexPhase, IndexView, Integration, JournalStatus, LinkState, LiveCall, PbxStatus,
        SalesforceStatus, SecretsKind, Status,
    },
    sync::{SkippedRecord, SyncCalls, SyncProgress, SyncReport, SyncStep, SyncView},
};

/// Something that needs a person, or that a person should know of: a stable code, a sentence, and the next step.
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

    /// Says whether somebody has to do something. Where nobody has, the action begins with "Nothing to do", and it is
    /// said for those who look.
    pub fn needs_a_person(&self) -> bool {
        !self.action.starts_with("Nothing to do")
    }
}
