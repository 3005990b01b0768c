//! What a call means and what must follow from it.
//!
//! Rules only: no input or output, no clock, no async, no serialisation. Time is passed in as a [`Moment`];
//! what must happen is returned as [`Effect`](switchboard::Effect)s that the engine carries out.
//!
//! | module | the question it answers |
//! |---|---|
//! | [`number`] | which number, extension or withheld caller is this text? how is it dialled? |
//! | [`event`] | what did the PBX say? |
//! | [`switchboard`] | what is going on, and what must follow? |
//! | [`record`] | which of the records is the caller? |
//! | [`holders`] | who has a number, by what is known here and what Salesforce says? |
//! | [`creation`] | which record is created for somebody whom no record has? |
//! | [`duty`] | in which times are calls ours to log? |
//! | [`journal`] | what is written about a call, under which key? |
//! | [`delivery`] | how far has its Task come, and what may happen next? |
//! | [`note`] | how does what an agent writes share a field with what people wrote in Salesforce? |
//! | [`day`] | which day does a person mean by a few words? |
//! | [`binding`] | which extension is whose? |
//! | [`link`] | which number does a link mean, and may it be called from here? |
//! | [`sync`] | what has to be written so that the PBX's phonebook shows the records of Salesforce? |

pub mod binding;
pub mod creation;
pub mod day;
pub mod delivery;
pub mod duty;
pub mod event;
mod fingerprint;
pub mod holders;
pub mod ids;
pub mod journal;
pub mod link;
pub mod note;
pub mod number;
pub mod record;
pub mod switchboard;
pub mod sync;
pub mod time;

pub use creation::{CreationPolicy, NewKind, NewRecord, is_automatic};
pub use day::Day;
pub use duty::{Break, Duty, moves_with_clock};
pub use event::{
    CallEvent, CallRecord, Leg, LegKind, LegStatus, PhoneState, RecordKind, RecordStatus,
};
pub use ids::{CallId, CallKey, ChannelId, Extension, OrgId, RecordId, Serial, TaskId, UserId};
pub use journal::{
    CivilTime, Direction, JournalEntry, Link, Outcome, Remarks, Said, SaidWords, TaskDraft,
};
pub use number::{Country, DialPlan, Party, PhoneNumber};
pub use record::{Candidate, Matches, Object, Record, RecordRef, Verdict};
pub use switchboard::{
    Effect, Input, Memory, Phase, Policy, PopWhen, Switchboard, Talk, UnknownCaller,
};
pub use time::{Clock, Moment, Timestamp};
