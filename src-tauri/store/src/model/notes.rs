//! What an agent adds to a call: note, what it is about, follow-up.

use domain::{Day, RecordId, Remarks, TaskId, Timestamp};

use super::{Owner, Reason, StoredCall};

/// An opportunity or case that a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The record.
    pub id: RecordId,
    /// Its object's API name.
    pub object: String,
    /// What people call it.
    pub name: String,
}

/// What an agent adds to a call, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNote {
    /// Note and outcome.
    pub remarks: Remarks,
    /// What it is about.
    pub related: Option<Related>,
    /// The follow-up that is wanted; `None`: none.
    pub follow_up: Option<FollowUpWish>,
    /// It goes on: nothing was saved yet.
    pub open: bool,
    /// Until when the entry is held back.
    pub hold_until: Option<Timestamp>,
    /// Whose follow-up it is; `None` while nobody is signed in.
    pub owner: Option<Owner>,
    /// What is logged is to be sent again, even where nothing has changed here.
    pub again: bool,
}

/// A follow-up that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUpWish {
    /// As it was typed.
    pub wish: String,
    /// The day that was understood.
    pub day: Option<Day>,
}

/// Where an agent's wishes about a call stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrapUp {
    /// Something was written and not saved.
    pub open: bool,
    /// The agent does not want the call logged.
    pub discarded: bool,
    /// What it is about.
    pub related: Option<Related>,
    /// The follow-up.
    pub follow_up: Option<FollowUp>,
}

/// A follow-up, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// As it was typed.
    pub wish: String,
    /// The day that was understood.
    pub day: Option<Day>,
    /// Where it is.
    pub state: FollowUpState,
    /// Why it waits or is stuck.
    pub reason: Option<Reason>,
}

/// Where a follow-up is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowUpState {
    /// Its note is not saved, or no day was understood.
    Draft,
    /// It is to be made.
    Waiting,
    /// It is this Task.
    Made(TaskId),
    /// A person has to see to it.
    Stuck,
}

/// A follow-up that is to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueFollowUp {
    /// Its name in the store.
    pub row: i64,
    /// The call that it follows.
    pub call: StoredCall,
    /// When.
    pub day: Day,
    /// How many requests have gone out for it.
    pub attempts: u32,
    /// One may have arrived without its answer being known here.
    pub unsure: bool,
}
