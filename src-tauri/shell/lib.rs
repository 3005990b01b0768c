//! The program around the engine: command line, control socket, tray, notifications, browser, secrets, window.
//!
//! One binary, two processes (`design.md` §2). The engine process has no web view; the window process is a client of
//! its control socket, as the command line is. What calls mean is not decided here.

mod app;
mod browser;
mod claim;
mod cli;
mod control;
mod demo;
mod desk;
mod logging;
mod notify;
mod plain;
mod secrets;
mod tray;
mod window;

pub use cli::main;
