//! What goes into the switchboard and what comes out of it.

use std::collections::BTreeSet;

use super::talk::Talk;
use crate::{
    event::{CallEvent, CallRecord},
    ids::{CallId, Extension},
    journal::{Direction, JournalEntry},
    number::{Meant, Party},
    record::{Matches, RecordRef},
    time::Timestamp,
};

/// When and for whom a page opens by itself. Source: contract.md §2, `[pop]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The moment.
    pub when: PopWhen,
    /// Also for calls that the agent places.
    pub outbound: bool,
    /// What opens for a caller whom no record has.
    pub unknown: UnknownCaller,
}

/// The moment at which a page opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopWhen {
    /// As soon as the phone rings.
    Ring,
    /// When the agent answers.
    Answer,
    /// Never by itself.
    Never,
}

/// What opens for a caller whom no record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownCaller {
    /// Nothing.
    Nothing,
    /// The form for a new lead, with the number filled in.
    NewLead,
    /// The form for a new contact, likewise.
    NewContact,
}

/// News for the switchboard.
#[derive(Clone, Debug)]
pub enum Input {
    /// The PBX said something.
    Event(CallEvent),
    /// All call records of a stretch of time, read after a gap.
    Past(Vec<CallRecord>),
    /// Something that the PBX told while its live calls were asked for, taken in after the list. The list may be younger.
    Waited(CallEvent),
    /// This desktop asked the PBX to place a call, and the PBX took it on.
    Dialled {
        /// The PBX's name for it.
        call: CallId,
        /// Who is called.
        party: Party,
    },
    /// A number was looked up.
    Identified {
        /// The call.
        call: CallId,
        /// What was found.
        matches: Matches,
    },
    /// The PBX has said which extensions it has.
    Colleagues(Vec<Extension>),
    /// The events are not heard any more, until the next [`CallEvent::Live`] that follows a connection.
    Unheard,
    /// The PBX does not know this call any more. The answer to [`Effect::AskCall`].
    Gone {
        /// The call.
        call: CallId,
    },
    /// Time has passed; see [`Switchboard::next_deadline`](super::Switchboard::next_deadline).
    Tick,
}

/// What must follow. The engine carries it out, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Look up who has this number, and answer with [`Input::Identified`].
    Identify {
        /// The call.
        call: CallId,
        /// The number, with what else its spelling may mean.
        meant: Meant,
    },
    /// Open this record's page. At most once per call.
    Pop {
        /// The call.
        call: CallId,
        /// The record.
        record: RecordRef,
    },
    /// Open a prefilled form for a new record. At most once per call.
    NewRecord {
        /// The call.
        call: CallId,
        /// Lead or contact.
        form: UnknownCaller,
        /// The number.
        party: Party,
    },
    /// Ask the PBX for the live calls of this extension, and answer with [`CallEvent::Live`].
    AskLive,
    /// Ask the PBX for this call, which the extension has left, and answer with [`CallEvent::Legs`] or [`Input::Gone`].
    AskCall(CallId),
    /// Read the call records of the last minutes, and answer with [`Input::Past`].
    AskRecords,
    /// Read them in a moment, and again later, for the PBX may write late: a call that is over is not told well enough by
    /// the events. Answer with [`Input::Past`] each time.
    WantRows,
    /// Keep this on disk: a restart goes on from it.
    Remember(Memory),
    /// The call is not of this extension after all, or was never seen alive.
    Forget(CallId),
    /// The call has ended for this extension: its entry, exactly once.
    Journal(JournalEntry),
    /// A finished call's entry was not quite right: this replaces it, under the key that it already has.
    Amend(JournalEntry),
    /// Something that people see has changed.
    Changed,
}

/// A live call, as it is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The PBX's name for it.
    pub call: CallId,
    /// Which way it goes, where known.
    pub direction: Option<Direction>,
    /// The other side, where known.
    pub party: Option<Party>,
    /// Its number as it was shown or dialled.
    pub spelled: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When the agent answered last, while they speak.
    pub talking_since: Option<Timestamp>,
    /// Who had spoken before that.
    pub talk: Talk,
    /// What the agent's phone does.
    pub phase: Phase,
    /// It had ended for this extension, and has an entry; it goes on here.
    pub again: bool,
    /// It was dialled from here, and no phone of this extension has been shown in it: it may have come to nothing, or be
    /// there under another name.
    pub wished: bool,
    /// A page was opened for it.
    pub popped: bool,
    /// The other extensions that rang.
    pub rang: BTreeSet<Extension>,
    /// Another extension answered it.
    pub taken_by_other: bool,
    /// The queue, ring group or menu.
    pub queue: Option<String>,
    /// The number that was dialled from outside.
    pub did: Option<String>,
}

/// What the agent's phone does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It rings.
    Ringing,
    /// It calls, or is about to.
    Dialling,
    /// The agent speaks.
    Talking,
    /// The agent has the other side on hold, or is on hold.
    Held,
    /// It has hung up; others may still be in the call.
    Left,
}

impl Phase {
    /// Says whether the agent has the other side on the line. Time on hold belongs to the conversation.
    pub const fn speaks(self) -> bool {
        matches!(self, Self::Talking | Self::Held)
    }

    /// Returns the word that is kept on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Dialling => "dialling",
            Self::Talking => "talking",
            Self::Held => "held",
            Self::Left => "left",
        }
    }

    /// Reads the word that was kept on disk.
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Ringing, Self::Dialling, Self::Talking, Self::Held, Self::Left]
            .into_iter()
            .find(|phase| phase.as_str() == word)
    }
}
