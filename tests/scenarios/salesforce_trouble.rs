//! Salesforce in trouble: nothing is lost, nothing is doubled, and a person is told what matters.
//!
//! The rows E1–E8, D12 and N12 of faults.md.

#[path = "salesforce_trouble/away.rs"]
mod away;
#[path = "salesforce_trouble/backlog.rs"]
mod backlog;
#[path = "salesforce_trouble/desks.rs"]
mod desks;
#[path = "salesforce_trouble/failed.rs"]
mod failed;
#[path = "salesforce_trouble/lost.rs"]
mod lost;
#[path = "salesforce_trouble/refused.rs"]
mod refused;
#[path = "salesforce_trouble/short.rs"]
mod short;
#[path = "salesforce_trouble/texts.rs"]
mod texts;
