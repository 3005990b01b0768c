//! What calls mean, however strangely they are told: the rows B9, B10, C1 to C7 and J4 to J6 of faults.md.

#[path = "meaning/corrections.rs"]
mod corrections;
#[path = "meaning/hostile.rs"]
mod hostile;
#[path = "meaning/records.rs"]
mod records;
#[path = "meaning/restored.rs"]
mod restored;
#[path = "meaning/telling.rs"]
mod telling;
#[path = "meaning/who.rs"]
mod who;
