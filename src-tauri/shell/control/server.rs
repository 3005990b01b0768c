//! The engine's side of the control socket.

use std::{io, sync::Arc, time::Duration};

use engine::{
    Handle,
    command::{Command, Event, Frame, Reply, Request},
    home::Home,
    view::Problem,
};
use interprocess::local_socket::{
    ListenerOptions,
    tokio::{Listener, Stream, prelude::*},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    guests::{Guest, Room},
    line::{LONGEST_REQUEST, read_line, to_line},
    peer,
};

/// Requests of one client under way; then its next lines wait.
const REQUESTS: usize = 16;
/// Lines that wait for one client; when they are full for [`PATIENCE`], it is cut off, and may come back.
const WAITING: usize = 64;
/// How long a client may be slow.
const PATIENCE: Duration = Duration::from_secs(5);

/// The listening socket. Everything ends with [`Server::end`].
#[derive(Debug)]
pub(crate) struct Server {
    closed: CancellationToken,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Listens for this home, which the caller has locked: what lies at the socket's path is left from a dead engine.
    ///
    /// # Errors
    ///
    /// Says in a sentence why nobody could reach this engine.
    pub(crate) fn start(home: &Home, engine: Handle) -> Result<Self, String> {
        let listener = listen(home).map_err(|error| {
            format!("the control socket {} cannot be used: {error}", home.socket().display())
        })?;
        let (closed, cancel) = (CancellationToken::new(), CancellationToken::new());
        let doors = Doors { closed: closed.clone(), cancel: cancel.clone() };
        let task = tokio::spawn(accept(listener, engine, doors));
        Ok(Self { closed, cancel, task })
    }

    /// Removes the socket: who starts the program now waits for the end of this one, and gets no promise of it. The
    /// clients that are there stay.
    pub(crate) fn close(&self) {
        self.closed.cancel();
    }

    /// Cuts all clients off as well.
    pub(crate) async fn end(self) {
        self.cancel.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the control socket has failed");
        }
    }
}

#[cfg(unix)]
fn listen(home: &Home) -> io::Result<Listener> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
    let socket = &home.make_socket()?;
    match std::fs::symlink_metadata(socket) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something that is no socket lies there",
            ));
        }
        Ok(found) if found.uid() != owners::user() => {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("it belongs to user {}", found.uid()),
            ));
        }
        Ok(_) => std::fs::remove_file(socket)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = ListenerOptions::new().name(super::name(socket)?).create_tokio()?;
    // The folder is private already: nobody else can connect in between.
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

#[cfg(windows)]
fn listen(home: &Home) -> io::Result<Listener> {
    use interprocess::os::windows::{
        local_socket::ListenerOptionsExt, security_descriptor::SecurityDescriptor,
    };
    // Only its owner and the system, and nobody over the network. Source: Microsoft, "Security Descriptor String Format".
    let owner_only = widestring::u16cstr!("D:P(D;;GA;;;NU)(A;;GA;;;OW)(A;;GA;;;SY)");
    ListenerOptions::new()
        .name(super::name(&home.make_socket()?)?)
        .security_descriptor(SecurityDescriptor::deserialize(owner_only)?)
        .create_tokio()
}

/// What ends the listening, and the clients.
struct Doors {
    closed: CancellationToken,
    cancel: CancellationToken,
}

async fn accept(listener: Listener, engine: Handle, Doors { closed, cancel }: Doors) {
    let mut room = Room::default();
    let mut clients = JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let next = async {
            let stream = listener.accept().await?;
            // Nobody is read who is not this user.
            let peer = peer::of_client(&stream)?;
            Ok::<_, io::Error>((stream, peer))
        };
        let next = tokio::select! {
            () = cancel.cancelled() => break,
            () = closed.cancelled() => break,
            next = next => next,
        };
        match next {
            Ok((_, peer)) if !peer.is_ours => {
                tracing::warn!(pid = peer.pid, "a client of {} is not served", peer.whose);
            }
            Ok((stream, _)) => {
                let (guest, place) = tokio::select! {
                    () = cancel.cancelled() => break,
                    () = closed.cancelled() => break,
                    taken = room.take() => taken,
                };
                let (engine, cancel) = (engine.clone(), cancel.clone());
                clients.spawn(async move {
                    tokio::select! {
                        () = cancel.cancelled() => {}
                        () = guest.is_sent_away() => {}
                        () = serve(stream, engine, &guest) => {}
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a client could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
    drop(listener);
    cancel.cancelled().await;
    clients.shutdown().await;
}

/// Serves one client until it goes, breaks the rules or is too slow.
async fn serve(stream: Stream, engine: Handle, guest: &Arc<Guest>) {
    let (receive, mut send) = tokio::io::split(stream);
    let (out, mut lines) = mpsc::channel::<Vec<u8>>(WAITING);
    let watch = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Some(line) = lines.recv().await {
            match tokio::time::timeout(PATIENCE, send.write_all(&line)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    });
    tasks.spawn(tell(engine.clone(), out.clone(), watch.clone()));
    tokio::select! {
        () = answer(BufReader::new(receive), &engine, &out, &watch, guest) => {}
        // The writer or the teller ends early when the client is too slow or gone.
        _ = tasks.join_next() => {}
    }
}

/// Answers requests, several at a time, until the client has been idle for too long.
async fn answer(
    mut from: impl tokio::io::AsyncBufRead + Unpin,
    engine: &Handle,
    out: &mpsc::Sender<Vec<u8>>,
    watch: &Arc<Notify>,
    guest: &Arc<Guest>,
) {
    let room = Arc::new(Semaphore::new(REQUESTS));
    let mut watching: Option<OwnedSemaphorePermit> = None;
    let mut answers = JoinSet::new();
    let sign_in = CancelSignIn { engine: engine.clone(), ours: Arc::default() };
    loop {
        while answers.try_join_next().is_some() {}
        let line = tokio::select! {
            line = read_line(&mut from, LONGEST_REQUEST) => line,
            () = guest.has_idled() => return,
        };
        guest.has_asked();
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a client is cut off");
                return;
            }
        };
        let Ok(Request { id, command }) = serde_json::from_slice(&line) else {
            // The line may hold a secret: what is wrong with it is not written anywhere.
            let Some(id) = number(&line) else { return };
            if push(out, &Frame::Answer { id, result: Err(unknown()) }).await.is_err() {
                return;
            }
            continue;
        };
        if matches!(command, Command::Watch) {
            watching = watching.or_else(|| guest.watches());
            let result = watching.as_ref().map(|_| Reply::Done).ok_or_else(too_many);
            if push(out, &Frame::Answer { id, result }).await.is_err() {
                return;
            }
            if watching.is_some() {
                watch.notify_one();
            }
            continue;
        }
        let place = room.clone().acquire_owned().await.expect("this semaphore is never closed");
        let (engine, out) = (engine.clone(), out.clone());
        let ours = matches!(command, Command::ConnectSalesforce { open_browser: false, .. })
            .then(|| sign_in.ours.clone());
        let work = guest.begins();
        answers.spawn(async move {
            if let Some(ours) = &ours {
                ours.store(true, std::sync::atomic::Ordering::Release);
            }
            let result = engine.ask(command).await;
            if let Some(ours) = &ours {
                ours.store(false, std::sync::atomic::Ordering::Release);
            }
            // A client that has gone needs no answer.
            let _ = push(&out, &Frame::Answer { id, result }).await;
            drop((place, work));
        });
    }
}

/// Gives a sign-in up whose command line was interrupted: nobody is left who knows its page.
struct CancelSignIn {
    engine: Handle,
    ours: Arc<std::sync::atomic::AtomicBool>,
}

impl Drop for CancelSignIn {
    fn drop(&mut self) {
        if self.ours.load(std::sync::atomic::Ordering::Acquire) {
            let engine = self.engine.clone();
            tokio::spawn(async move {
                let _ = engine.ask(Command::CancelSignIn).await;
            });
        }
    }
}

/// Tells a client that watches what happens: all of it at the start, and whenever it asks again or has missed some.
async fn tell(engine: Handle, out: mpsc::Sender<Vec<u8>>, watch: Arc<Notify>) {
    watch.notified().await;
    let mut events = engine.events();
    let mut everything = true;
    loop {
        if everything {
            for event in engine.snapshot() {
                if push(&out, &Frame::Event(event)).await.is_err() {
                    return;
                }
            }
        }
        let event: Event = tokio::select! {
            () = watch.notified() => {
                everything = true;
                continue;
            }
            event = events.recv() => match event {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    everything = true;
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        everything = false;
        if push(&out, &Frame::Event(event)).await.is_err() {
            return;
        }
    }
}

async fn push(out: &mpsc::Sender<Vec<u8>>, frame: &Frame) -> Result<(), ()> {
    out.send_timeout(to_line(frame), PATIENCE).await.map_err(|_| ())
}

/// Returns the number of a request that cannot be understood otherwise.
fn number(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(line).ok()?.get("id")?.as_u64()
}

fn unknown() -> Problem {
    Problem::new(
        "control.unknown_command",
        "The running Patchcord does not know this command.",
        "Quit it and start it again, so that both are of one version.",
    )
}

fn too_many() -> Problem {
    Problem::new(
        "control.too_many_watchers",
        "Too many windows and scripts watch this Patchcord already.",
        "Close one of them.",
    )
}
