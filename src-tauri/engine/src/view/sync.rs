//! The contact sync, as it is seen.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::sync::problems::{FULL, MASS_DELETE, OTHER_DESKTOP};

/// `sync --json`: what a run has written, or with `dry_run` would write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SyncReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// Any of `contact`, `lead`, `account`.
    pub objects: Vec<String>,
    /// The PBX phonebook.
    pub phonebook: String,
    /// Contacts made.
    #[cfg_attr(test, ts(type = "number"))]
    pub create: u64,
    /// Contacts changed.
    #[cfg_attr(test, ts(type = "number"))]
    pub update: u64,
    /// Contacts deleted.
    #[cfg_attr(test, ts(type = "number"))]
    pub delete: u64,
    /// Contacts that were in order.
    #[cfg_attr(test, ts(type = "number"))]
    pub keep: u64,
    /// Of those made and changed: how many undo what somebody did on the PBX.
    #[cfg_attr(test, ts(type = "number"))]
    pub restored: u64,
    /// Records that are not in the phonebook.
    pub skipped: Vec<SkippedRecord>,
    /// Requests that the run took.
    pub api_calls: SyncCalls,
    /// What stands in the way, or is left to do.
    pub problem: Option<Problem>,
}

impl SyncReport {
    /// Says whether what was asked for was not done, as opposed to done in part, or shown with a warning.
    pub fn is_refused(&self) -> bool {
        match self.problem.as_ref().map(|problem| problem.code.as_str()) {
            None => false,
            Some(FULL) => self.skipped.is_empty(),
            Some(MASS_DELETE | OTHER_DESKTOP) => !self.dry_run,
            Some(_) => true,
        }
    }
}

/// A record that is not in the phonebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SkippedRecord {
    /// 18 characters.
    pub id: String,
    /// Why, in a few words.
    pub reason: String,
}

/// Requests that a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SyncCalls {
    /// To Salesforce, out of the org's allowance.
    #[cfg_attr(test, ts(type = "number"))]
    pub salesforce: u64,
    /// To the PBX.
    #[cfg_attr(test, ts(type = "number"))]
    pub pbx: u64,
}

/// The contact sync in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SyncView {
    /// `off`, `on_call`, `full`.
    pub mode: String,
    /// Any of `contact`, `lead`, `account`.
    pub objects: Vec<String>,
    /// The PBX phonebook.
    pub phonebook: String,
    /// Between two runs.
    pub every_minutes: u32,
    /// What is being done now.
    pub running: Option<SyncProgress>,
    /// The last run, without the records that it passed over.
    pub last: Option<SyncReport>,
    /// How many records the last run passed over.
    #[cfg_attr(test, ts(type = "number"))]
    pub last_skipped: u64,
    /// RFC 3339, UTC: when the last whole run ended.
    pub last_at: Option<String>,
    /// RFC 3339, UTC: when the next one is due.
    pub next_at: Option<String>,
    /// The extension whose desktop fills the phonebook, where it is not this one.
    pub held_by: Option<String>,
    /// What needs a person.
    pub problem: Option<Problem>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SyncProgress {
    /// What it does.
    pub step: SyncStep,
    /// So much of it is done: contacts read, records read, or contacts written.
    #[cfg_attr(test, ts(type = "number"))]
    pub done: u64,
    /// Of so many, where that is known.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub of: Option<u64>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SyncStep {
    /// Reads the phonebook.
    ReadingPbx,
    /// Reads the records.
    ReadingSalesforce,
    /// Writes the phonebook.
    Writing,
    /// Waits, since the PBX is too busy or away.
    Waiting,
}
