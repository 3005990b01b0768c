//! What strangers can send: it is shown as text, compared as text, and opens nothing.
//!
//! The rows D9, E17 and J1–J7 of faults.md as far as the engine goes. How a screen and a notification server escape
//! what they show is the window's and the shell's story.

#[path = "hostile/names.rs"]
mod names;
#[path = "hostile/numbers.rs"]
mod numbers;
#[path = "hostile/records.rs"]
mod records;
