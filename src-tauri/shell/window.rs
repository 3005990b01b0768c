//! The engine's hold on the window's program, which lies beside this one: started when wanted, one at a time, and ended
//! with the engine.

use std::{
    env, io,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine::{
    home::{Home, LockError},
    ports::Note,
    view::Problem,
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    sync::{Mutex, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{app::Place, desk::has_display, logging::say, notify::Notifier};

/// How long a window may take to close when the program ends.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the system may take to end it by force, before it is left to that.
const FORCE: Duration = Duration::from_millis(500);
/// A window that ends holds its lock until the system has cleared its memory away, which takes seconds on a busy computer.
const GOES: Duration = Duration::from_secs(30);
/// How often it is looked whether it has gone.
const LOOK: Duration = Duration::from_millis(100);

/// What a window that tells of no start writes once its page is there.
pub const SHOWN: &str = "shown";

/// Starts window processes of one home.
#[derive(Debug)]
pub(crate) struct Starter {
    home: Home,
    argument: Option<PathBuf>,
    notifier: Option<Notifier>,
    running: Arc<Mutex<Option<Running>>>,
    /// A window is wanted, and neither has its page answered since nor was one started.
    wanted: watch::Sender<bool>,
    /// A window was started, and its page has not answered yet.
    starting: Arc<AtomicBool>,
    /// No window is started any more: the program ends.
    over: CancellationToken,
    runtime: tokio::runtime::Handle,
}

#[derive(Debug)]
struct Running {
    /// Held open: what is written to it tells the window to close.
    word: ChildStdin,
    process: tokio::task::JoinHandle<()>,
    kill: tokio::sync::oneshot::Sender<()>,
}

impl Starter {
    /// Must be called on the engine's runtime.
    pub(crate) fn new(home: Home, argument: Option<PathBuf>, notifier: Option<Notifier>) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self {
            home,
            argument,
            notifier,
            running: Arc::default(),
            wanted: watch::Sender::new(false),
            starting: Arc::default(),
            over: CancellationToken::new(),
            runtime,
        }
    }

    /// Starts the window unless there is one, which hears the engine's `RaiseWindow` by itself; where that one goes
    /// without having answered, another is started. Returns at once.
    pub(crate) fn raise(self: &Arc<Self>) {
        let this = self.clone();
        self.wanted.send_replace(true);
        self.runtime.spawn(async move {
            if let Err(why) = this.start().await {
                this.missing(&why);
            }
        });
    }

    /// The page of the window has answered.
    pub(crate) fn is_shown(&self) {
        self.wanted.send_replace(false);
        self.starting.store(false, Ordering::Relaxed);
    }

    /// Says whether a window was started whose page has not answered yet.
    pub(crate) fn is_starting(&self) -> bool {
        self.starting.load(Ordering::Relaxed)
    }

    /// Says whether a window is open, whoever has started it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.home.lock_window(), Err(LockError::AlreadyRunning { .. }))
    }

    async fn start(&self) -> Result<(), String> {
        if !has_display() {
            tracing::warn!("the window was asked for, and there is no display for it");
            return Ok(());
        }
        self.start_on_display().await
    }

    /// Starts a window once there is none, unless the one that is there answers.
    ///
    /// # Errors
    ///
    /// Says in a sentence why there is no window.
    async fn start_on_display(&self) -> Result<(), String> {
        let mut wanted = self.wanted.subscribe();
        let started = async {
            while !self.started().await? {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        tokio::select! {
            result = started => result,
            _ = wanted.wait_for(|wanted| !wanted) => Ok(()),
            () = self.over.cancelled() => Ok(()),
            () = tokio::time::sleep(GOES) => Ok(()),
        }
    }

    /// Starts a window, unless one is there: says whether it did.
    async fn started(&self) -> Result<bool, String> {
        let mut running = self.running.lock().await;
        if running.as_ref().is_some_and(|running| !running.process.is_finished()) {
            return Ok(false);
        }
        match self.home.lock_window() {
            // It is for the window to take.
            Ok(lock) => drop(lock),
            // A window that somebody else has started, or that has outlived an engine, or that is about to be gone.
            Err(LockError::AlreadyRunning { .. }) => return Ok(false),
            Err(error @ LockError::Unusable(_)) => {
                return Err(format!(
                    "The window cannot be opened: {error}; see that the folder is yours and the disk not full"
                ));
            }
        }
        if self.over.is_cancelled() {
            return Ok(true);
        }
        // One for each wish: a window that cannot live is not started over and over.
        self.wanted.send_replace(false);
        let child = self.spawn().map_err(|error| no_window(&error))?;
        self.starting.store(true, Ordering::Relaxed);
        *running = follow(child, self.starting.clone());
        Ok(true)
    }

    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::from(command(self.argument.as_ref(), true)?);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()
    }

    /// Says that there is no window to be had; the person who asked for one waits for it.
    fn missing(&self, why: &str) {
        tracing::error!(why, "the window could not be started");
        say(why);
        if let Some(notifier) = &self.notifier {
            notifier.show(Note {
                id: "window.missing".to_owned(),
                title: "The window could not be opened".to_owned(),
                body: format!("{why}. Calls are handled as before."),
                buttons: Vec::new(),
                urgent: false,
            });
        }
    }

    /// Closes the window, by force if it does not.
    pub(crate) async fn end(&self) {
        self.over.cancel();
        let Some(Running { mut word, mut process, kill }) = self.running.lock().await.take() else {
            return;
        };
        // It may have gone already.
        let _ = word.write_all(b"q").await;
        if tokio::time::timeout(PATIENCE, &mut process).await.is_err() {
            tracing::warn!("the window did not close; it is ended");
            let _ = kill.send(());
            let _ = tokio::time::timeout(FORCE, process).await;
        }
    }
}

/// The window's program, with the words that this one was started with.
fn command(home: Option<&PathBuf>, child: bool) -> io::Result<std::process::Command> {
    let mut command = std::process::Command::new(program()?);
    command.args(child.then_some("--child"));
    if let Some(home) = home {
        command.arg("--home").arg(home);
    }
    Ok(command)
}

/// The window's program, which says of an engine that is not there why it is not.
pub(crate) fn telling(place: &Place, problem: &Problem) -> io::Result<std::process::Command> {
    let mut command = command(place.argument.as_ref(), false)?;
    command.arg("--not-started").arg(serde_json::to_string(problem)?);
    Ok(command)
}

/// The window's program lies beside this one; after an update under our feet, beside where this one was.
fn program() -> io::Result<PathBuf> {
    let name = format!("patchcord-window{}", env::consts::EXE_SUFFIX);
    Ok(env::current_exe()?.with_file_name(name))
}

pub(crate) fn no_window(error: &io::Error) -> String {
    let place = program().map(|path| path.display().to_string()).unwrap_or_default();
    format!("The window's program {place} cannot be started ({error}); install Patchcord again")
}

/// Runs the window's program in the place of this process. Returns the exit code where that cannot be, or is over.
pub(crate) fn become_it(place: &Place, child: bool) -> u8 {
    command(place.argument.as_ref(), child).and_then(replace).unwrap_or_else(|error| {
        say(&no_window(&error));
        1
    })
}

#[cfg(unix)]
fn replace(mut command: std::process::Command) -> io::Result<u8> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
fn replace(mut command: std::process::Command) -> io::Result<u8> {
    let code = command.status()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn follow(mut child: Child, starting: Arc<AtomicBool>) -> Option<Running> {
    let word = child.stdin.take()?;
    let (kill, killed) = tokio::sync::oneshot::channel();
    let process = tokio::spawn(async move {
        let status = tokio::select! {
            status = child.wait() => status,
            Ok(()) = killed => {
                let _ = child.kill().await;
                return;
            }
        };
        starting.store(false, Ordering::Relaxed);
        match status {
            Ok(status) if status.success() => tracing::info!("the window was closed"),
            Ok(status) => tracing::warn!(%status, "the window has failed; calls go on"),
            Err(error) => tracing::warn!(%error, "the window's end was not seen"),
        }
    });
    Some(Running { word, process, kill })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_window_that_cannot_be_opened_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        // As on a disk that is full, or in a folder that is somebody else's.
        std::fs::create_dir(home.data().join("window.lock")).unwrap();
        let starter = Starter::new(home, None, None);
        starter.wanted.send_replace(true);
        let why = starter.start_on_display().await.unwrap_err();
        assert!(why.contains("window.lock"), "{why}");
        assert!(!starter.is_open(), "nobody has one");
    }

    #[tokio::test]
    async fn a_window_that_answers_is_not_opened_twice() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let _open = home.lock_window().unwrap();
        let starter = Starter::new(home, None, None);
        starter.wanted.send_replace(true);
        let answers = async {
            tokio::time::sleep(LOOK / 2).await;
            starter.is_shown();
        };
        let (started, ()) = tokio::join!(starter.start_on_display(), answers);
        assert_eq!(started, Ok(()));
        assert!(starter.is_open() && !starter.is_starting());
        assert!(starter.running.lock().await.is_none());
    }

    #[tokio::test]
    async fn a_window_that_goes_without_an_answer_is_followed_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let going = home.lock_window().unwrap();
        let starter = Starter::new(home, None, None);
        starter.wanted.send_replace(true);
        let goes = async {
            tokio::time::sleep(LOOK * 2).await;
            drop(going);
        };
        let (started, ()) = tokio::join!(starter.start_on_display(), goes);
        // No program lies beside this test.
        let why = started.unwrap_err();
        assert!(why.contains("cannot be started"), "{why}");
    }

    #[tokio::test]
    async fn a_program_that_ends_starts_no_window() {
        let dir = tempfile::tempdir().unwrap();
        let starter = Starter::new(Home::under(dir.path()), None, None);
        starter.end().await;
        starter.wanted.send_replace(true);
        assert_eq!(starter.start_on_display().await, Ok(()));
        assert!(!starter.is_starting());
    }
}
