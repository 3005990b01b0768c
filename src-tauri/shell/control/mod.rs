//! The control socket: one JSON document per line, for the window and the command line of the same user.
//!
//! `engine::command` says what the lines mean; this module moves them, and bounds what either side can make the
//! other keep.

mod client;
mod line;
mod server;
#[cfg(test)]
mod tests;

use std::{io, path::Path};

use interprocess::local_socket::{GenericFilePath, Name, ToFsName};

pub use client::{Absent, Client, gone};
pub(crate) use server::Server;

/// Names the socket, or on Windows the pipe.
fn name(socket: &Path) -> io::Result<Name<'_>> {
    socket.to_fs_name::<GenericFilePath>()
}
