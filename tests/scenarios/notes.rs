//! What an agent writes about a call: it is never lost, never doubled, and stands first in the one Task.
//!
//! The rows F8 and J1–J3 of faults.md as far as notes go.

#[path = "notes/discarded.rs"]
mod discarded;
#[path = "notes/follow_ups.rs"]
mod follow_ups;
#[path = "notes/hostile.rs"]
mod hostile;
#[path = "notes/kept.rs"]
mod kept;
#[path = "notes/outcomes.rs"]
mod outcomes;
#[path = "notes/related.rs"]
mod related;
#[path = "notes/tasks.rs"]
mod tasks;
#[path = "notes/verbs.rs"]
mod verbs;
