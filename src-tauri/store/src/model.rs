//! What callers store and get back. Domain types are put into rows by hand, in the modules that own the tables.

use std::{path::PathBuf, time::Duration};

use domain::{
    CallId, CallKey, Day, Direction, Extension, JournalEntry, Object, OrgId, Outcome, Party,
    PhoneNumber, RecordId, RecordRef, Remarks, Said, Serial, Talk, TaskId, Timestamp, UserId,
    delivery::Aim,
};

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
    /// Whether the other side was looked up.
    pub identified: bool,
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
    /// How many records have the number.
    pub candidates: u32,
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

/// What is to be sent about a finished call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The key that makes a repeat harmless.
    pub key: CallKey,
    /// Whose entry it is; `None` while nobody is signed in (see [`Store::adopt`](crate::Store::adopt)).
    pub owner: Option<Owner>,
    /// Not before this.
    pub due: Timestamp,
    /// Whether Salesforce is asked for the key before the first insert.
    pub ask_first: bool,
    /// Some: it is not to be sent at all, and this is why.
    pub skip: Option<Reason>,
}

/// Why an entry waits, is stuck, or is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable code, such as `salesforce.unreachable`; may be empty.
    pub code: String,
    /// A sentence for people.
    pub text: String,
}

/// A worker's hold on an outbox row: each of its steps names it, and is void once another worker has the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) call: i64,
    pub(crate) lease: u64,
}

/// An outbox row that this worker may send until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// Names the row and the lease.
    pub ticket: Ticket,
    /// The key, as it is known now.
    pub key: CallKey,
    /// What is to be so in the end.
    pub aim: Aim,
    /// The call, as it is now.
    pub call: StoredCall,
    /// Some: the Task exists.
    pub task: Option<TaskId>,
    /// What the Task said when it was written last, where that is known.
    pub said: Option<Said>,
    /// Whether Salesforce must be asked for the key before an insert: because it was said so at first, or because of
    /// [`Self::sent_before`].
    pub ask_first: bool,
    /// Whether a request for this key may have reached Salesforce without its answer being known here.
    pub sent_before: bool,
    /// Whether it is still to be looked if another computer of the same agent has logged the call too.
    pub unproven: bool,
    /// How many times it has been leased, this time included; a retry by a person counts from the beginning.
    pub attempts: u32,
}

/// What a worker has achieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The Task of the call.
    pub task: TaskId,
    /// What is to be said beside the call.
    pub note: Option<Reason>,
    /// What the Task says now, where this program wrote it.
    pub said: Option<Said>,
    /// Another computer may have logged the call at the same moment.
    pub unproven: bool,
    /// The Task does not say yet what it is to say.
    pub outdated: bool,
}

impl Done {
    /// The Task was there, and nothing more is known of it.
    pub fn found(task: TaskId) -> Self {
        Self { task, note: None, said: None, unproven: false, outdated: false }
    }
}

/// An entry that is due, and whose call has no Task that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub(crate) row: i64,
    /// The key.
    pub key: CallKey,
    /// The call.
    pub call: StoredCall,
}

/// An entry whose key is to be asked for before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub(crate) row: i64,
    /// The key.
    pub key: CallKey,
    /// The call.
    pub call: StoredCall,
}

/// An entry whose Task may stand beside one that another computer of the same agent wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    pub(crate) row: i64,
    /// The key.
    pub key: CallKey,
    /// The Task that this computer knows.
    pub task: TaskId,
    /// The call.
    pub call: StoredCall,
}

/// What the look for the Tasks of other computers has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The Task that counts.
    pub task: TaskId,
    /// It does not say yet what it is to say.
    pub outdated: bool,
    /// What is to be said beside the call.
    pub note: Option<Reason>,
}

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

/// What became of a call that is not to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discarded {
    /// Nothing has been sent, and nothing will be.
    Unsent,
    /// It is a Task, or may be, and is taken back.
    Sent,
    /// It is over, and there was nothing to be logged.
    NoEntry,
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

/// How far the Task of a call has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// How far.
    pub state: DeliveryState,
    /// The Task, once there is one. With [`DeliveryState::Waiting`]: an update of it waits.
    pub task: Option<TaskId>,
    /// Why it is in this state, where there is something to say.
    pub reason: Option<Reason>,
    /// When it is tried next.
    pub due: Timestamp,
    /// Whose it is; `None`: written while nobody was signed in.
    pub owner: Option<Owner>,
}

/// How far the Task of a call has come, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It will be sent.
    Waiting,
    /// Salesforce has it.
    Logged,
    /// It needs a person.
    Stuck,
    /// It will not be sent.
    Skipped,
}

/// How many entries are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They will be sent to this owner's org; entries without an owner included.
    pub waiting: u64,
    /// They need a person.
    pub stuck: u64,
    /// They were logged, and their calls began since the start of the day.
    pub logged_today: u64,
    /// Waiting and stuck entries of other orgs and users. They are kept, and sent to nobody else.
    pub of_others: u64,
}

/// What a person should hear about after the files were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `journal.db` was damaged, is kept under another name, and a new one was begun.
    JournalDamaged {
        /// Where the damaged file is now.
        kept_as: PathBuf,
    },
    /// `journal.db` was gone, though it had been there before, and a new one was begun.
    JournalMissing,
    /// `journal.db` is not the one that the last run left: a copy from a backup, or another home's. It is used.
    JournalReplaced,
    /// `cache.db` was damaged or of another version, and was begun anew: it holds nothing that cannot be fetched.
    CacheDamaged,
    /// Other users could read this file or folder. They no longer can.
    PermissionsRepaired {
        /// The file or folder.
        path: PathBuf,
    },
    /// The folder is on a network file system: the files work there, more slowly, and with less certainty.
    NetworkFolder {
        /// The folder.
        path: PathBuf,
    },
}

/// What became of a `journal.db` that was deleted or replaced while it was in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// How often that was.
    pub times: u64,
    /// All that was in it is in the new one; else the new one is empty.
    pub whole: bool,
    /// Where the file is that was put in its place.
    pub kept_as: Option<PathBuf>,
}

/// How well writing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// All that was asked for is on disk.
    #[default]
    Ok,
    /// The disk is full: this many changes are held in memory, and are lost if the program is killed now.
    DiskFull {
        /// How many.
        held: usize,
    },
    /// The file cannot be written at present: another program holds it, or the disk answers with errors.
    Blocked {
        /// How many changes are held in memory.
        held: usize,
    },
    /// `journal.db` was found to be damaged while in use. The next start puts it aside and rebuilds.
    Damaged,
}

/// How far the contact index of a user has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// When the pass under way began, by Salesforce's clock.
    pub pass_begun: Option<Timestamp>,
    /// When a whole pass ended last. Until then the index does not know all records.
    pub completed: Option<Timestamp>,
    /// When changes were asked for last.
    pub checked: Option<Timestamp>,
    /// Since when a pass that would remove suspiciously much has been held back.
    pub held: Option<Timestamp>,
    /// By which habits the numbers were read.
    pub reading: String,
    /// The objects of the pass.
    pub objects: Vec<IndexProgress>,
}

/// How far the index has come with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// The object.
    pub object: Object,
    /// The last id that the pass has taken in.
    pub position: Option<RecordId>,
    /// How many records the pass has taken in.
    pub received: u64,
    /// How many there were said to be; 0 where that is not known.
    pub expected: u64,
    /// Whether the pass is through with it.
    pub ended: bool,
    /// Up to when changes are known, by Salesforce's clock.
    pub changed_until: Option<Timestamp>,
    /// The query in bulk that fetches it.
    pub job: IndexJob,
}

/// The query in bulk that fetches an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IndexJob {
    /// There is none.
    #[default]
    None,
    /// This one.
    Runs {
        /// Its id.
        id: RecordId,
        /// Where its next rows begin; `None`: at the first.
        locator: Option<String>,
    },
    /// It is of no use here: the object is fetched page by page.
    NotPossible,
}

/// What a page means for the pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassStep {
    /// The object.
    pub object: Object,
    /// Behind which id the next page begins; `None`: this page was the last.
    pub position: Option<RecordId>,
    /// How many records the page had.
    pub received: u64,
    /// How many there are said to be in all, where the page says so.
    pub expected: Option<u64>,
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassEnd {
    /// So many records that it had not met are gone.
    Swept {
        /// How many.
        removed: u64,
    },
    /// It did not meet more than a fifth of what was known. Nothing was removed; the next pass decides.
    Held {
        /// How many it did not meet.
        unmet: u64,
    },
}
