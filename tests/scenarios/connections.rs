//! Connecting both sides and staying connected, where the network, the clock, other programs or the other side's
//! answers are against it.
//!
//! The rows A6, A7, A9, B6, B12, D1, D4, D9, D10, J12–J14 of faults.md, and the pretend call of the first run.

#[path = "connections/again.rs"]
mod again;
#[path = "connections/answers.rs"]
mod answers;
#[path = "connections/certificates.rs"]
mod certificates;
#[path = "connections/clock.rs"]
mod clock;
#[path = "connections/gap.rs"]
mod gap;
#[path = "connections/rehearsal.rs"]
mod rehearsal;
#[path = "connections/session.rs"]
mod session;
#[path = "connections/sign_in.rs"]
mod sign_in;
#[path = "connections/slow.rs"]
mod slow;
#[path = "connections/tokens.rs"]
mod tokens;
