//! The program around the engine: command line, control socket, tray, notifications, browser, secrets, window.
//!
//! This is the engine process's side (`docs/decisions/0001-two-processes.md`): it has no web view. The window is a
//! program of its own beside it, `src-tauri/window`, and a client of the control socket, as the command line is. What
//! calls mean is not decided here.

mod app;
mod autostart;
mod browser;
mod claim;
mod cli;
mod control;
mod demo;
mod desk;
mod language;
mod links;
mod logging;
mod network;
mod not_started;
mod notify;
mod plain;
mod region;
mod screen;
mod secrets;
mod tray;
mod window;

pub use cli::{command_line, main};

/// What the window's program shares with this one.
pub mod client {
    #[cfg(any(not(target_os = "linux"), feature = "tauri-tray"))]
    pub use crate::tray::context;
    pub use crate::{
        app::{NO_DISPLAY, Place, raise_the_other_window},
        control::{Absent, Client, gone},
        desk::has_display,
        language::Language,
        logging::{hold, say},
        window::SHOWN,
    };
}
