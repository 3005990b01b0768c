//! The engine's hold on the window's program, which lies beside this one: started when wanted, one at a time, and ended
//! with the engine.

use std::{env, io, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use engine::{
    home::{Home, LockError},
    ports::Note,
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    sync::Mutex,
};

use crate::{app::Place, desk::has_display, logging::say, notify::Notifier};

/// How long a window may take to close when the program ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts window processes of one home.
#[derive(Debug)]
pub(crate) struct Starter {
    home: Home,
    argument: Option<PathBuf>,
    notifier: Option<Notifier>,
    running: Arc<Mutex<Option<Running>>>,
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
        Self { home, argument, notifier, running: Arc::default(), runtime }
    }

    /// Starts the window unless there is one, which hears the engine's `RaiseWindow` by itself. Returns at once.
    pub(crate) fn raise(self: &Arc<Self>) {
        let this = self.clone();
        self.runtime.spawn(async move {
            if let Err(why) = this.start().await {
                this.missing(&why);
            }
        });
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

    /// # Errors
    ///
    /// Says in a sentence why there is no window.
    async fn start_on_display(&self) -> Result<(), String> {
        let mut running = self.running.lock().await;
        if running.as_ref().is_some_and(|running| !running.process.is_finished()) {
            return Ok(());
        }
        match self.home.lock_window() {
            // It is for the window to take.
            Ok(lock) => drop(lock),
            // A window that somebody else has started, or that has outlived an engine.
            Err(LockError::AlreadyRunning { .. }) => return Ok(()),
            Err(error @ LockError::Unusable(_)) => {
                return Err(format!(
                    "The window cannot be opened: {error}; see that the folder is yours and the disk not full"
                ));
            }
        }
        *running = follow(self.spawn().map_err(|error| no_window(&error))?);
        Ok(())
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
        let Some(Running { mut word, mut process, kill }) = self.running.lock().await.take() else {
            return;
        };
        // It may have gone already.
        let _ = word.write_all(b"q").await;
        if tokio::time::timeout(PATIENCE, &mut process).await.is_err() {
            tracing::warn!("the window did not close; it is ended");
            let _ = kill.send(());
            let _ = process.await;
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

/// The window's program lies beside this one; after an update under our feet, beside where this one was.
fn program() -> io::Result<PathBuf> {
    let name = format!("patchcord-window{}", env::consts::EXE_SUFFIX);
    Ok(env::current_exe()?.with_file_name(name))
}

fn no_window(error: &io::Error) -> String {
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

fn follow(mut child: Child) -> Option<Running> {
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
        let why = starter.start_on_display().await.unwrap_err();
        assert!(why.contains("window.lock"), "{why}");
        assert!(!starter.is_open(), "nobody has one");
    }

    #[tokio::test]
    async fn a_window_that_is_open_is_not_opened_twice() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let _open = home.lock_window().unwrap();
        let starter = Starter::new(home, None, None);
        assert_eq!(starter.start_on_display().await, Ok(()));
        assert!(starter.is_open() && starter.running.lock().await.is_none());
    }
}
