//! The asking side of the control socket.
//!
//! Before the first line it looks who listens, and before the first wish it has heard an answer: what a stopped engine
//! finds when it goes on is a question, and no call that somebody wanted to make an hour ago.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine::{
    command::{Command, Event, Frame, Reply, Request},
    home::Home,
    view::Problem,
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    deadline::{Limit, PULSE, QUICK, limit},
    line::{LONGEST_FRAME, read_line, to_line},
    peer::{self, Connection},
    trouble::{foreign, garbled, gone, late, silent, unreachable},
};

/// Events that wait for this program; a full queue makes the engine wait, and then let go.
const EVENTS: usize = 256;
/// How long until a busy engine is tried again.
const BUSY: Duration = Duration::from_millis(25);

/// Why there is no connection.
#[derive(Debug)]
pub enum Absent {
    /// Nobody listens: no instance runs for this home.
    NotRunning,
    /// Somebody listens, but not to us: silent, a stranger, or not to be understood.
    Refused(Problem),
}

/// A connection to the running engine. Cheap to clone; it ends when the last clone goes.
#[derive(Clone, Debug)]
pub struct Client(Arc<Line>);

#[derive(Debug)]
struct Line {
    requests: mpsc::Sender<(Command, Answer)>,
    /// The engine's process, where the system tells.
    pid: Option<u32>,
    /// Why it is over, where it did not simply end.
    over: Arc<OnceLock<Problem>>,
    pending: Pending,
    /// Somebody looks whether the engine lives.
    watched_over: AtomicBool,
    /// They end with this value.
    tasks: Mutex<JoinSet<()>>,
}

type Answer = oneshot::Sender<Result<Reply, Problem>>;

/// What was asked and not answered yet; `None` once the connection is over.
type Pending = Arc<Mutex<Option<HashMap<u64, Answer>>>>;

impl Client {
    /// Connects to the engine of this home, and waits for a sign of life. The receiver gets events after a
    /// [`Command::Watch`], and closes when the engine is gone or falls silent.
    ///
    /// # Errors
    ///
    /// When nobody answers there within five seconds, or somebody else listens.
    pub async fn connect(home: &Home) -> Result<(Self, mpsc::Receiver<Event>), Absent> {
        let until = Instant::now() + QUICK;
        loop {
            let (connection, pid) = reach(home, until).await?;
            let (client, heard) = Self::over(connection, pid.or_else(|| home.holder()));
            match timeout_at(until, client.send(Command::Status)).await {
                Err(_) => return Err(Absent::Refused(silent(client.0.pid))),
                // It has ended meanwhile: then nobody listens there in a moment.
                Ok(Err(problem)) if problem.code == gone().code => {
                    if Instant::now() >= until {
                        return Err(Absent::Refused(silent(client.0.pid)));
                    }
                    sleep(BUSY).await;
                }
                Ok(Err(_)) if client.0.over.get().is_some() => {
                    return Err(Absent::Refused(client.ended()));
                }
                Ok(Ok(_) | Err(_)) => return Ok((client, heard)),
            }
        }
    }

    fn over(connection: Connection, pid: Option<u32>) -> (Self, mpsc::Receiver<Event>) {
        let (receive, send) = tokio::io::split(connection);
        let (requests, asked) = mpsc::channel(16);
        let (events, heard) = mpsc::channel(EVENTS);
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        let over = Arc::new(OnceLock::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(write(send, asked, pending.clone()));
        let (waiting, end) = (pending.clone(), over.clone());
        tasks.spawn(async move {
            if read(BufReader::new(receive), events, &waiting).await.is_err() {
                let _ = end.set(garbled(pid));
            }
            // Who still waits is told by the dropped senders.
            drop(lock(&waiting).take());
        });
        let tasks = Mutex::new(tasks);
        let watched_over = AtomicBool::new(false);
        (Self(Arc::new(Line { requests, pid, over, pending, watched_over, tasks })), heard)
    }

    /// Asks, and waits for the answer, as long as the command may take and the engine lives.
    ///
    /// # Errors
    ///
    /// The engine's problem; that it does not answer, or not in time; [`gone`] when the connection broke.
    pub async fn ask(&self, command: Command) -> Result<Reply, Problem> {
        let watches = matches!(command, Command::Watch);
        let time = match limit(&command) {
            Limit::Quick => {
                let reply = self.quick(command).await;
                if watches && reply.is_ok() {
                    self.watch_over();
                }
                return reply;
            }
            Limit::Within(time) => Some(time),
            Limit::WhileAlive => None,
        };
        let too_late = async {
            match time {
                Some(time) => sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            reply = self.send(command) => reply,
            problem = self.falls_silent(QUICK) => Err(problem),
            () = too_late => Err(late(time.unwrap_or_default().as_secs())),
        }
    }

    /// Waits as long as a quick command may take. An engine that lives, on a disk that stalls, is not called silent.
    async fn quick(&self, command: Command) -> Result<Reply, Problem> {
        let until = Instant::now() + QUICK;
        let mut reply = std::pin::pin!(self.send(command));
        if let Ok(reply) = timeout(QUICK / 2, &mut reply).await {
            return reply;
        }
        let lives = self.send(Command::Status);
        let lives = tokio::select! {
            reply = &mut reply => return reply,
            lives = timeout_at(until, lives) => lives,
        };
        if lives.is_err() {
            return Err(silent(self.0.pid));
        }
        timeout_at(until, reply).await.unwrap_or_else(|_| Err(late(QUICK.as_secs())))
    }

    async fn send(&self, command: Command) -> Result<Reply, Problem> {
        let (answer, answered) = oneshot::channel();
        self.0.requests.send((command, answer)).await.map_err(|_| self.ended())?;
        answered.await.map_err(|_| self.ended())?
    }

    /// Says why the connection is over.
    fn ended(&self) -> Problem {
        self.0.over.get().cloned().unwrap_or_else(gone)
    }

    /// Ends when the engine gives no sign of life. Whatever it answers is one; that it has gone, others are told.
    async fn falls_silent(&self, pause: Duration) -> Problem {
        loop {
            sleep(pause).await;
            if timeout(QUICK, self.send(Command::Status)).await.is_err() {
                return silent(self.0.pid);
            }
        }
    }

    /// Ends the connection when the engine falls silent: who only watches would not notice.
    fn watch_over(&self) {
        if self.0.watched_over.swap(true, Ordering::Relaxed) {
            return;
        }
        let line = Arc::downgrade(&self.0);
        let watching = async move {
            loop {
                sleep(PULSE).await;
                let Some(client) = line.upgrade().map(Self) else { return };
                if timeout(QUICK, client.send(Command::Status)).await.is_err() {
                    let _ = client.0.over.set(silent(client.0.pid));
                    drop(lock(&client.0.pending).take());
                    Self::hang_up(&Arc::downgrade(&client.0));
                    return;
                }
            }
        };
        // Not one of the connection's own tasks: it ends those.
        tokio::spawn(watching);
    }

    fn hang_up(line: &Weak<Line>) {
        if let Some(line) = line.upgrade() {
            line.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        }
    }
}

/// Connects, and looks who listens. An engine with many at its door is tried until the time is over.
async fn reach(home: &Home, until: Instant) -> Result<(Connection, Option<u32>), Absent> {
    if let Some(folder) = home.taken_folder() {
        let place = format!("The folder {}", folder.display());
        return Err(Absent::Refused(foreign(&place, "another user, or is a link")));
    }
    let socket = home.socket();
    let refused =
        |error: &io::Error| Absent::Refused(unreachable(&socket.display().to_string(), error));
    loop {
        let error = match timeout_at(until, super::connect(&socket)).await {
            Err(_) => return Err(Absent::Refused(silent(home.holder()))),
            Ok(Err(error)) => error,
            Ok(Ok(connection)) => match peer::of_server(&connection) {
                Ok(peer) if peer.is_ours => return Ok((connection, peer.pid)),
                Ok(peer) => {
                    let place = format!("The control socket {}", socket.display());
                    return Err(Absent::Refused(foreign(&place, &peer.whose)));
                }
                Err(error) => error,
            },
        };
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                return Err(Absent::NotRunning);
            }
            _ if !super::is_busy(&error) => return Err(refused(&error)),
            _ if Instant::now() >= until => return Err(Absent::Refused(silent(home.holder()))),
            _ => sleep(BUSY).await,
        }
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

/// Reads answers and events until the end.
///
/// # Errors
///
/// What came is none of ours.
async fn read(
    mut from: impl tokio::io::AsyncBufRead + Unpin,
    events: mpsc::Sender<Event>,
    pending: &Pending,
) -> Result<(), ()> {
    loop {
        let line = match read_line(&mut from, LONGEST_FRAME).await {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(()),
            Err(_) => return Ok(()),
        };
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
            Err(error) => {
                let line: serde_json::Value = serde_json::from_slice(&line).map_err(drop)?;
                // A newer engine may have events that this program does not know; an answer it has to know.
                if !line.is_object() || line.get("id").is_some() {
                    return Err(());
                }
                tracing::debug!(%error, "an event of the engine is not known");
            }
        }
    }
}

fn lock(pending: &Pending) -> MutexGuard<'_, Option<HashMap<u64, Answer>>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}
