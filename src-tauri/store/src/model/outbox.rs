//! What is to be sent about a call, who has it under way, and what came of it.

use domain::{CallKey, Said, TaskId, Timestamp, delivery::Aim};

use super::{Owner, StoredCall};

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
    /// See [`Leased::ask_first`].
    pub ask_first: bool,
    /// See [`Leased::sent_before`].
    pub sent_before: bool,
}

/// An entry whose key is to be asked for before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
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
    /// What that Task said when this computer wrote it last; `None` where that is not known.
    pub said: Option<Said>,
    /// Tasks of this call that this computer has deleted itself.
    pub deleted: Vec<TaskId>,
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
