//! Contact sync: one task that keeps the PBX's phonebook as Salesforce says.
//!
//! What has to be written is computed by `domain::sync` from what both sides have; this task reads them, carries the
//! plan out one request at a time, and reads again. It keeps nothing that a kill could take: the next run plans anew.
//!
//! | file | what it is for |
//! |---|---|
//! | `run` | one run: read, plan, ask, write, check |
//! | `reading` | what Salesforce has: all of it, or what has changed |
//! | `book` | which phonebook, and whether this desktop is the one that fills it |
//! | `turns` | whose turn it is: people, and what is due |
//! | `write` | carrying a plan out, and what becomes of errors |
//! | `problems` | what stands in the way, in words |

mod book;
pub(crate) mod problems;
mod reading;
mod run;
mod turns;
mod write;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use domain::{Extension, Object, RecordId, Serial, Timestamp};
use salesforce::Session;
use store::Store;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use self::{
    reading::Baseline,
    run::{Run, Scope},
    turns::Waiting,
};
use crate::{
    civil, keep,
    ports::Clock,
    settings::{Settings, SyncMode, SyncObject},
    usage,
    view::{Problem, SyncProgress, SyncReport, SyncView},
};

/// The store's mark of the last whole run: when it ended, and how many contacts the phonebook had.
const LAST: &str = "contact_sync.last";
/// The store's mark that tells this desktop from others with the same extension.
const DESKTOP: &str = "contact_sync.desktop";

/// The store's mark that this desktop has made a claim to fill a phonebook, and has not given it back.
const CLAIMED: &str = "contact_sync.claimed";

/// The first run comes so long after both sides are connected, and up to as much again: an office starts at nine.
const SETTLE: Duration = Duration::from_secs(20);
/// After a run that could not be finished, the next one comes no later than this.
const AFTER_TROUBLE: Duration = Duration::from_secs(300);
/// What could not begin because a side was away begins so soon after it is there.
const SOON: Duration = Duration::from_secs(2);
/// A caller's record is not copied again within this.
const COPIED: Duration = Duration::from_secs(3_600);
/// So many callers are remembered for that.
const CALLERS: usize = 1_000;

/// A PBX that answers, with what tells this desktop from others.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Which connection it is.
    pub(crate) generation: u64,
    pub(crate) client: pbx::Client,
    pub(crate) serial: Serial,
    pub(crate) extension: Option<Extension>,
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        (self.generation, &self.serial, &self.extension)
            == (other.generation, &other.serial, &other.extension)
    }
}

/// What the task is asked.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A person wants a run.
    Run {
        dry_run: bool,
        /// However much is deleted, the person has agreed.
        agreed: bool,
        answer: oneshot::Sender<SyncReport>,
    },
    /// A person wants to know whether what stood in the way still does.
    Again,
    /// This record calls, or was made for a caller.
    Caller { object: Object, record: RecordId },
}

/// The way to ask. A full queue drops callers: they are copied at their next call.
#[derive(Clone, Debug)]
pub(crate) struct SyncHandle(mpsc::Sender<Ask>);

impl SyncHandle {
    /// Makes a way to ask, and its other end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(64);
        (Self(asks), asked)
    }

    /// Asks for a run; the answer comes when it has ended.
    pub(crate) fn run(&self, dry_run: bool, agreed: bool) -> oneshot::Receiver<SyncReport> {
        let (answer, answered) = oneshot::channel();
        // A queue full of wishes: the answer's end is dropped, which the asker sees.
        let _ = self.0.try_send(Ask::Run { dry_run, agreed, answer });
        answered
    }

    /// Has what stood in the way looked at again.
    pub(crate) fn again(&self) {
        let _ = self.0.try_send(Ask::Again);
    }

    /// Tells of a record that calls.
    pub(crate) fn caller(&self, object: Object, record: RecordId) {
        let _ = self.0.try_send(Ask::Caller { object, record });
    }
}

/// How the sync stands; all of it, whenever something has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SyncState {
    pub(crate) running: Option<SyncProgress>,
    pub(crate) last: Option<SyncReport>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) held_by: Option<String>,
    pub(crate) problem: Option<Problem>,
    /// Contacts of ours in the phonebook after the last whole run.
    pub(crate) synced: u64,
}

impl SyncState {
    /// Returns it as the window shows it.
    pub(crate) fn view(&self, settings: &Settings) -> SyncView {
        let sync = &settings.contact_sync;
        let skipped = self.last.as_ref().map_or(0, |last| last.skipped.len() as u64);
        SyncView {
            mode: mode_word(sync.mode).to_owned(),
            objects: object_words(&sync.objects),
            phonebook: sync.phonebook.clone(),
            every_minutes: sync.every_minutes,
            running: self.running,
            last: self.last.clone().map(|last| SyncReport { skipped: Vec::new(), ..last }),
            last_skipped: skipped,
            last_at: self.last_at.map(civil::utc),
            next_at: self.next_at.map(civil::utc),
            held_by: self.held_by.clone(),
            problem: self.problem.clone(),
        }
    }
}

/// The task.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) store: Store,
    pub(crate) session: watch::Receiver<Option<Session>>,
    pub(crate) settings: watch::Receiver<Settings>,
    pub(crate) link: watch::Receiver<Option<Link>>,
    pub(crate) asks: mpsc::Receiver<Ask>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) out: watch::Sender<SyncState>,
    /// On the steady clock: when the next run of itself is due.
    pub(crate) due: Option<Duration>,
    /// Who waits for a side that is coming up.
    pub(crate) waiting: Vec<Waiting>,
    /// A run that was due waits for whose extension it is.
    pub(crate) waits_for_whose: bool,
    /// When callers were copied, on the steady clock.
    pub(crate) copied: HashMap<RecordId, Duration>,
    /// What is known of Salesforce since the last run that left nothing to do.
    pub(crate) baseline: Option<Baseline>,
    /// The PBX's search has missed a contact by its remark.
    pub(crate) search_is_blind: AtomicBool,
}

impl keep::Task for Worker {
    const PART: keep::Part = keep::Part::Sync;

    /// Runs until it is cancelled. A request that is under way is given up; the next run finds out what became of it.
    async fn run(&mut self, cancel: &CancellationToken) {
        // Of a run that has failed nothing is known.
        self.baseline = None;
        self.out.send_modify(|state| state.running = None);
        self.recall().await;
        let () = tokio::select! {
            () = cancel.cancelled() => {}
            () = self.work() => {}
        };
    }
}

impl Worker {
    async fn work(&mut self) {
        loop {
            self.run_for_people().await;
            self.schedule();
            let now = self.clock.now().steady;
            let dues = self.waiting.iter().map(|one| one.until).chain(self.due);
            let rest = dues.map(|due| due.saturating_sub(now)).min();
            let paused = self.is_paused_by_the_allowance();
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(ask) => self.take(ask).await,
                    None => return,
                },
                changed = self.session.changed() => {
                    if changed.is_err() { return }
                    self.give_back().await;
                    self.connected_again();
                }
                changed = self.link.changed() => {
                    if changed.is_err() { return }
                    self.give_back().await;
                    self.connected_again();
                }
                changed = self.settings.changed() => {
                    if changed.is_err() { return }
                    self.settings_changed().await;
                }
                () = room_in_the_allowance(paused) => self.set_due(Some(Duration::ZERO)),
                () = sleep(rest) => self.run_what_is_due().await,
            }
        }
    }

    async fn recall(&mut self) {
        let mark = self.store.mark(LAST).await.ok().flatten().unwrap_or_default();
        let mut words = mark.split(' ').map(str::parse::<i64>);
        if let (Some(Ok(at)), Some(Ok(synced))) = (words.next(), words.next()) {
            self.out.send_modify(|state| {
                state.last_at = Some(Timestamp::from_millis(at));
                state.synced = u64::try_from(synced).unwrap_or(0);
            });
        }
    }

    /// Sees to it that a run is due while there is something to run, and none otherwise.
    fn schedule(&mut self) {
        let ready = self.session.borrow().is_some() && self.link.borrow().is_some();
        let wanted = self.wanted().filter(|_| ready);
        if wanted.is_none() {
            self.set_due(None);
        } else if self.due.is_none() && !self.wants_full() {
            self.set_due(Some(AFTER_TROUBLE + spread(AFTER_TROUBLE / 20)));
        } else if self.due.is_none() {
            let every = self.every();
            let now = self.clock.now().wall;
            let rest = self.out.borrow().last_at.map(|last| last.plus(every).since(now));
            self.set_due(Some(spread(SETTLE).max(rest.unwrap_or_default().min(every))));
        }
    }

    /// Both sides are there: what a run said about one that was not is over, and the run begins soon.
    fn connected_again(&mut self) {
        if self.session.borrow().is_none() || self.link.borrow().is_none() {
            return;
        }
        let of_a_side = |problem: &Problem| {
            ["pbx.", "salesforce."].iter().any(|side| problem.code.starts_with(side))
        };
        let over = self.out.send_if_modified(|state| {
            state.problem.take_if(|problem| of_a_side(problem)).is_some()
        });
        if over && self.wants_full() {
            self.set_due(Some(spread(SOON)));
        }
    }

    /// Returns the session whose org has no room for a run, where a run was put off for that.
    fn is_paused_by_the_allowance(&self) -> Option<Session> {
        let paused = self.out.borrow().problem.as_ref() == Some(&problems::api_budget());
        self.session.borrow().clone().filter(|_| paused)
    }

    fn plan_next(&mut self, outcome: &Result<SyncReport, Problem>) {
        if self.wants_full() {
            let every = self.every();
            let wait = if outcome.is_ok() { every } else { every.min(AFTER_TROUBLE) };
            // A tenth of jitter, so that a team does not run in step.
            self.set_due(Some(wait + spread(wait / 20)));
        }
    }

    fn set_due(&mut self, wait: Option<Duration>) {
        let now = self.clock.now();
        self.due = wait.map(|wait| now.steady + wait);
        let at = wait.map(|wait| now.wall.plus(wait));
        self.out.send_if_modified(|state| std::mem::replace(&mut state.next_at, at) != at);
    }

    fn wants_full(&self) -> bool {
        let settings = self.settings.borrow();
        settings.contact_sync.mode == SyncMode::Full && settings.integration.enabled
    }

    /// What is run without a caller and without anybody's asking: all of it, or what looks whether something still stands in
    /// the way of copying callers. Whether there is room for another one shows at the next caller only.
    fn wanted(&self) -> Option<Scope> {
        let settings = self.settings.borrow();
        match settings.contact_sync.mode {
            SyncMode::Full if settings.integration.enabled => Some(Scope::Full),
            SyncMode::OnCall if settings.integration.enabled => {
                let state = self.out.borrow();
                let stands = state.problem.as_ref().is_some_and(|one| one.code != problems::FULL);
                stands.then_some(Scope::Known)
            }
            SyncMode::Off | SyncMode::OnCall | SyncMode::Full => None,
        }
    }

    fn every(&self) -> Duration {
        Duration::from_secs(
            u64::from(self.settings.borrow().contact_sync.every_minutes.max(1)) * 60,
        )
    }

    /// What was said about the old settings does not hold for the new ones.
    async fn settings_changed(&mut self) {
        self.copied.clear();
        self.out.send_modify(|state| {
            state.problem = None;
            state.held_by = None;
        });
        if self.wants_full() {
            self.set_due(Some(spread(SETTLE)));
        }
        self.give_back().await;
    }

    /// Gives a claim back that is not needed any more, so that another desktop need not wait until it runs out.
    async fn give_back(&self) {
        if self.wants_full() || !matches!(self.store.mark(CLAIMED).await, Ok(Some(_))) {
            return;
        }
        if let Ok(mut run) = self.begin(Scope::Full, Wish::default()).await {
            run.let_go().await;
        }
    }

    async fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Run { dry_run, agreed, answer } => {
                self.wait(dry_run, agreed, answer);
            }
            Ask::Again => {
                if self.out.borrow().problem.is_some() && self.wanted().is_some() {
                    self.set_due(Some(Duration::ZERO));
                }
            }
            Ask::Caller { object, record } => self.copy(object, record).await,
        }
    }

    /// Copies a caller's record, where that is wanted and was not done a moment ago.
    async fn copy(&mut self, object: Object, record: RecordId) {
        let wanted = {
            let settings = self.settings.borrow();
            let sync = &settings.contact_sync;
            sync.mode == SyncMode::OnCall
                && settings.integration.enabled
                && sync.objects.iter().any(|chosen| object_of(*chosen) == object)
        };
        let now = self.clock.now().steady;
        // Who calls while a side is away is copied at their next call.
        if !wanted
            || !self.both_are_there()
            || self.copied.get(&record).is_some_and(|at| now < *at + COPIED)
        {
            return;
        }
        if self.copied.len() >= CALLERS {
            self.copied.clear();
        }
        let outcome = self.one_run(Scope::Caller(object, record.clone()), Wish::default()).await;
        if outcome.is_ok() {
            self.copied.insert(record, now);
        }
    }

    /// Runs once, and says what came of it.
    async fn one_run(&mut self, scope: Scope, wish: Wish) -> Result<SyncReport, Problem> {
        let whole = matches!(scope, Scope::Full) && !wish.dry_run;
        let outcome = match self.begin(scope, wish).await {
            Ok(mut run) => {
                let outcome = run.go().await;
                let known = run.baseline.take();
                let before = self.out.borrow().synced;
                outcome.map(|report| (report, run.synced(before), known))
            }
            Err(problem) => Err(problem),
        };
        let outcome = outcome.map(|(report, synced, known)| {
            if whole {
                self.baseline = known;
            }
            (report, synced)
        });
        let now = self.clock.now().wall;
        let mark = match &outcome {
            Ok((_, synced)) if whole => Some(format!("{} {synced}", now.as_millis())),
            Ok(_) | Err(_) => None,
        };
        if let Some(mark) = &mark
            && let Err(error) = self.store.set_mark(LAST, Some(mark)).await
        {
            tracing::warn!(%error, "the end of a contact sync could not be marked");
        }
        self.out.send_modify(|state| {
            state.running = None;
            match &outcome {
                Ok((report, synced)) => {
                    if !wish.dry_run {
                        state.synced = *synced;
                        state.problem.clone_from(&report.problem);
                        state.held_by = None;
                        state.last = Some(report.clone());
                    }
                    if whole {
                        state.last_at = Some(now);
                    }
                }
                Err(problem) if problem.code == problems::OTHER_DESKTOP => state.problem = None,
                Err(problem) if !wish.dry_run => state.problem = Some(problem.clone()),
                Err(_) => {}
            }
        });
        match &outcome {
            Ok((report, _)) => tracing::info!(
                dry_run = report.dry_run,
                create = report.create,
                update = report.update,
                delete = report.delete,
                keep = report.keep,
                "contacts were synced"
            ),
            Err(problem) => tracing::info!(code = problem.code, "contacts were not synced"),
        }
        outcome.map(|(report, _)| report)
    }

    async fn begin(&self, scope: Scope, wish: Wish) -> Result<Run<'_>, Problem> {
        let link = self.link.borrow().clone().ok_or_else(problems::not_connected)?;
        let session = self.session.borrow().clone().ok_or_else(crate::problems::not_signed_in)?;
        if !wish.asked_for && usage::is_short(&session) {
            return Err(problems::api_budget());
        }
        let settings = self.settings.borrow().clone();
        let desktop = self.desktop_name().await;
        Ok(Run::new(self, link, session, settings, &desktop, scope, wish))
    }

    /// Returns the few characters that tell this desktop from others with the same extension.
    async fn desktop_name(&self) -> String {
        if let Ok(Some(name)) = self.store.mark(DESKTOP).await {
            return name;
        }
        let name = format!("{:08x}", rand::random::<u32>());
        if let Err(error) = self.store.set_mark(DESKTOP, Some(&name)).await {
            tracing::warn!(%error, "the name of this desktop could not be kept");
        }
        name
    }
}

/// What a run is wanted for.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    dry_run: bool,
    /// However much is deleted, a person has agreed.
    agreed: bool,
    /// A person waits for it.
    asked_for: bool,
}

/// Returns the contract's word for how much is copied.
pub(crate) fn mode_word(mode: SyncMode) -> &'static str {
    match mode {
        SyncMode::Off => "off",
        SyncMode::OnCall => "on_call",
        SyncMode::Full => "full",
    }
}

fn object_of(chosen: SyncObject) -> Object {
    match chosen {
        SyncObject::Contact => Object::Contact,
        SyncObject::Lead => Object::Lead,
        SyncObject::Account => Object::Account,
    }
}

/// Returns the contract's words for what is copied, none of them twice.
fn object_words(chosen: &[SyncObject]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for object in chosen {
        let word = object_of(*object).api_name().to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Returns between once and twice so long.
fn spread(wait: Duration) -> Duration {
    wait + wait.mul_f64(f64::from(rand::random::<u32>()) / f64::from(u32::MAX))
}

/// Waits until a run that was put off has room, where there is one.
async fn room_in_the_allowance(paused: Option<Session>) {
    match paused {
        Some(session) => usage::room_in_the_allowance(&session).await,
        None => std::future::pending().await,
    }
}

async fn sleep(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => std::future::pending().await,
    }
}
