//! The contact index: who is known at once, and how that stays true.

#![expect(clippy::unwrap_used, reason = "what cannot be done ends the test")]

#[path = "index/building.rs"]
mod building;
#[path = "index/bulk.rs"]
mod bulk;
#[path = "index/changes.rs"]
mod changes;
#[path = "index/finding.rs"]
mod finding;
#[path = "index/one_answer.rs"]
mod one_answer;
#[path = "index/org.rs"]
mod org;
#[path = "index/pops.rs"]
mod pops;
#[path = "index/readings.rs"]
mod readings;
#[path = "index/unread.rs"]
mod unread;
