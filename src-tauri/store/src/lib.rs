//! What must outlive the program: the journal of calls, what Salesforce is still to be told, and the contact index.
//!
//! Two files. `journal.db` is small and precious: what was acknowledged survives a power cut. `cache.db` is large
//! and disposable: whatever is wrong with it, it is begun anew. Each has a thread of its own, so that a million
//! contacts being written do not keep the end of a call waiting; look-ups by number have a connection of their own
//! and wait for neither.
//!
//! What a call means and when something is sent is decided elsewhere: this crate has no clock and no rules about
//! calls beyond "once".

mod cache;
mod database;
mod error;
mod files;
mod journal;
mod model;
mod store;
mod worker;

pub use error::{Cause, Error, Result};
pub use model::{
    BegunRecord, CallMemory, Choice, Counts, CreatedRecord, DeliveryState, DeliveryView, Desk,
    Discarded, Done, Due, DueFollowUp, FinishedCall, FollowUp, FollowUpState, FollowUpWish, Health,
    IndexJob, IndexProgress, IndexState, Leased, NewDelivery, NewNote, Notice, Owner, PassEnd,
    PassStep, Proof, Question, Reason, Related, Remade, StoredCall, StoredMatch, Ticket, Unproven,
    WrapUp,
};

/// The mark of a journal into which the records of the last days are to be read back. It is set in the transaction that
/// begins a journal anew or finds it replaced, and taken away by whoever has read them.
pub const REBUILD: &str = journal::identity::REBUILD;

pub use store::{Change, Opened, Store};
