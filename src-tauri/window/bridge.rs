//! Between the page and the control socket: what the page asks goes one way, events go the other.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::{
    command::{Command, Event, Reply},
    home::Home,
    view::Problem,
};
use shell::client::{Absent, Client, gone, hold};
use tauri::{Emitter, WebviewWindow};
use tokio::sync::Notify;

/// How long until the engine is looked for again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the page's first question waits for the first connection.
const FIRST: Duration = Duration::from_secs(3);

/// The connection to the engine, as it comes and goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Bridge {
    client: Arc<Mutex<Option<Client>>>,
    connected: Arc<Notify>,
    /// Why there is no connection, where the engine has not simply ended.
    refusal: Arc<Mutex<Option<Problem>>>,
}

impl Bridge {
    /// Connects now, and again whenever the engine comes back, as long as the window lives.
    pub(super) fn begin(&self, home: Home, window: WebviewWindow) {
        tauri::async_runtime::spawn(self.clone().run(home, window));
    }

    async fn run(self, home: Home, window: WebviewWindow) {
        let mut was_there = true;
        let mut refusal = None;
        loop {
            match Client::connect(&home).await {
                Ok((client, mut events)) => {
                    *hold(&self.client) = Some(client.clone());
                    *hold(&self.refusal) = None;
                    self.connected.notify_waiters();
                    if !was_there {
                        say(&window, "engine-back", ());
                        was_there = true;
                    }
                    // The page asks for itself, once it listens; this is for a page that has outlived an engine, and
                    // for the wish to be raised.
                    if client.ask(Command::Watch).await.is_ok() {
                        while let Some(event) = events.recv().await {
                            if matches!(event, Event::RaiseWindow | Event::ShowSettings) {
                                raise(&window);
                            }
                            if event != Event::RaiseWindow {
                                say(&window, "engine", event);
                            }
                        }
                    }
                }
                Err(Absent::NotRunning) => refusal = None,
                Err(Absent::Refused(problem)) => {
                    tracing::debug!(code = problem.code, "the engine cannot be asked");
                    refusal = Some(problem);
                }
            }
            *hold(&self.client) = None;
            if was_there || refusal != *hold(&self.refusal) {
                hold(&self.refusal).clone_from(&refusal);
                say(&window, "engine-gone", refusal.clone());
                was_there = false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Passes a wish on.
    ///
    /// # Errors
    ///
    /// The engine's problem, or that it is not there.
    pub(super) async fn ask(&self, command: Command) -> Result<Reply, Problem> {
        let client = match self.client() {
            Some(client) => client,
            None => {
                let connected = self.connected.notified();
                let _ = tokio::time::timeout(FIRST, connected).await;
                self.client().ok_or_else(|| hold(&self.refusal).clone().unwrap_or_else(gone))?
            }
        };
        client.ask(command).await
    }

    fn client(&self) -> Option<Client> {
        hold(&self.client).clone()
    }
}

fn say(window: &WebviewWindow, name: &str, value: impl serde::Serialize + Clone) {
    // The window may be closing.
    let _ = window.emit(name, value);
}

fn raise(window: &WebviewWindow) {
    let raised = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = raised {
        tracing::debug!(%error, "the window could not be raised");
    }
}
