//! An agent's calls: each is one Task, and its record is on the screen once.

#[path = "calls/another_record.rs"]
mod another_record;
#[path = "calls/choice.rs"]
mod choice;
#[path = "calls/created.rs"]
mod created;
#[path = "calls/dial.rs"]
mod dial;
#[path = "calls/flood.rs"]
mod flood;
#[path = "calls/groups.rs"]
mod groups;
#[path = "calls/held.rs"]
mod held;
#[path = "calls/inbound.rs"]
mod inbound;
#[path = "calls/kept.rs"]
mod kept;
#[path = "calls/moved.rs"]
mod moved;
#[path = "calls/numbers.rs"]
mod numbers;
#[path = "calls/outbound.rs"]
mod outbound;
#[path = "calls/passed_on.rs"]
mod passed_on;
#[path = "calls/switches.rs"]
mod switches;
#[path = "calls/taken.rs"]
mod taken;
