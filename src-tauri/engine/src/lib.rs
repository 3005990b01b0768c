//! The application without a window.

pub mod command;
pub mod ports;
pub mod view;
mod problems;
pub mod settings;
