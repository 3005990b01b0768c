//! Whose calls there are, and what is kept of each.

use std::time::Duration;

use domain::{
    CallId, CallKey, Direction, Extension, JournalEntry, Object, OrgId, Outcome, Party,
    PhoneNumber, RecordId, RecordRef, Remarks, Serial, Talk, Timestamp, UserId,
};

use super::{DeliveryView, WrapUp};

/// An extension of a PBX: whose calls these are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Desk {
    /// The PBX.
    pub serial: Serial,
    /// The extension.
    pub extension: Extension,
}

/// A user of a Salesforce org: to whom entries are sent, and to nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The org.
    pub org: OrgId,
    /// The user.
    pub user: UserId,
}

/// What must be known again about a live call after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMemory {
    /// Whose call it is.
    pub desk: Desk,
    /// The call.
    pub call: CallId,
    /// Which way it goes, once that is known.
    pub direction: Option<Direction>,
    /// The other side, once it is known.
    pub party: Option<Party>,
    /// Its number as it was shown or dialled, where that is known.
    pub spelled: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When the agent began to speak.
    pub answered: Option<Timestamp>,
    /// Who has spoken in parts of the call that are over.
    pub talk: Talk,
    /// Whether it had ended before, and goes on.
    pub again: bool,
    /// Whether its page was opened.
    pub popped: bool,
    /// The other extensions that rang.
    pub others_rang: Vec<Extension>,
    /// The number of the queue, ring group or menu that it came through.
    pub queue: Option<String>,
    /// The number that was dialled from outside.
    pub did: Option<String>,
    /// A word of the switchboard, opaque here: `ringing`, `dialling`, `talking`, `held`, `left`.
    pub state: String,
}

/// A call that is over, to be written together with what is to be sent about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedCall {
    /// Whose call it was.
    pub desk: Desk,
    /// What the journal says about it.
    pub entry: JournalEntry,
    /// What the look-up has brought so far.
    pub matches: Option<StoredMatch>,
}

/// What the look-up brought for a call, or what a person chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredMatch {
    /// The one record that it is, where there is one.
    pub record: Option<RecordRef>,
    /// The Task's `WhoId`.
    pub who: Option<RecordId>,
    /// The Task's `WhatId`.
    pub what: Option<RecordId>,
    /// What the account is called that all who may be meant belong to, where it is none of them.
    pub company: Option<String>,
    /// How many records have the number.
    pub candidates: u32,
    /// Their number, where the call's spelling may mean others, too: it becomes the call's, and is not read back from here.
    pub number: Option<PhoneNumber>,
    /// Why it is this one, for people.
    pub why: String,
}

/// A record that a person chose for a number that several records have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The number.
    pub number: PhoneNumber,
    /// The record; without object and name where it was chosen before those were kept.
    pub record: RecordId,
    /// Its object, where that is known.
    pub object: Option<Object>,
    /// What people called it then; may be empty.
    pub name: String,
    /// When, where that is known.
    pub since: Option<Timestamp>,
}

/// A record that this program created for a caller whom no record had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedRecord {
    /// Where.
    pub org: OrgId,
    /// The record.
    pub record: RecordRef,
    /// The caller's number.
    pub number: PhoneNumber,
    /// The key of the entry that it was created for.
    pub key: CallKey,
    /// When.
    pub made: Timestamp,
    /// What it makes of the call.
    pub matched: StoredMatch,
}

/// A record whose creation was begun and not seen to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunRecord {
    /// Where.
    pub org: OrgId,
    /// The key of the entry that it is for.
    pub key: CallKey,
    /// What is created.
    pub object: Object,
    /// Its id, once Salesforce has answered.
    pub record: Option<RecordId>,
    /// What people will call it.
    pub name: String,
    /// The caller's number.
    pub number: PhoneNumber,
}

/// A call as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCall {
    /// Whose call it is.
    pub desk: Desk,
    /// The call.
    pub call: CallId,
    /// The key it is logged under; `None` while it lives, and for a call that somebody else took.
    pub key: Option<CallKey>,
    /// Whether it is over.
    pub finished: bool,
    /// The switchboard's word, while it lives.
    pub state: Option<String>,
    /// Which way it went; `None` only while it lives.
    pub direction: Option<Direction>,
    /// The other side; `None` only while it lives.
    pub party: Option<Party>,
    /// Its number as it was shown or dialled, where that is known.
    pub spelled: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// How long the agent spoke.
    pub talked: Duration,
    /// Who spoke in it, by the events.
    pub talk: Talk,
    /// How it ended; `None` only while it lives.
    pub outcome: Option<Outcome>,
    /// The number of the queue, ring group or menu that it came through.
    pub queue: Option<String>,
    /// The number that was dialled from outside.
    pub did: Option<String>,
    /// The file name of the recording.
    pub recording: Option<String>,
    /// The PBX's words for why it failed.
    pub reason: Option<String>,
    /// How many extensions stand before this one in line to log a call that nobody took.
    pub rank: u32,
    /// What the look-up brought.
    pub matches: Option<StoredMatch>,
    /// The page that was opened, and how many milliseconds after the PBX's event.
    pub popped: Option<(String, u64)>,
    /// What the agent added.
    pub remarks: Remarks,
    /// Where the agent's wishes stand.
    pub wrap_up: WrapUp,
    /// How far its Task has come; `None`: there is nothing to send.
    pub delivery: Option<DeliveryView>,
    /// When this program created the call's record, if it did.
    pub made: Option<Timestamp>,
}

impl StoredCall {
    /// Returns the journal's entry of a finished call, `None` while it lives.
    pub fn entry(&self) -> Option<JournalEntry> {
        if !self.finished {
            return None;
        }
        Some(JournalEntry {
            call: self.call.clone(),
            direction: self.direction?,
            party: self.party.clone()?,
            spelled: self.spelled.clone(),
            started: self.started,
            talked: self.talked,
            outcome: self.outcome?,
            queue: self.queue.clone(),
            did: self.did.clone(),
            recording: self.recording.clone(),
            reason: self.reason.clone(),
            rank: self.rank,
            // What is read back has a past that this run did not hear.
            heard: false,
            alone: false,
            talk: self.talk.clone(),
        })
    }
}
