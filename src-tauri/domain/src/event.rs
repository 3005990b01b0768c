//! What the PBX said, in our words.
//!
//! The PBX's own spelling, and all its looseness, ends in the `pbx` crate. Source of the meanings:
//! yeastar-open-api.md §4.5–4.9.

use std::time::Duration;

use crate::{
    ids::{CallId, ChannelId, Extension},
    time::Timestamp,
};

/// One fact from the PBX that concerns the agent's own extension, or a call it has a part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The state of the agent's phone (30008). Names neither call nor number.
    Phone(PhoneState),
    /// The legs of a call as they are now (30011). Legs that are not named may still be there.
    Legs {
        /// The call.
        call: CallId,
        /// The legs that this message showed.
        legs: Vec<Leg>,
    },
    /// The legs of one call by an answer of `call/query`. It shows those of a trunk whose events do not come, too.
    Listed {
        /// The call.
        call: CallId,
        /// Its legs.
        legs: Vec<Leg>,
    },
    /// All live calls of the agent's extension, complete: what is not in it is over.
    Live(Vec<(CallId, Vec<Leg>)>),
    /// A call's end details (30012) or a row of the call records.
    Record(CallRecord),
    /// The PBX could not place a call, or nobody took an inbound one (30015).
    Failed {
        /// The call.
        call: CallId,
        /// The PBX's own words, such as `486 Busy Here`.
        reason: String,
    },
}

/// What the agent's phone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneState {
    /// At least one call rings.
    Ringing,
    /// A call is up.
    Busy,
    /// Nothing goes on.
    Idle,
}

/// One party's connection to the PBX within a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Whose leg it is.
    pub kind: LegKind,
    /// The PBX's name for it; empty where the PBX gave none.
    pub channel: ChannelId,
    /// What it does.
    pub status: LegStatus,
    /// The number of the queue, ring group or menu that the call came through.
    pub path: Option<String>,
}

/// Whose leg it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegKind {
    /// An extension of the PBX.
    Extension(Extension),
    /// The outside party of a call that came in over a trunk.
    Inbound {
        /// The caller's number as the trunk delivered it.
        from: String,
        /// The number that was dialled.
        to: String,
        /// The trunk.
        trunk: String,
    },
    /// The outside party of a call that went out over a trunk.
    Outbound {
        /// The extension that placed it, or its number.
        from: String,
        /// The number that was dialled.
        to: String,
        /// The trunk.
        trunk: String,
    },
    /// A party of a call between extensions, as newer firmware reports it.
    Internal {
        /// Who called.
        from: String,
        /// Who was called.
        to: String,
    },
}

/// What a leg does. Source: yeastar-open-api.md §4.6, `member_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegStatus {
    /// It placed the call and hears ringback. With `call/dial` also while the agent's own phone rings.
    Alert,
    /// It is being called and rings; early media counts as ringing.
    Ring,
    /// It placed the call and the other side has answered.
    Answered,
    /// It was called and has answered.
    Answer,
    /// It is on hold.
    Hold,
    /// It has hung up.
    Bye,
    /// A word that this version does not know: the leg exists, nothing else is certain.
    Unknown,
}

/// What the PBX wrote about a finished call, or about one leg of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// When it began. From the PBX's Unix `timestamp` where there is one, else computed from its wall clock.
    pub started: Timestamp,
    /// That `timestamp` as it stands in the record. Unlike the beginning, it stays when a clock is set.
    pub stamped: Option<Timestamp>,
    /// Who called: a number, an extension, or `Name<number>` reduced to the number.
    pub from: String,
    /// Who was called, likewise; may be a queue, or a text without a number.
    pub to: String,
    /// From start to end.
    pub total: Duration,
    /// How long the parties spoke.
    pub talked: Duration,
    /// How it ended.
    pub status: RecordStatus,
    /// Where it came from.
    pub kind: RecordKind,
    /// The number that was dialled from outside.
    pub did: Option<String>,
    /// The file name of the recording.
    pub recording: Option<String>,
}

/// A clock that is set moves a record's beginning by more than this.
const SET_BY: Duration = Duration::from_secs(110);

impl CallRecord {
    /// Says whether both are one row of the PBX. Where a clock was set in between, the same row seems to begin at another
    /// time; its stamp stays, where it has one.
    pub fn is_the_same(&self, other: &Self) -> bool {
        let moved = self.apart(other);
        let may_have_moved = self.stamped.is_none() || other.stamped.is_none();
        (moved.is_zero() || may_have_moved && moved > SET_BY)
            && Self { started: self.started, stamped: self.stamped, ..other.clone() } == *self
    }

    /// Returns how far apart both began: by their stamps, where both have one.
    pub(crate) fn apart(&self, other: &Self) -> Duration {
        let (one, other) = match (self.stamped, other.stamped) {
            (Some(one), Some(other)) => (one, other),
            (Some(_) | None, _) => (self.started, other.started),
        };
        one.since(other).max(other.since(one))
    }
}

/// How a call ended, by the PBX's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordStatus {
    /// Somebody, or a menu or queue, answered.
    Answered,
    /// Nobody did.
    NoAnswer,
    /// Busy or declined.
    Busy,
    /// The caller spoke to the voicemail box.
    Voicemail,
    /// The caller gave up in a queue.
    Abandoned,
    /// It could not be placed.
    Failed,
    /// A word that this version does not know.
    Unknown,
}

/// Where a call came from and went to, by the PBX's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// From outside.
    Inbound,
    /// To the outside.
    Outbound,
    /// Between extensions.
    Internal,
    /// A word that this version does not know.
    Unknown,
}
