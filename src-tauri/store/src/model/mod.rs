//! What callers store and get back. Domain types are put into rows by hand, in the modules that own the tables.

mod calls;
mod files;
mod index;
mod notes;
mod outbox;

pub use calls::{
    BegunRecord, CallMemory, Choice, CreatedRecord, Desk, FinishedCall, Owner, StoredCall,
    StoredMatch,
};
pub use files::{Health, Notice, Remade};
pub use index::{IndexJob, IndexProgress, IndexState, PassEnd, PassStep};
pub use notes::{DueFollowUp, FollowUp, FollowUpState, FollowUpWish, NewNote, Related, WrapUp};
pub use outbox::{
    Counts, DeliveryState, DeliveryView, Discarded, Done, Due, Leased, NewDelivery, Proof,
    Question, Reason, Ticket, Unproven,
};
