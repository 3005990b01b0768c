//! Between the page and the control socket: what the page asks goes one way, events go the other.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine::{
    command::{Command, Event, Reply},
    consent::Facts,
    home::Home,
    view::{LinkCard, Problem, SyncView},
};
use shell::client::{Absent, Client, Language, gone, hold};
use tauri::{Emitter, WebviewWindow};
use tokio::sync::Notify;

use crate::{ask, gate::Sides, life::Life, say_shown, told};

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
    /// Why the engine that this window stands for could not start, until one has.
    not_started: Arc<Mutex<Option<Problem>>>,
    /// The page has been told that nobody is there, and has not asked again.
    missed: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
}

/// What the engine has last said of what questions are about. The page is not asked for it.
#[derive(Debug, Default)]
struct Heard {
    language: String,
    sync: Option<SyncView>,
    /// And since when it is shown.
    link: Option<(LinkCard, Instant)>,
}

/// What events are passed on to.
trait Window {
    /// Comes to the front.
    fn come(&self);
    /// Tells the page.
    fn tell(&self, event: Event);
}

impl Bridge {
    /// Says, while no engine is there, why it could not start.
    pub(super) fn telling(not_started: Option<Problem>) -> Self {
        Self { not_started: Arc::new(Mutex::new(not_started)), ..Self::default() }
    }

    /// Connects now, and again whenever the engine comes back, as long as the window lives.
    pub(super) fn begin(&self, home: Home, window: WebviewWindow, life: Life) {
        tauri::async_runtime::spawn(self.clone().run(home, window, life));
    }

    async fn run(self, home: Home, window: WebviewWindow, life: Life) {
        let mut was_there = true;
        let mut refusal: Option<Problem>;
        let mut told_again = false;
        let shown = Shown { window: window.clone(), life, bridge: self.clone() };
        loop {
            match Client::connect(&home).await {
                Ok((client, mut events)) => {
                    *hold(&self.client) = Some(client.clone());
                    *hold(&self.refusal) = None;
                    *hold(&self.not_started) = None;
                    self.connected.notify_waiters();
                    refusal = None;
                    told_again = false;
                    if self.missed.swap(false, Ordering::Relaxed) || !was_there {
                        say(&window, "engine-back", ());
                        was_there = true;
                    }
                    // The page asks for itself, once it listens; this is for a page that has outlived an engine, and
                    // for the wish to be raised.
                    match client.ask(Command::Watch).await {
                        Ok(_) => {
                            while let Some(event) = events.recv().await {
                                hold(&self.heard).note(&event);
                                pass_on(event, &shown);
                            }
                        }
                        Err(problem) if problem.code == gone().code => {}
                        Err(problem) => refusal = Some(problem),
                    }
                }
                Err(Absent::NotRunning) => {
                    if let Some(problem) = told::take(&home) {
                        *hold(&self.not_started) = Some(problem);
                        raise(&window);
                    }
                    refusal = hold(&self.not_started).clone();
                }
                Err(Absent::Refused(problem)) => {
                    tracing::debug!(code = problem.code, "the engine cannot be asked");
                    refusal = Some(problem);
                }
            }
            *hold(&self.client) = None;
            // A page that began later has not heard it, and has asked in vain.
            let unheard = !told_again && self.missed.load(Ordering::Relaxed);
            told_again |= unheard;
            if was_there || unheard || refusal != *hold(&self.refusal) {
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
        // Before the look, so that a connection between both is not missed.
        let connected = self.connected.notified();
        let client = match self.client() {
            Some(client) => client,
            None => {
                let _ = tokio::time::timeout(FIRST, connected).await;
                self.client().ok_or_else(|| {
                    self.missed.store(true, Ordering::Relaxed);
                    hold(&self.refusal).clone().unwrap_or_else(gone)
                })?
            }
        };
        client.ask(command).await
    }

    /// Tells whoever started this window to say why there is no engine that it is on the screen.
    pub(super) fn page_is_there(&self) {
        if hold(&self.not_started).is_some() {
            say_shown();
        }
    }

    fn client(&self) -> Option<Client> {
        hold(&self.client).clone()
    }
}

impl Heard {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Settings(settings) => self.language.clone_from(&settings.language),
            Event::Sync(sync) => self.sync = Some((**sync).clone()),
            Event::Link(None) => self.link = None,
            Event::Link(Some(card)) => {
                // The same card may be told again.
                let known = self.link.take().filter(|(known, _)| known.id == card.id);
                let since = known.map_or_else(Instant::now, |(_, since)| since);
                self.link = Some(((**card).clone(), since));
            }
            Event::Status(_)
            | Event::Calls(_)
            | Event::Live(_)
            | Event::SignIn(_)
            | Event::Index(_)
            | Event::Note { .. }
            | Event::Notice(_)
            | Event::RaiseWindow
            | Event::ShowSettings => {}
        }
    }
}

/// Everything reaches the page; what wants the window in front brings it there as well.
fn pass_on(event: Event, window: &impl Window) {
    if matches!(event, Event::RaiseWindow | Event::ShowSettings) {
        window.come();
    }
    window.tell(event);
}

/// The window, and how its page does.
struct Shown {
    window: WebviewWindow,
    life: Life,
    bridge: Bridge,
}

impl Window for Shown {
    fn come(&self) {
        raise(&self.window);
        self.life.expect(&self.window, &self.bridge);
    }

    fn tell(&self, event: Event) {
        say(&self.window, "engine", event);
    }
}

/// The engine and the person, as the page's wishes reach them.
pub(super) struct Both<'a> {
    pub(super) bridge: &'a Bridge,
    pub(super) window: &'a WebviewWindow,
}

impl Sides for Both<'_> {
    async fn engine(&self, command: Command) -> Result<Reply, Problem> {
        self.bridge.ask(command).await
    }

    async fn person(&self, facts: Facts) -> Option<bool> {
        let language = Language::of(&hold(&self.bridge.heard).language);
        ask::ask(self.window, &facts, language).await
    }

    fn sync(&self) -> Option<SyncView> {
        hold(&self.bridge.heard).sync.clone()
    }

    fn link(&self) -> Option<(LinkCard, Instant)> {
        hold(&self.bridge.heard).link.clone()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Window for Told {
        fn come(&self) {
            hold(&self.0).push("comes".to_owned());
        }

        fn tell(&self, event: Event) {
            hold(&self.0).push(format!("{event:?}"));
        }
    }

    #[test]
    fn a_page_hears_that_its_window_is_wanted() {
        for (event, told) in [
            (Event::RaiseWindow, vec!["comes", "RaiseWindow"]),
            (Event::ShowSettings, vec!["comes", "ShowSettings"]),
            (Event::Live(Vec::new()), vec!["Live([])"]),
            (Event::Link(None), vec!["Link(None)"]),
        ] {
            let window = Told::default();
            pass_on(event, &window);
            assert_eq!(*hold(&window.0), told);
        }
    }
}
