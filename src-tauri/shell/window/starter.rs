//! The engine's hold on the window process: started when wanted, one at a time, and ended with the program.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use engine::home::Home;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    sync::Mutex,
};

use crate::desk::has_display;

/// How long a window may take to close when the program ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts window processes of one home.
#[derive(Debug)]
pub(crate) struct Starter {
    home: Home,
    argument: Option<PathBuf>,
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
    pub(crate) fn new(home: Home, argument: Option<PathBuf>) -> Self {
        Self { home, argument, running: Arc::default(), runtime: tokio::runtime::Handle::current() }
    }

    /// Starts the window unless there is one, which hears the engine's `RaiseWindow` by itself. Returns at once.
    pub(crate) fn raise(self: &Arc<Self>) {
        let this = self.clone();
        self.runtime.spawn(async move { this.start().await });
    }

    async fn start(&self) {
        if !has_display() {
            tracing::warn!("the window was asked for, and there is no display for it");
            return;
        }
        let mut running = self.running.lock().await;
        if running.as_ref().is_some_and(|running| !running.process.is_finished()) {
            return;
        }
        // A window that somebody else has started, or that has outlived an engine.
        if self.home.lock_window().is_err() {
            return;
        }
        match self.spawn() {
            Ok(child) => *running = follow(child),
            Err(error) => tracing::error!(%error, "the window could not be started"),
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["window", "--child"]);
        if let Some(home) = &self.argument {
            command.arg("--home").arg(home);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()
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
