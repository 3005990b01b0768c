//! Who is at the other end: asked of the operating system before anything is said.

use std::io;
#[cfg(windows)]
use std::os::windows::io::AsHandle as _;

use interprocess::local_socket::tokio::{Stream, prelude::*};

/// The client's end of a connection.
#[cfg(unix)]
pub(super) type Connection = Stream;
/// The client's end of a connection. Its server may learn who we are, and not act in our name.
#[cfg(windows)]
pub(super) type Connection = tokio::net::windows::named_pipe::NamedPipeClient;

/// The program at the other end.
pub(super) struct Peer {
    /// It has this user's rights.
    pub(super) is_ours: bool,
    /// Its number, where the system tells.
    pub(super) pid: Option<u32>,
    /// Whose it is, for a person.
    pub(super) whose: String,
}

/// Says who listens.
///
/// # Errors
///
/// The system does not say; nothing may be said to it then.
#[cfg(unix)]
pub(super) fn of_server(connection: &Connection) -> io::Result<Peer> {
    of_client(connection)
}

/// Says who listens.
///
/// # Errors
///
/// The system does not say; nothing may be said to it then.
#[cfg(windows)]
pub(super) fn of_server(connection: &Connection) -> io::Result<Peer> {
    owners::pipe_server(connection.as_handle()).map(of_process)
}

/// Says who has connected: the user whose rights it had then.
///
/// # Errors
///
/// The system does not say; it is not served then.
#[cfg(unix)]
pub(super) fn of_client(stream: &Stream) -> io::Result<Peer> {
    let credentials = stream.peer_creds()?;
    let user = credentials.euid().ok_or(io::ErrorKind::Unsupported)?;
    let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
    Ok(Peer { is_ours: user == owners::user(), pid, whose: format!("user {user}") })
}

/// Says who has connected.
///
/// # Errors
///
/// The system does not say; it is not served then.
#[cfg(windows)]
pub(super) fn of_client(stream: &Stream) -> io::Result<Peer> {
    stream.peer_creds()?.pid().map(of_process).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

#[cfg(windows)]
fn of_process(pid: u32) -> Peer {
    let is_ours = owners::is_this_users_process(pid);
    Peer { is_ours, pid: Some(pid), whose: "another user".to_owned() }
}
