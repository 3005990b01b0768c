//! The built program, as people start it: whose home it is, where its secrets are, and what leaks out of it.
//!
//! The rows G10, H4, H6, H8, J8, J9 and J11 to J13 of faults.md. `cargo xtask test scenarios` builds the program and says where it is
//! in `PATCHCORD_BIN`.

#[cfg(target_os = "linux")]
#[path = "program/addresses.rs"]
mod addresses;
#[cfg(target_os = "linux")]
#[path = "program/autostart.rs"]
mod autostart;
#[cfg(unix)]
#[path = "program/desk.rs"]
mod desk;
#[cfg(target_os = "linux")]
#[path = "program/histories.rs"]
mod histories;
#[cfg(unix)]
#[path = "program/homes.rs"]
mod homes;
#[cfg(target_os = "linux")]
#[path = "program/keyring.rs"]
mod keyring;
#[cfg(target_os = "linux")]
#[path = "program/leaks.rs"]
mod leaks;
#[cfg(unix)]
#[path = "program/links.rs"]
mod links;
#[cfg(target_os = "linux")]
#[path = "program/not_started.rs"]
mod not_started;
#[cfg(unix)]
#[path = "program/notes.rs"]
mod notes;
#[cfg(target_os = "linux")]
#[path = "program/overload.rs"]
mod overload;
#[cfg(target_os = "linux")]
#[path = "program/prompter.rs"]
mod prompter;
#[cfg(target_os = "linux")]
#[path = "program/proxies.rs"]
mod proxies;
#[cfg(target_os = "linux")]
#[path = "program/refusals.rs"]
mod refusals;
#[cfg(target_os = "linux")]
#[path = "program/screen.rs"]
mod screen;
#[cfg(unix)]
#[path = "program/stopped.rs"]
mod stopped;
#[cfg(target_os = "linux")]
#[path = "program/terminal.rs"]
mod terminal;
#[cfg(target_os = "linux")]
#[path = "program/trust.rs"]
mod trust;
#[cfg(target_os = "linux")]
#[path = "program/window.rs"]
mod window;
