//! The control socket: one JSON document per line, for the window and the command line of the same user.
//!
//! `engine::command` says what the lines mean; this module moves them, and bounds what either side can make the
//! other keep.

mod client;
mod deadline;
mod guests;
mod line;
mod peer;
mod server;
#[cfg(test)]
mod tests;
mod trouble;

use std::{io, path::Path};

use interprocess::local_socket::{GenericFilePath, Name, ToFsName};

pub use self::{
    client::{Absent, Client},
    trouble::gone,
};
pub(crate) use self::{
    deadline::{Limit, QUICK, limit},
    server::Server,
    trouble::{late, silent},
};

/// Names the socket, or on Windows the pipe.
fn name(socket: &Path) -> io::Result<Name<'_>> {
    socket.to_fs_name::<GenericFilePath>()
}

#[cfg(unix)]
async fn connect(socket: &Path) -> io::Result<peer::Connection> {
    use interprocess::local_socket::tokio::{Stream, prelude::*};
    Stream::connect(name(socket)?).await
}

/// Whoever serves the pipe may learn who we are, and not act in our name: that is what this opens it with.
#[cfg(windows)]
async fn connect(socket: &Path) -> io::Result<peer::Connection> {
    tokio::net::windows::named_pipe::ClientOptions::new().open(socket)
}

/// Says whether more knock there than can be let in at once.
fn is_busy(error: &io::Error) -> bool {
    // Source: Microsoft, "System Error Codes", ERROR_PIPE_BUSY.
    const PIPE_BUSY: i32 = 231;
    // Linux: with thousands at the door the library hands out a socket that is connected to nobody.
    let unconnected =
        [io::ErrorKind::WouldBlock, io::ErrorKind::NotConnected, io::ErrorKind::ConnectionReset];
    unconnected.contains(&error.kind()) || cfg!(windows) && error.raw_os_error() == Some(PIPE_BUSY)
}
