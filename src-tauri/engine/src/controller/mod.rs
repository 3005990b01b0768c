//! The controller: one task that owns what is going on, woken by one enum of inputs.
//!
//! It never awaits the network, nor the disk on the way to a pop: it spawns, and answers come back as inputs. The
//! files beside this one are its concerns: `pbx_side`, `salesforce_side`, `lookups`, `calls` (effects of the
//! switchboard), `commands`, `publish`.

mod browser;
mod calls;
mod clocks;
mod commands;
mod failures;
mod links;
mod lookups;
mod lost_journal;
mod memories;
mod network;
mod notes;
mod pace;
mod pbx_side;
mod publish;
mod rehearsal;
mod reminders;
mod salesforce_side;
mod settings;
mod spelling;
mod tidy;
mod way;
mod wrap_up;

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{CallId, Leg, Matches, PhoneNumber, Switchboard, Timestamp};
use secrecy::SecretString;
use store::{Counts, Desk, StoredCall};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Mode, TestCall,
    command::{Command, Event, Reply},
    lookup::Looked,
    outbox::{Delivered, company::Role},
    ports::{Clock, Desktop, Secrets},
    present::Besides,
    scribe::Scribe,
    settings::{Found, Loaded, Settings},
    view::{LiveCard, Problem},
};

pub(crate) use browser::BrowserSide;
pub(crate) use clocks::Clocks;
use commands::WINDOW_START;
pub(crate) use commands::{DialRate, Matters, Raising, Shown, SignInState};
pub(crate) use failures::FailureSide;
pub(crate) use links::LinkSide;
pub(crate) use lookups::Lookups;
pub(crate) use lost_journal::{JournalWord, LOST_NOTES, LostNotes};
pub(crate) use pace::Pace;
pub(crate) use pbx_side::{
    COUNTRY_OF_PBX, NoClient, PbxSide, UNVERIFIED, Unverified, WhoseSide, client_of, note_refusal,
};
pub(crate) use publish::Published;
pub(crate) use rehearsal::Rehearsal;
pub(crate) use salesforce_side::{API_CALLS, SalesforceSide, owner_of, proxy_of};
pub(crate) use settings::{OFF_SINCE, SettingsSide};
pub(crate) use tidy::first_tidying;
pub(crate) use way::WaySide;

/// The answer to a command, on its way to whoever asked.
pub(crate) type Answer = oneshot::Sender<Result<Reply, Problem>>;

/// What people and scripts want, each with the way back to them.
pub(crate) type Commands = mpsc::Receiver<(Command, Answer)>;

/// What wakes the controller, besides commands and the events of the PBX.
pub(crate) enum Input {
    /// What the PBX's side found out. Of an earlier connection: ignored.
    Pbx(u64, pbx_side::News),
    Salesforce(u64, salesforce_side::News),
    /// A live call's number was looked up at Salesforce.
    Looked {
        call: CallId,
        meant: domain::number::Meant,
        result: Result<Box<Looked>, salesforce::Error>,
    },
    /// How numbers were spelled in the calls of before, the oldest first.
    Spelled(Vec<domain::number::Spelled>),
    /// A choice made before was fetched for a number that several known records have.
    Ranked {
        call: CallId,
        matches: Matches,
    },
    /// The lookup has taken too long for the window to go on saying "searching".
    Slow(CallId),
    Opened {
        call: CallId,
        url: url::Url,
        after: Duration,
        /// Which page it is, where the browser's command was started.
        result: Result<u64, String>,
    },
    /// What the system says of the browser.
    Browser(crate::ports::Fact),
    /// The browser's command of a page has ended as failed.
    PageFailed(u64),
    /// Whose the extension is was asked again.
    Whose(pbx_side::Whose),
    Delivered(Delivered),
    /// The journal, read again.
    Journal {
        calls: Vec<StoredCall>,
        counts: Counts,
        /// Until when no record is created for unknown callers.
        creation_paused: Option<Timestamp>,
    },
    /// How far the contact index is.
    Indexed(crate::index::Indexed),
    /// Something is on disk now that the list shows.
    JournalMoved,
    /// A note of a call is on disk; `moved`: the list shows it.
    Noted {
        call: CallId,
        open: bool,
        moved: bool,
    },
    /// A call is not to be logged.
    Unwanted(CallId),
    /// A call that was not to be logged is to be after all.
    Restored(CallId),
    /// The PBX took a call on, or did not.
    Dialled {
        party: domain::Party,
        dialled: String,
        /// When the PBX was asked, on the steady clock.
        asked: Duration,
        result: Result<CallId, pbx::Error>,
        answer: Answer,
    },
    /// The PBX side was verified, for `connect`.
    Verified(Box<commands::VerifiedPbx>, Answer),
    /// And its settings and secret are kept.
    PbxStored(Reply, Answer),
    /// The calls that go on, by the PBX's own list, after so many events: the one that is meant is to end.
    HangUp(u64, Result<Vec<(CallId, Vec<Leg>)>, pbx::Error>, Answer),
    /// A call that was dialled from here was not refused at once.
    NotRefused(CallId),
    /// A call that was dialled from here should have rung by now.
    ShouldRing(CallId),
    SignIn(commands::SignInNews),
    Link(links::LinkNews),
    /// How this desk reaches Salesforce, looked for anew.
    Way(crate::ports::Way),
    /// The secret store has forgotten something that a person had given up.
    SecretsForgotten,
    /// What is old was removed from the journal, or not.
    Tidied(Result<u64, String>),
    /// Something else is now where the policy is kept.
    PolicyFile(Found),
    /// Whoever asked to be bound has waited long enough.
    BindPatience,
    /// The window was wanted in front so long ago, for so many times.
    RaisePatience(u64),
}

/// What the controller is made of.
pub(crate) struct Controller {
    pub(crate) mode: Mode,
    pub(crate) loaded: Loaded,
    pub(crate) settings: SettingsSide,
    /// When calls are ours to log.
    pub(crate) duty: crate::duty::KeptDuty,
    /// The folder of the databases.
    pub(crate) data: std::path::PathBuf,
    pub(crate) store: store::Store,
    pub(crate) secrets: Arc<dyn Secrets>,
    /// The same, for what a person gives up.
    pub(crate) forgetting: Arc<crate::vaults::Forgetting>,
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) test_call: Option<TestCall>,
    /// How long a person may take to sign in.
    pub(crate) sign_in_time: Duration,
    pub(crate) network: crate::network::Feed,
    /// Counts the changes of the network that are worth another try.
    pub(crate) network_changes: watch::Receiver<u64>,
    /// Counts what makes Salesforce worth another try: a change of the network, or of the way to it.
    pub(crate) salesforce_again: watch::Sender<u64>,
    pub(crate) way: WaySide,
    pub(crate) scribe: Scribe,
    pub(crate) inputs: mpsc::Sender<Input>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) published: Arc<std::sync::Mutex<Published>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) cancel: CancellationToken,
    pub(crate) settings_out: watch::Sender<Settings>,
    pub(crate) session_out: watch::Sender<Option<salesforce::Session>>,
    pub(crate) sync: crate::sync::SyncHandle,
    pub(crate) link_out: watch::Sender<Option<crate::sync::Link>>,
    pub(crate) sync_in: watch::Receiver<crate::sync::SyncState>,
    pub(crate) wake_outbox: watch::Sender<u64>,
    /// Has the outbox try again without waiting.
    pub(crate) hurry_outbox: watch::Sender<u64>,
    /// How this computer stands to others of the same agent.
    pub(crate) company: watch::Receiver<Role>,
    /// Whose records the contact index keeps.
    pub(crate) index_access: watch::Sender<crate::index::Access>,
    pub(crate) index_wishes: mpsc::Sender<crate::index::Wish>,
    pub(crate) index: crate::index::Indexed,

    pub(crate) pbx: PbxSide,
    pub(crate) sales: SalesforceSide,
    pub(crate) board: Option<Switchboard>,
    pub(crate) desk: Option<Desk>,
    pub(crate) besides: HashMap<CallId, Besides>,
    /// When the event that the switchboard handles now arrived.
    pub(crate) arrived: tokio::time::Instant,
    pub(crate) calls: Vec<StoredCall>,
    pub(crate) counts: Counts,
    /// Until when no record is created for unknown callers; may be past.
    pub(crate) creation_paused: Option<Timestamp>,
    /// When it is looked next what of the journal is old, on the steady clock.
    pub(crate) tidy_due: Duration,
    pub(crate) reading_journal: bool,
    /// It is to be read again.
    pub(crate) journal_moved: bool,
    /// How often it is read.
    pub(crate) reads: Pace,
    /// How often what has changed is told.
    pub(crate) pace: Pace,
    /// What opened by itself.
    pub(crate) pops: crate::pops::Pops,
    pub(crate) pops_paused_until: Option<Timestamp>,
    pub(crate) clocks: Clocks,
    /// Requests to Salesforce today.
    pub(crate) api_calls: crate::usage::DayCount,
    pub(crate) browser: BrowserSide,
    pub(crate) whose: WhoseSide,
    pub(crate) faults: FailureSide,
    /// When the controller looked around last, on the steady clock.
    pub(crate) rounded: Duration,
    pub(crate) disk_problem: Option<Problem>,
    /// When there may have been calls that the PBX has no records of.
    pub(crate) unverified: Option<Unverified>,
    /// Notes that went with a journal, until a person has seen that.
    pub(crate) lost_notes: Option<LostNotes>,
    /// What became of the journal. It needs no person, and is said until all is as it was.
    pub(crate) journal_word: Option<JournalWord>,
    /// The journal was begun anew: the records of the last days are read back.
    pub(crate) rebuild: bool,
    /// And they have been, in this run.
    pub(crate) rebuilt: bool,
    /// Records that a search by name has shown.
    pub(crate) shown_records: Shown,
    /// The numbers that are being looked up.
    pub(crate) lookups: Lookups,
    /// How this PBX spells numbers.
    pub(crate) learnt: domain::number::Learnt,
    /// When a local hit was last checked at Salesforce, on the steady clock.
    pub(crate) refreshed: HashMap<PhoneNumber, Duration>,
    pub(crate) notified: HashMap<CallId, LiveCard>,
    /// When calls were dialled from here.
    pub(crate) dial_rate: DialRate,
    pub(crate) lost_dial: Option<commands::LostDial>,
    /// When the system was asked last who opens links, on the steady clock.
    pub(crate) links_seen: Duration,
    /// Calls that were dialled from here and have not been seen ringing yet.
    pub(crate) dials: Vec<CallId>,
    /// Those of them whose refusal may be a moment behind the PBX's answer.
    pub(crate) held_dials: Vec<calls::HeldDial>,
    /// The latest failures of calls that were not dialled from here, as far as is known yet.
    pub(crate) failures: Vec<(CallId, String)>,
    /// Cards of calls that have just ended, and until when they stay.
    pub(crate) lingering: Vec<wrap_up::Lingering>,
    /// The call whose note was written in last, and when, on the steady clock.
    pub(crate) noted_last: Option<(CallId, Duration)>,
    /// What calls may be about, as far as it was asked.
    pub(crate) matters: Matters,
    /// A pretend call.
    pub(crate) rehearsal: Option<Rehearsal>,
    /// Notifications that are on the screen, by call.
    pub(crate) shown_notes: HashMap<String, crate::ports::Note>,
    pub(crate) sign_in: SignInState,
    /// Links that other programs hand over.
    pub(crate) links: LinkSide,
    /// Who waits for the window.
    pub(crate) raising: Raising,
    /// Who waits for the binding to be found.
    pub(crate) bind_waits: Vec<Answer>,
    /// Who has the set-up checked as soon as the PBX's client is made.
    pub(crate) doctor_waits: Vec<Answer>,
    /// Commands that wait until what is on disk has been read.
    pub(crate) early: Vec<(Command, Answer)>,
}

impl Controller {
    /// Runs until it is cancelled. Owns the receiving ends.
    ///
    /// Commands come first: people wait for them, and they are few. Then the PBX, whose events are behind every pop; it gives
    /// the others a turn now and then, however much it has to say.
    pub(crate) async fn run(mut self, mut commands: Commands, mut received: mpsc::Receiver<Input>) {
        let mut health = self.store.watch_health();
        let mut synced = self.sync_in.clone();
        let mut network = self.network_changes.clone();
        let mut remade = self.store.watch_remade();
        let mut rebuilds = self.store.watch_rebuilds();
        let mut written = self.scribe.watch_written();
        self.rounded = self.clock.now().steady;
        let mut failing = self.faults.watch();
        self.dare(|this| {
            this.read_journal();
            this.begin_salesforce();
            this.begin_pbx();
            this.see_links();
            this.publish();
        });
        let mut heard_in_a_row = 0;
        loop {
            let mut due = None;
            self.dare(|this| due = this.next_due());
            let others = heard_in_a_row >= TURN;
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => break,
                Some((command, answer)) = commands.recv() => {
                    // What was reported before the question counts in its answer: whoever asks may have waited for it.
                    // In a flood that is more than they would wait for.
                    let asked = tokio::time::Instant::now();
                    for _ in 0..received.len() {
                        if asked.elapsed() >= BEFORE_AN_ANSWER {
                            break;
                        }
                        let Ok(input) = received.try_recv() else { break };
                        self.dare(|this| this.take(input));
                    }
                    self.dare(|this| {
                        this.wakes();
                        this.command(command, answer);
                        this.obey_early();
                    });
                }
                // What the PBX says waits with it while the disk does not keep up.
                Some(heard) = self.scribe.lets_in(heard(&mut self.pbx.heard)), if !others => {
                    heard_in_a_row += 1;
                    self.dare(|this| {
                        this.wakes();
                        this.hear(heard);
                    });
                }
                Some(input) = received.recv() => {
                    heard_in_a_row = 0;
                    self.dare(|this| {
                        this.wakes();
                        this.take(input);
                    });
                    for _ in 1..TURN {
                        let Ok(input) = received.try_recv() else { break };
                        self.dare(|this| this.take(input));
                    }
                }
                Ok(()) = written.changed() => self.dare(Self::journal_has_moved),
                Ok(()) = health.changed() => {
                    let now = *health.borrow_and_update();
                    self.dare(|this| this.health_changed(now));
                }
                Ok(()) = remade.changed() => {
                    let told = remade.borrow_and_update().clone();
                    self.dare(|this| this.journal_was_remade(&told));
                }
                Ok(()) = rebuilds.changed() => self.dare(Self::ends_were_refused),
                Ok(()) = synced.changed() => {}
                Ok(()) = failing.changed() => {}
                Ok(()) = network.changed() => self.dare(Self::network_changed),
                () = std::future::ready(()), if others => {
                    heard_in_a_row = 0;
                    if due.is_some_and(|due| due.is_zero()) {
                        self.dare(Self::tick);
                    }
                }
                () = sleep(due) => self.dare(Self::tick),
            }
            if self.pace.may_tell(self.clock.now().steady) {
                self.dare(Self::publish);
            }
            self.mind_the_failure().await;
        }
        self.end().await;
    }

    /// Something came.
    fn wakes(&mut self) {
        self.arrived = tokio::time::Instant::now();
        self.heed_clock();
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Pbx(generation, news) if generation == self.pbx.generation => {
                self.pbx_news(news);
                self.examine_waiting();
            }
            Input::Salesforce(generation, news) if generation == self.sales.generation => {
                self.salesforce_news(news);
            }
            // News of a connection that was given up.
            Input::Pbx(..) | Input::Salesforce(..) => {}
            Input::Looked { call, meant, result } => self.looked(&call, &meant, result),
            Input::Spelled(calls) => self.spelled_before(&calls),
            Input::Ranked { call, matches } => self.identified(&call, matches),
            Input::Slow(call) => self.lookup_is_slow(&call),
            Input::Opened { call, url, after, result } => self.opened(&call, &url, after, result),
            Input::Browser(fact) => self.browser_is(fact),
            Input::PageFailed(page) => self.page_failed(page),
            Input::Whose(told) => self.whose_is_told(told),
            Input::Delivered(news) => self.delivered(news),
            Input::Indexed(index) => self.indexed(index),
            Input::Journal { calls, counts, creation_paused } => {
                self.reading_journal = false;
                self.calls = calls;
                self.counts = counts;
                self.creation_paused = creation_paused;
                if std::mem::take(&mut self.journal_moved) {
                    self.read_journal();
                }
                self.publish_calls();
            }
            Input::JournalMoved => self.journal_has_moved(),
            Input::Noted { call, open, moved } => self.noted(&call, open, moved),
            Input::Unwanted(call) => self.unwanted(&call),
            Input::Restored(call) => self.restored(&call),
            Input::Dialled { party, dialled, asked, result, answer } => {
                self.dialled(party, dialled, asked, result, answer);
            }
            Input::Verified(verified, answer) => self.pbx_verified(*verified, answer),
            Input::PbxStored(reply, answer) => self.pbx_stored(reply, answer),
            Input::HangUp(asked_at, live, answer) => self.hang_up_one_of(asked_at, live, answer),
            Input::NotRefused(call) => self.not_refused(&call),
            Input::ShouldRing(call) => self.should_ring(&call),
            Input::SignIn(news) => self.sign_in_news(news),
            Input::Link(news) => self.link_news(news),
            Input::Way(way) => self.way_found(&way),
            // It is told with the state.
            Input::SecretsForgotten => {}
            Input::Tidied(result) => self.tidied(result),
            Input::PolicyFile(found) => self.policy_file_changed(found),
            Input::BindPatience => self.bind_is_late(),
            Input::RaisePatience(turn) => self.window_is_late(turn),
        }
        self.obey_early();
    }

    /// Has the outbox look for work, and the list read again.
    pub(crate) fn journal_has_moved(&mut self) {
        self.wake_outbox.send_modify(|wakes| *wakes += 1);
        self.read_journal();
    }

    /// Reads the list and the counts again; once more when asked meanwhile, but not all the time.
    pub(crate) fn read_journal(&mut self) {
        let now = self.clock.now().steady;
        if self.reading_journal || !self.reads.may_tell(now) {
            self.journal_moved = true;
            return;
        }
        self.reading_journal = true;
        self.journal_moved = false;
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let owner = self.owner();
        let day = crate::civil::day_start(self.clock.now().wall);
        self.tasks.spawn(async move {
            let calls = store.calls(LISTED, None).await;
            let counts = store.counts(owner.as_ref(), day).await;
            let creation_paused = match &owner {
                Some(owner) => crate::creation::paused_until(&store, &owner.org).await,
                None => Ok(None),
            };
            let read = (calls, counts, creation_paused);
            let input = if let (Ok(calls), Ok(counts), Ok(creation_paused)) = read {
                Input::Journal { calls, counts, creation_paused }
            } else {
                tracing::error!("the journal could not be read");
                let counts = Counts::default();
                Input::Journal { calls: Vec::new(), counts, creation_paused: None }
            };
            let _ = inputs.send(input).await;
        });
    }

    fn next_due(&self) -> Option<Duration> {
        let now = self.clock.now();
        let board = self
            .board
            .as_ref()
            .and_then(Switchboard::next_deadline)
            .map(|due| due.saturating_sub(now.steady));
        let pause = self.pops_paused_until.map(|until| until.since(now.wall));
        let patience = self.patience_left(now.steady);
        let word = self.word_is_over(now.steady);
        let links = self.next_of_links().map(|due| due.saturating_sub(now.steady));
        let again = self.again_in(now.steady);
        let linger = self.next_linger();
        let round = (self.rounded + ROUND).saturating_sub(now.steady);
        let tidy = Some(self.tidy_due.saturating_sub(now.steady));
        let told = self.pace.wait(now.steady);
        let read = (self.journal_moved && !self.reading_journal)
            .then(|| self.reads.wait(now.steady).unwrap_or_default());
        let safe = self.faults.safe_for(now.steady);
        [board, pause, patience, word, links, again, linger, tidy, told, read, safe, Some(round)]
            .into_iter()
            .flatten()
            .min()
    }

    fn tick(&mut self) {
        self.heed_clock();
        let now = self.clock.now();
        if now.steady.saturating_sub(self.rounded) >= ROUND {
            self.rounded = now.steady;
        }
        if self.pops_paused_until.is_some_and(|until| until <= now.wall) {
            self.pops_paused_until = None;
            self.policy_changed();
        }
        self.lose_patience(now.steady);
        if self.journal_moved {
            self.read_journal();
        }
        self.feed(domain::Input::Tick);
        self.advance_cursor(now.wall);
        self.duty.save();
        self.journal_is_whole();
        self.lost_notes_are_old();
        self.try_pbx_again(now.steady);
        self.keep_api_calls();
        self.tidy(now);
        self.whose_after_a_while(now.steady);
        self.failures_are_over(now.steady);
        // While a call goes on a tick comes every two seconds: this one asks the system.
        if now.steady.saturating_sub(self.links_seen) >= LINKS {
            self.links_seen = now.steady;
            self.see_links();
            self.see_browser();
        }
    }

    fn health_changed(&mut self, health: store::Health) {
        self.disk_problem = match health {
            store::Health::Ok => None,
            store::Health::DiskFull { .. } => Some(Problem::new(
                "journal.disk_full",
                "The disk is full: calls are not being saved safely. Pages still open.",
                "Free some space; saving goes on by itself.",
            )),
            store::Health::Blocked { .. } => Some(Problem::new(
                "journal.disk_full",
                "The journal cannot be written at the moment: another program holds it, or the disk has errors.",
                "Close backup or antivirus programs that hold the file; saving goes on by itself.",
            )),
            store::Health::Damaged => Some(Problem::new(
                "journal.damaged",
                "The local journal was found to be damaged.",
                "Restart Patchcord: the file is put aside, and the calls are read again from the PBX.",
            )),
        };
    }

    /// Ends in this order: no more events, the PBX's token given back, then the tasks.
    async fn end(&mut self) {
        // Where nothing goes on, no other look may have come since the clock was set.
        self.heed_clock();
        self.count_api_calls();
        self.keep_api_calls();
        self.pbx.heard = None;
        self.pbx.cancel.cancel();
        if let Some(client) = self.pbx.client.take()
            && self.mode == Mode::Live
        {
            client.rest().await;
        }
        self.sales.cancel.cancel();
        self.sign_in.cancel();
        if let Some(session) = &self.sales.session {
            // A renewal under way has the only valid refresh token in its hands.
            session.settled().await;
        }
    }

    pub(crate) fn owner(&self) -> Option<store::Owner> {
        Some(store::Owner { org: self.sales.org()?, user: self.sales.user_id()? })
    }

    /// Reads a secret away from the async threads.
    pub(crate) async fn secret(
        secrets: Arc<dyn Secrets>,
        name: crate::ports::SecretName,
    ) -> Result<Option<SecretString>, String> {
        tokio::task::spawn_blocking(move || secrets.get(name))
            .await
            .unwrap_or_else(|_| Err("the secret store failed".to_owned()))
    }
}

/// So many calls are listed.
const LISTED: usize = 200;
/// So many events of the PBX are taken in a row before the others have a turn, and so many of theirs then.
const TURN: usize = 64;
/// Whoever has asked waits so long for what was reported before.
const BEFORE_AN_ANSWER: Duration = Duration::from_millis(100);
/// The controller looks around at least so often: the day's counts, the cursor.
const ROUND: Duration = Duration::from_secs(60);
/// The system is asked who opens links no more often than this; a bit less than a round.
const LINKS: Duration = Duration::from_secs(55);

async fn heard(channel: &mut Option<mpsc::Receiver<pbx::Input>>) -> Option<pbx::Input> {
    match channel {
        Some(channel) => channel.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due.max(Duration::from_millis(5))).await,
        None => std::future::pending().await,
    }
}
