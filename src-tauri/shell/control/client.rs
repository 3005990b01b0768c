//! The asking side of the control socket.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine::{
    command::{Command, Event, Frame, Reply, Request},
    home::Home,
    view::Problem,
};
use interprocess::local_socket::tokio::{Stream, prelude::*};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    sync::{mpsc, oneshot},
};

use super::line::{LONGEST_FRAME, read_line, to_line};

/// Events that wait for this program; a full queue makes the engine wait, and then let go.
const EVENTS: usize = 256;

/// Why there is no connection.
#[derive(Debug)]
pub enum Absent {
    /// Nobody listens: no instance runs for this home.
    NotRunning,
    /// Somebody may listen, but not to us; says why.
    Refused(String),
}

/// A connection to the running engine. Cheap to clone; it ends when the last clone goes.
#[derive(Clone, Debug)]
pub struct Client {
    requests: mpsc::Sender<(Command, Answer)>,
}

type Answer = oneshot::Sender<Result<Reply, Problem>>;

/// What was asked and not answered yet; `None` once the connection is over.
type Pending = Arc<Mutex<Option<HashMap<u64, Answer>>>>;

impl Client {
    /// Connects to the engine of this home. The receiver gets events after a [`Command::Watch`], and closes when the
    /// engine is gone.
    ///
    /// # Errors
    ///
    /// When nobody answers there.
    pub async fn connect(home: &Home) -> Result<(Self, mpsc::Receiver<Event>), Absent> {
        let socket = home.socket();
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Absent::NotRunning,
            _ => Absent::Refused(format!(
                "the running Patchcord cannot be asked: {}: {error}",
                socket.display()
            )),
        };
        let stream =
            Stream::connect(super::name(&socket).map_err(refused)?).await.map_err(refused)?;
        let (receive, send) = tokio::io::split(stream);
        let (requests, asked) = mpsc::channel(16);
        let (events, heard) = mpsc::channel(EVENTS);
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        tokio::spawn(write(send, asked, pending.clone()));
        tokio::spawn(async move {
            read(BufReader::new(receive), events, &pending).await;
            // Who still waits is told by the dropped senders.
            drop(lock(&pending).take());
        });
        Ok((Self { requests }, heard))
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// The engine's problem, or [`gone`] when the connection broke.
    pub async fn ask(&self, command: Command) -> Result<Reply, Problem> {
        let (answer, answered) = oneshot::channel();
        self.requests.send((command, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn write(
    mut send: impl tokio::io::AsyncWrite + Unpin,
    mut asked: mpsc::Receiver<(Command, Answer)>,
    pending: Pending,
) {
    let mut id = 0;
    while let Some((command, answer)) = asked.recv().await {
        id += 1;
        match &mut *lock(&pending) {
            Some(pending) => drop(pending.insert(id, answer)),
            None => return,
        }
        if send.write_all(&to_line(&Request { id, command })).await.is_err() {
            drop(lock(&pending).take());
            return;
        }
    }
    // The engine sees the end; what it still says is read by nobody.
    let _ = send.shutdown().await;
}

async fn read(
    mut from: impl tokio::io::AsyncBufRead + Unpin,
    events: mpsc::Sender<Event>,
    pending: &Pending,
) {
    while let Ok(Some(line)) = read_line(&mut from, LONGEST_FRAME).await {
        match serde_json::from_slice(&line) {
            Ok(Frame::Answer { id, result }) => {
                let asker = lock(pending).as_mut().and_then(|pending| pending.remove(&id));
                if let Some(asker) = asker {
                    // Whoever asked may have gone.
                    let _ = asker.send(result);
                }
            }
            Ok(Frame::Event(event)) => {
                // Nobody listens to events in a plain command.
                let _ = events.send(event).await;
            }
            // A newer engine may say what this program does not know.
            Err(error) => tracing::debug!(%error, "a line of the engine is not understood"),
        }
    }
}

fn lock(pending: &Pending) -> MutexGuard<'_, Option<HashMap<u64, Answer>>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that the engine is not there any more.
pub fn gone() -> Problem {
    Problem::new("engine.gone", "Patchcord has ended.", "Start it again.")
}
