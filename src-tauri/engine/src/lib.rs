//! The application without a window: it hears the PBX, looks callers up, opens their pages, and logs calls once.
//!
//! [`start`] brings up one engine for one home. Whoever wants something holds a [`Handle`]: the control socket for
//! window and command line, tests directly. What the engine needs of the world is in [`ports`].

mod binding;
mod breaker;
mod civil;
pub mod command;
pub mod consent;
mod controller;
mod creation;
mod doctor;
mod duty;
mod explain;
mod files;
mod follow_ups;
pub mod home;
mod index;
mod journal_policy;
mod keep;
mod lookup;
pub mod network;
mod outbox;
pub mod plain;
mod pops;
pub mod ports;
mod present;
mod problems;
mod scribe;
pub mod settings;
mod starts;
mod sync;
mod team;
mod usage;
mod vaults;
pub mod view;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use store::Store;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    command::{Command, Event, Reply},
    controller::{Controller, Input, Published},
    ports::{Clock, Desktop, Secrets},
    settings::{Loaded, PolicyPlace, SettingsError},
    view::Problem,
};

pub use domain::link::{SCHEMES as LINK_SCHEMES, is_link};

/// Reads a link without an instance: whether it is one at all, by what holds for every office.
///
/// # Errors
///
/// Says why it is called nowhere.
pub fn read_link(uri: &str) -> Result<(), Problem> {
    match domain::link::look(uri) {
        Ok(()) => Ok(()),
        Err(why) => Err(problems::of_link(why)),
    }
}

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first build of the contact index fetches an object with more records than this by a query in bulk: fewer requests,
/// and Salesforce works in its own time. Source: salesforce-api.md §9.
pub const BULK_ABOVE: u64 = 100_000;

/// How long a person may take to sign in with the browser. Source: salesforce-api.md §2.2.
pub const SIGN_IN: Duration = Duration::from_secs(5 * 60);

/// Rings the simulated phone.
pub type TestCall = Arc<dyn Fn() + Send + Sync>;

/// What an engine is started with.
pub struct Setup {
    /// Where settings, databases and logs are. The caller holds its lock.
    pub home: home::Home,
    /// Where policies are looked for, the lowest first: each lies over those before it.
    pub policy: Vec<PolicyPlace>,
    /// Where secrets are kept.
    pub secrets: Arc<dyn Secrets>,
    /// The desk.
    pub desktop: Arc<dyn Desktop>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// News of this computer's network: [`network::watch`].
    pub network: network::Feed,
    /// How much of it runs.
    pub mode: Mode,
    /// In the demonstration: rings the simulated phone.
    pub test_call: Option<TestCall>,
    /// How long a person may take to sign in with the browser: [`SIGN_IN`], but for tests.
    pub sign_in: Duration,
    /// An object with more records than this is first fetched by a query in bulk: [`BULK_ABOVE`], but for tests.
    pub bulk_above: u64,
    /// The country that this computer is in, as far as the system tells: ISO 3166-1 alpha-2.
    pub region: Option<String>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("home", &self.home)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// How much of an engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of it.
    Live,
    /// For one command without a running instance: no events, nothing sent.
    Files,
}

/// Why an engine could not start. One line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A settings or policy file cannot be used.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The databases cannot be opened.
    #[error("the data folder {folder} cannot be used: {error}")]
    Store {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: store::Error,
    },
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    handle: Handle,
    cancel: CancellationToken,
    tasks: TaskTracker,
    controller: tokio::task::JoinHandle<()>,
    index: Option<tokio::task::JoinHandle<()>>,
    outbox: Option<tokio::task::JoinHandle<()>>,
    outbox_cancel: CancellationToken,
    syncing: Option<tokio::task::JoinHandle<()>>,
    sync_cancel: CancellationToken,
    scribe: tokio::task::JoinHandle<()>,
    store: Store,
    starts: Option<starts::Starts>,
}

/// A way to ask a running engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<(Command, controller::Answer)>,
    events: broadcast::Sender<Event>,
    published: Arc<Mutex<Published>>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Input")
    }
}

/// Answers of the network and of the disk that wait. A full queue makes those who bring them wait.
const INPUTS: usize = 1_024;
/// Commands that wait. A full queue makes the askers wait.
const COMMANDS: usize = 64;
/// Events that a slow watcher may be behind; then it is told to ask for everything again.
const EVENTS: usize = 256;
/// Wishes for the contact index that wait. When there are more, the task is about to look anyway.
const WISHES: usize = 4;
/// Salesforce may still be working on what the last run had just sent: asking for it sooner could miss it, and double
/// it.
const STILL_AT_WORK: Duration = Duration::from_secs(10);
/// The same for one request about many calls.
const STILL_AT_WORK_ON_MANY: Duration = Duration::from_secs(60);
/// How long a shutdown takes at most, from its beginning; before that its parts have their ends. A desktop kills what is
/// still there five seconds after a log-out.
const SHUTDOWN: Duration = Duration::from_millis(4_500);
/// The contact sync gives its claim back.
const SYNC_ENDS: Duration = Duration::from_millis(1_500);
/// Requests under way are waited for. What is not finished is on disk, and harmless to repeat.
const REQUESTS_END: Duration = Duration::from_millis(3_200);
/// And what is to be written is.
const WRITES_END: Duration = Duration::from_millis(4_200);

/// Starts an engine.
///
/// # Errors
///
/// When settings, policy or databases cannot be used; nothing is running then.
pub async fn start(setup: Setup) -> Result<Engine, StartError> {
    let mut loaded = Loaded::read(&setup.home.settings_file(), setup.policy)?;
    loaded.suppose(setup.region);
    let opened = Store::open(setup.home.data())
        .await
        .map_err(|error| StartError::Store { folder: setup.home.data().to_owned(), error })?;
    let store = opened.store;
    let now = setup.clock.now().wall;
    if setup.mode == Mode::Live
        && let Err(error) =
            store.release_leases(now.plus(STILL_AT_WORK), now.plus(STILL_AT_WORK_ON_MANY)).await
    {
        // They end by themselves within two minutes.
        tracing::warn!(%error, "the leases of the last run could not be ended");
    }
    if setup.mode == Mode::Live
        && let Err(error) = store.heed_clock(now).await
    {
        tracing::warn!(%error, "what waits by a clock that was ahead goes on waiting");
    }
    loaded.pbx_shows(store.mark(controller::COUNTRY_OF_PBX).await.ok().flatten());
    let unverified = store.mark(controller::UNVERIFIED).await.ok().flatten();
    let lost_notes = store.mark(controller::LOST_NOTES).await.ok().flatten();
    let calls_made = store.mark(controller::API_CALLS).await.ok().flatten().unwrap_or_default();
    let now = setup.clock.now().wall;
    let (mut duty, found) = duty::KeptDuty::open(setup.home.data(), now);
    if !found && let Ok(Some(mark)) = store.mark(controller::OFF_SINCE).await {
        // A run of an earlier version was switched off.
        let since = mark.parse().map_or(now, domain::Timestamp::from_millis);
        duty.switch(false, since.min(now));
    }
    let (scribe, scribe_task) = scribe::Scribe::begin(store.clone());
    let (inputs, received) = mpsc::channel(INPUTS);
    let (commands, commanded) = mpsc::channel(COMMANDS);
    let (events, _) = broadcast::channel(EVENTS);
    let published = Arc::new(Mutex::new(Published::default()));
    let cancel = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (settings_out, settings_in) = watch::channel(loaded.settings.clone());
    let (session_out, session_in) = watch::channel(None);
    let (wake_outbox, wake) = watch::channel(0);
    let (hurry_outbox, hurry) = watch::channel(0);
    let (index_access, access) = watch::channel(index::Access::default());
    let (index_wishes, wishes) = mpsc::channel(WISHES);

    // Warming the number metadata takes some milliseconds; the first call should not pay for it.
    let plan = loaded.settings.dial_plan();
    tasks.spawn_blocking(move || drop(plan.read("+4930123456")));

    let starts = (setup.mode == Mode::Live).then(|| starts::Starts::begin(setup.home.data(), now));
    let safe = starts.as_ref().is_some_and(|starts| starts.are_many);
    let keeper = keep::Keeper::new();
    let steady = setup.clock.now().steady;
    let faults = controller::FailureSide::beginning(keeper.clone(), safe, steady);

    let company = outbox::company::Company::load(&store, setup.clock.now().wall).await;
    let company_in = company.watch();
    let outbox_cancel = CancellationToken::new();
    let outbox = (setup.mode == Mode::Live).then(|| {
        let (out, mut delivered) = mpsc::channel(64);
        let to_controller = inputs.clone();
        tasks.spawn(async move {
            while let Some(news) = delivered.recv().await {
                let _ = to_controller.send(Input::Delivered(news)).await;
            }
        });
        let maker = follow_ups::Maker {
            store: store.clone(),
            session: session_in.clone(),
            settings: settings_in.clone(),
            wake: wake.clone(),
            clock: setup.clock.clone(),
            out: out.clone(),
        };
        tokio::spawn(keeper.clone().keep(maker, free(), outbox_cancel.clone()));
        let worker = outbox::Worker {
            store: store.clone(),
            session: session_in,
            settings: settings_in.clone(),
            wake,
            hurry: hurry.clone(),
            breaker: breaker::Breaker::default(),
            clock: setup.clock.clone(),
            out,
            company,
            asked: outbox::Asked::default(),
            backlog: outbox::Backlog::default(),
            failures: outbox::Failures::default(),
            under_way: None,
            own_failures: outbox::Failures::default(),
        };
        tokio::spawn(keeper.clone().keep(worker, free(), outbox_cancel.clone()))
    });

    let (sync, asked) = sync::SyncHandle::new();
    let (link_out, link_in) = watch::channel(None);
    let (sync_out, sync_in) = watch::channel(sync::SyncState::default());
    let sync_cancel = CancellationToken::new();
    let syncing = (setup.mode == Mode::Live).then(|| {
        let worker = sync::Worker {
            store: store.clone(),
            session: session_out.subscribe(),
            settings: settings_out.subscribe(),
            link: link_in,
            asks: asked,
            clock: setup.clock.clone(),
            out: sync_out,
            due: None,
            waiting: Vec::new(),
            waits_for_whose: false,
            copied: HashMap::new(),
            baseline: None,
            search_is_blind: AtomicBool::default(),
        };
        tokio::spawn(keeper.clone().keep(worker, faults.held(), sync_cancel.clone()))
    });

    let index = (setup.mode == Mode::Live).then(|| {
        let (out, mut indexed) = mpsc::channel(8);
        let to_controller = inputs.clone();
        tasks.spawn(async move {
            while let Some(news) = indexed.recv().await {
                let _ = to_controller.send(Input::Indexed(news)).await;
            }
        });
        let indexer = index::Indexer {
            store: store.clone(),
            access,
            settings: settings_in,
            hurry,
            wishes,
            clock: setup.clock.clone(),
            bulk_above: setup.bulk_above,
            out,
        };
        tokio::spawn(keeper.clone().keep(indexer, faults.held(), cancel.clone()))
    });

    let forgetting = vaults::Forgetting::over(setup.secrets, setup.home.data());
    if setup.mode == Mode::Live {
        let (desktop, inputs) = (setup.desktop.clone(), inputs.clone());
        tasks.spawn(forgetting.clone().run(desktop, inputs, cancel.clone()));
    }
    let network_changes = network::calmed(setup.network.news.clone(), cancel.clone());
    let mut controller = Controller {
        mode: setup.mode,
        loaded,
        settings: controller::SettingsSide::default(),
        duty,
        data: setup.home.data().to_owned(),
        store: store.clone(),
        secrets: forgetting.clone(),
        forgetting: forgetting.clone(),
        desktop: setup.desktop,
        clock: setup.clock.clone(),
        test_call: setup.test_call,
        sign_in_time: setup.sign_in,
        network: setup.network,
        network_changes,
        salesforce_again: watch::Sender::default(),
        way: controller::WaySide::default(),
        scribe,
        inputs: inputs.clone(),
        events: events.clone(),
        published: published.clone(),
        tasks: tasks.clone(),
        cancel: cancel.clone(),
        settings_out,
        session_out,
        sync,
        link_out,
        sync_in,
        wake_outbox,
        hurry_outbox,
        company: company_in,
        index_access,
        index_wishes,
        index: index::Indexed::default(),
        pbx: controller::PbxSide::default(),
        sales: controller::SalesforceSide::default(),
        board: None,
        desk: None,
        besides: HashMap::new(),
        arrived: tokio::time::Instant::now(),
        calls: Vec::new(),
        counts: store::Counts::default(),
        creation_paused: None,
        tidy_due: controller::first_tidying(setup.clock.now()),
        reading_journal: false,
        journal_moved: false,
        reads: controller::Pace::of_reading(),
        pace: controller::Pace::of_telling(),
        pops: pops::Pops::open(setup.home.data()),
        pops_paused_until: None,
        clocks: controller::Clocks::beginning(setup.clock.now()),
        api_calls: usage::DayCount::resume(&calls_made),
        browser: controller::BrowserSide::default(),
        whose: controller::WhoseSide::default(),
        rounded: Duration::ZERO,
        faults,
        disk_problem: None,
        unverified: unverified.and_then(|mark| controller::Unverified::read(&mark)),
        lost_notes: lost_notes.and_then(|mark| controller::LostNotes::read(&mark)),
        journal_word: None,
        rebuild: false,
        rebuilt: false,
        shown_records: controller::Shown::default(),
        matters: controller::Matters::default(),
        lookups: controller::Lookups::default(),
        learnt: domain::number::Learnt::default(),
        refreshed: HashMap::new(),
        notified: HashMap::new(),
        dial_rate: controller::DialRate::default(),
        lost_dial: None,
        links_seen: Duration::ZERO,
        dials: Vec::new(),
        held_dials: Vec::new(),
        failures: Vec::new(),
        lingering: Vec::new(),
        noted_last: None,
        rehearsal: None,
        shown_notes: HashMap::new(),
        sign_in: controller::SignInState::default(),
        links: controller::LinkSide::default(),
        raising: controller::Raising::default(),
        bind_waits: Vec::new(),
        doctor_waits: Vec::new(),
        early: Vec::new(),
    };
    controller.opened_with(&opened.notices);
    controller.begin_settings();
    let controller = tokio::spawn(controller.run(commanded, received));
    Ok(Engine {
        handle: Handle { commands, events, published, clock: setup.clock },
        cancel,
        tasks,
        controller,
        index,
        outbox,
        outbox_cancel,
        syncing,
        sync_cancel,
        scribe: scribe_task,
        store,
        starts,
    })
}

impl Engine {
    /// Returns a handle.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Ends in order: the contact sync, the controller with its connections, the contact index, the outbox, what is
    /// still to be written, the databases.
    ///
    /// Whatever they are at, it takes no longer than a system gives a program at a log-out. What a part was about to send or
    /// to write then is found again at the next start: in the journal, or in the PBX's records, since how far these are
    /// known is written last.
    pub async fn shutdown(self) {
        let Self { handle, cancel, tasks, controller, index, scribe, store, starts, .. } = self;
        let Self { outbox, outbox_cancel, syncing, sync_cancel, .. } = self;
        let begun = tokio::time::Instant::now();
        let by = |share: Duration| begun + share;
        sync_cancel.cancel();
        if let Some(syncing) = syncing {
            joined("contact sync", syncing, by(SYNC_ENDS)).await;
        }
        cancel.cancel();
        joined("controller", controller, by(REQUESTS_END)).await;
        if let Some(index) = index {
            joined("contact index", index, by(REQUESTS_END)).await;
        }
        outbox_cancel.cancel();
        if let Some(outbox) = outbox {
            joined("outbox", outbox, by(REQUESTS_END)).await;
        }
        drop(handle);
        tasks.close();
        // What they still wait for has its end with this process.
        let _ = tokio::time::timeout_at(by(REQUESTS_END), tasks.wait()).await;
        joined("scribe", scribe, by(WRITES_END)).await;
        if tokio::time::timeout_at(by(SHUTDOWN), store.close()).await.is_err() {
            tracing::warn!("the databases were still at work");
        }
        if let Some(starts) = starts {
            starts.end();
        }
    }

    /// Says whether only what calls need was begun, because the program has ended several times within a minute.
    pub fn begins_safely(&self) -> bool {
        self.starts.as_ref().is_some_and(|starts| starts.are_many)
    }
}

/// Holds nothing.
fn free() -> watch::Receiver<bool> {
    watch::channel(false).1
}

/// Waits for a task, and gives it up where it takes longer.
async fn joined(name: &str, mut task: tokio::task::JoinHandle<()>, by: tokio::time::Instant) {
    match tokio::time::timeout_at(by, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, name, "a task has failed"),
        Err(_) => {
            task.abort();
            tracing::warn!(name, "a task was given up at the end");
        }
    }
}

impl Handle {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// The problem, for a person.
    pub async fn ask(&self, command: Command) -> Result<Reply, Problem> {
        let (answer, answered) = oneshot::channel();
        let ended = || Problem::new("engine.ended", "Patchcord is ending.", "Start it again.");
        self.commands.send((command, answer)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Returns the events from now on. A receiver that lags asks for [`Self::snapshot`] and goes on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Returns everything as it is now, as events.
    pub fn snapshot(&self) -> Vec<Event> {
        let now = self.clock.now().steady;
        self.published.lock().unwrap_or_else(PoisonError::into_inner).events(now)
    }
}

#[cfg(test)]
mod bindings;
