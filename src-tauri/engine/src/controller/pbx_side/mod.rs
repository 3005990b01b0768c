//! The PBX's side: bringing the connection up, hearing, asking, closing gaps.

mod again;
mod bring_up;
mod colleagues;
mod desk;
mod gap;
mod whose;

use std::{collections::HashSet, time::Duration};

use domain::{CallEvent, CallId, CallRecord, Extension, Leg, Serial, Timestamp, number::Spelled};
use pbx::{Client, ExtensionEntry, ListenerHandle, Retry, Skews, SystemInformation};
use store::{CallMemory, Desk, StoredCall};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::colleagues::{COUNTRY as COUNTRY_OF_PBX, country_of};
pub(crate) use self::desk::REBUILD as REBUILD_SPAN;
pub(crate) use self::gap::{UNVERIFIED, Unverified};
use self::{bring_up::BringUp, gap::Reading};
pub(crate) use self::{
    bring_up::{NoClient, client_of, jittered, note_refusal, options},
    whose::{Whose, WhoseSide},
};
use super::Controller;
use crate::{
    Mode, problems,
    view::{BindingSource, EventsState, LinkState, Problem, SecretsKind},
};

/// Marks of the store: what a start may go on from before the network answers.
const SERIAL: &str = "pbx.serial";
const BOUND: &str = "binding.found";
/// The journal was damaged, and the records of the last days have not been read back yet.
pub(crate) const REBUILD_MARK: &str = store::REBUILD;
pub(crate) const REFUSED: &str = "pbx.refused";
/// How a secret was refused: not itself, but the address it came from.
const BLOCKED: &str = "blocked";
/// The system's store has kept this desk's secrets.
const KEPT: &str = "secrets.kept";
/// All of them.
pub(crate) const MARKS: [&str; 6] =
    [SERIAL, BOUND, REFUSED, KEPT, colleagues::LISTED, colleagues::COUNTRY];

/// Says whether the system's store, which has kept secrets here, is away or locked now: that none is found says nothing
/// then.
pub(crate) async fn is_store_away(
    secrets: &std::sync::Arc<dyn crate::ports::Secrets>,
    store: &store::Store,
) -> bool {
    secrets.kind() == SecretsKind::Session && matches!(store.mark(KEPT).await, Ok(Some(_)))
}

/// What is mended within this is nobody's business. Source: faults.md B1.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known about the PBX's side.
pub(crate) struct PbxSide {
    pub(crate) generation: u64,
    pub(crate) state: LinkState,
    pub(crate) problem: Option<Problem>,
    pub(crate) events: EventsState,
    pub(crate) last_event: Option<Timestamp>,
    /// Counts the events, to tell an answer that they have overtaken.
    pub(crate) events_heard: u64,
    pub(crate) client: Option<Client>,
    pub(crate) serial: Option<Serial>,
    pub(crate) firmware: Option<String>,
    pub(crate) extensions: Vec<ExtensionEntry>,
    pub(crate) heard: Option<mpsc::Receiver<pbx::Input>>,
    pub(crate) listener: Option<ListenerHandle>,
    pub(crate) cancel: CancellationToken,
    listening: CancellationToken,
    preparing: Option<Desk>,
    pub(crate) binding: Binding,
    /// On the steady clock; none while events are heard.
    down_since: Option<Duration>,
    /// When a PBX that only others can open to us is tried again by itself; on the steady clock.
    again_at: Option<Duration>,
    /// Trouble that may mend itself before anybody is told.
    unsaid: Option<pbx::Error>,
    cursor: Option<Timestamp>,
    /// Calls that began before are not ours to log, unless they were seen.
    since: Option<Timestamp>,
    /// The same by a clock that was set back since, and by how many seconds the PBX's was ahead of that one: what it is by
    /// the clock of now is known once the PBX's is read.
    began_ahead: Option<(Timestamp, i64)>,
    /// The records of the gap are being read.
    catching_up: bool,
    /// So far back as a lost journal is rebuilt.
    reads_back: bool,
    /// The connection broke and came back meanwhile.
    another_gap: bool,
    /// The records of the last hours are to be read (again) soon.
    second_look: Option<(u64, tokio::time::Instant)>,
    /// Counts what was planned.
    look_turn: u64,
    /// It is asked whether it refuses everything, until this is cancelled.
    doubting: CancellationToken,
    /// Looks after the last gap, those that are planned included.
    looks: usize,
    /// Counts the connections, to tell a reading that was begun with an earlier one.
    connections: u64,
    /// A reading of the gap that was broken off.
    unfinished: Option<Box<Reading>>,
    /// Readings of records that failed, in a row.
    unread: u32,
    /// The reading of the last hours.
    recent: gap::Recent,
    /// Lists of live calls that are asked for.
    lists_asked: u32,
    /// Lists of live calls that events had overtaken, in a row.
    overtaken: u32,
    /// The next list is asked for in a moment.
    asks_again: bool,
}

/// Which extension is this user's, and how that is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding {
    pub(crate) found: Option<(Extension, BindingSource)>,
    pub(crate) problem: Option<Problem>,
}

/// What the tasks of this side report.
pub(crate) enum News {
    /// No secret is there, or none may be tried.
    SignedOut(Problem),
    /// The secret store does not answer; it is asked again.
    Locked,
    /// The client is ready; nothing has been asked yet.
    Client(Client, Option<Serial>),
    Known(Box<SystemInformation>),
    Extensions(Vec<ExtensionEntry>),
    Trouble(pbx::Error),
    /// What is stored about a desk, before it is listened to.
    Desk {
        desk: Desk,
        live: Vec<CallMemory>,
        finished: Vec<StoredCall>,
        /// The PBX's extensions as they were listed last, where they ever were.
        colleagues: Option<Vec<Extension>>,
        /// Calls that may show how this PBX spells numbers.
        spelled: Vec<Spelled>,
        past: Past,
    },
    /// The live calls, as of a moment: so many events had been heard when the PBX was asked.
    Live(u64, Result<Vec<(CallId, Vec<Leg>)>, pbx::Error>),
    Call(CallId, Option<Vec<Leg>>),
    /// Time to ask for the live calls again.
    AskAgain,
    /// A stretch of records, up to a moment; `whole`: the gap is closed with it.
    Past {
        records: Vec<CallRecord>,
        /// The calls that had their entry when it was read.
        finished: HashSet<CallId>,
        until: Timestamp,
        whole: bool,
        unverified: Option<Unverified>,
    },
    PastFailed {
        error: pbx::Error,
        /// How far it came.
        reading: Box<Reading>,
    },
    /// Time to read the records of a gap that is still open.
    GapOpen,
    /// Time to read the records of the last hours again.
    SecondLook(u64),
    /// It answers a question that was asked because of a refusal.
    Answers,
    /// It does not.
    Refuses(pbx::Error),
    /// The last PBX has its token back: time to connect to the one that the settings name now.
    Anew,
}

/// What is stored about the time before this run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    cursor: Option<Timestamp>,
    since: Option<Timestamp>,
    /// How far the clocks of PBX and computer were apart since the cursor.
    skews: Option<Skews>,
    rebuild: bool,
}

impl Default for PbxSide {
    fn default() -> Self {
        Self {
            generation: 0,
            state: LinkState::NotConfigured,
            problem: None,
            events: EventsState::Down,
            last_event: None,
            events_heard: 0,
            client: None,
            serial: None,
            firmware: None,
            extensions: Vec::new(),
            heard: None,
            listener: None,
            cancel: CancellationToken::new(),
            listening: CancellationToken::new(),
            preparing: None,
            binding: Binding::default(),
            down_since: None,
            again_at: None,
            unsaid: None,
            cursor: None,
            since: None,
            began_ahead: None,
            catching_up: false,
            reads_back: false,
            another_gap: false,
            second_look: None,
            look_turn: 0,
            doubting: ended(),
            looks: 0,
            connections: 0,
            unfinished: None,
            unread: 0,
            recent: gap::Recent::default(),
            lists_asked: 0,
            overtaken: 0,
            asks_again: false,
        }
    }
}

impl Controller {
    /// Begins, or begins anew, with what the settings say.
    pub(crate) fn begin_pbx(&mut self) {
        // Without a PBX to listen to, or switched off, no call is ours: neither now nor when its record comes.
        let settings = &self.loaded.settings;
        let on = settings.integration.enabled && !settings.pbx.address.is_empty();
        self.duty.switch(on, self.clock.now().wall);
        self.stop_pbx();
        self.bring_pbx_up();
        // Where it is left alone, nobody waits for it any longer.
        self.examine_waiting();
    }

    fn bring_pbx_up(&mut self) {
        let settings = &self.loaded.settings;
        if settings.pbx.address.is_empty() {
            self.pbx.state = LinkState::NotConfigured;
            return;
        }
        if !settings.integration.enabled {
            self.pbx.state = LinkState::SignedOut;
            return;
        }
        if self.mode == Mode::Files {
            // One command's worth of an engine takes none of the PBX's eight tokens.
            self.pbx.state = LinkState::Unreachable;
            self.pbx.problem = Some(problems::not_running());
            return;
        }
        self.pbx.state = LinkState::Connecting;
        self.pbx.down_since = Some(self.clock.now().steady);
        let bring_up = BringUp {
            generation: self.pbx.generation,
            settings: settings.clone(),
            by_policy: self.loaded.pbx_by_policy(),
            secrets: self.secrets.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            desktop: self.desktop.clone(),
            inputs: self.inputs.clone(),
            network: self.network_changes.clone(),
        };
        let cancel = self.pbx.cancel.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = bring_up.run() => {}
            }
        });
    }

    /// Stops hearing and asking. The token is kept for the next start.
    pub(crate) fn stop_pbx(&mut self) {
        self.pbx.cancel.cancel();
        self.pbx.listening.cancel();
        let binding = std::mem::take(&mut self.pbx.binding);
        self.pbx = PbxSide {
            generation: self.pbx.generation + 1,
            binding,
            serial: self.pbx.serial.take(),
            firmware: self.pbx.firmware.take(),
            last_event: self.pbx.last_event,
            ..PbxSide::default()
        };
        self.board = None;
        self.desk = None;
        self.besides.clear();
    }

    pub(crate) fn pbx_news(&mut self, news: News) {
        match news {
            News::SignedOut(problem) => {
                self.pbx.state = LinkState::SignedOut;
                self.pbx.problem = Some(problem);
            }
            News::Locked => self.pbx.problem = Some(problems::secrets_locked(&*self.secrets)),
            News::Client(client, serial) => {
                self.pbx.problem = None;
                self.pbx.client = Some(client);
                if self.pbx.serial.is_none() {
                    self.pbx.serial = serial;
                }
                self.find_binding();
                self.listen();
            }
            News::Known(info) => self.pbx_known(&info),
            News::Extensions(entries) => {
                self.extensions_listed(entries);
                self.find_binding();
            }
            News::Trouble(error) => self.pbx_away(error),
            News::Desk { desk, live, finished, colleagues, spelled, past } => {
                self.desk_is_ready(desk, live, finished, colleagues, &spelled, past);
            }
            News::Live(asked_at, list) => {
                self.pbx.lists_asked = self.pbx.lists_asked.saturating_sub(1);
                match list {
                    Ok(calls) => self.live_calls(asked_at, calls),
                    Err(error) => {
                        tracing::info!(%error, "the live calls could not be asked for");
                        self.heed(&error);
                    }
                }
            }
            News::Call(call, Some(legs)) => {
                self.feed(domain::Input::Event(CallEvent::Listed { call, legs }));
            }
            News::Call(call, None) => self.feed(domain::Input::Gone { call }),
            News::AskAgain => {
                self.pbx.asks_again = false;
                self.ask_live();
            }
            News::Past { records, finished, until, whole, unverified } => {
                self.pbx.unread = 0;
                let records = self.not_told(self.ours(records), &finished);
                if self.pbx.reads_back {
                    self.forget_what_was_not_kept(&records, &finished);
                }
                self.feed(domain::Input::Past(records));
                if let Some(stretch) = unverified {
                    self.keep_unverified(stretch);
                }
                if whole {
                    self.gap_is_read(until);
                } else {
                    self.recent_records_are_read();
                }
            }
            News::PastFailed { error, reading } => self.past_failed(&error, reading),
            News::GapOpen => {
                if self.pbx.events != EventsState::Down {
                    self.go_on_closing_gap();
                }
            }
            News::Answers => self.pbx_answers(),
            News::Refuses(error) => self.pbx_trouble(&error),
            News::Anew => self.begin_pbx(),
            News::SecondLook(turn) => self.look_back(turn),
        }
    }

    /// Takes the PBX's list of its extensions. An empty one says nothing of them.
    fn extensions_listed(&mut self, entries: Vec<ExtensionEntry>) {
        if entries.is_empty() {
            return;
        }
        self.country_shown(country_of(&entries));
        self.pbx.extensions = entries;
        let listed: Vec<Extension> =
            self.pbx.extensions.iter().map(|entry| entry.number.clone()).collect();
        self.keep_colleagues(&listed);
        self.feed(domain::Input::Colleagues(listed));
    }

    fn pbx_known(&mut self, info: &SystemInformation) {
        let changed = self.pbx.serial.as_ref() != Some(&info.serial);
        self.pbx.serial = Some(info.serial.clone());
        self.pbx.firmware = Some(info.firmware.clone());
        self.pbx.problem = None;
        self.pbx.unsaid = None;
        if let (Some(desk), Some(ahead)) = (self.desk.clone(), info.clock_skew) {
            self.begin_by_their_clock(&desk, ahead);
        }
        // Never "connected" while deaf: where somebody listens, the topics have to be granted first.
        let listens = self.pbx.listener.is_some() || self.pbx.preparing.is_some();
        let deaf = listens && self.pbx.events == EventsState::Down;
        self.pbx.state = if deaf { LinkState::Connecting } else { LinkState::Connected };
        if changed {
            let (mark, store) = (
                format!("{} {}", info.serial, self.loaded.settings.pbx.address),
                self.scribe.clone(),
            );
            store.write(move |store| async move { store.set_mark(SERIAL, Some(&mark)).await });
        }
        if self.secrets.kind() == SecretsKind::Keyring {
            self.scribe.write(|store| async move { store.set_mark(KEPT, Some("1")).await });
        }
        self.listen();
    }

    /// Takes note that the PBX cannot be had. What may mend itself is not said at once.
    fn pbx_away(&mut self, error: pbx::Error) {
        use pbx::Error as E;
        let may_mend = matches!(
            error,
            E::Unreachable(_)
                | E::ProxyLogin(_)
                | E::Timeout
                | E::Interrupted
                | E::UnexpectedAnswer { .. }
        );
        // Another proxy may have been set meanwhile.
        if may_mend && self.pbx.client.as_ref().is_some_and(Client::may_need_a_proxy) {
            self.find_way();
        }
        if may_mend && self.pbx.events != EventsState::Down {
            // One question went wrong; the events say that the PBX is there.
            return;
        }
        let now = self.clock.now().steady;
        if may_mend && self.is_offline_for_pbx() {
            // Nothing is wrong with the PBX, and nobody can do anything here. Patience begins with the network.
            self.pbx.down_since = Some(now);
            self.pbx.state = LinkState::Connecting;
            self.pbx.problem = None;
            self.pbx.unsaid = None;
            return;
        }
        let since = *self.pbx.down_since.get_or_insert(now);
        if may_mend && self.pbx.problem.is_none() && now < since + PATIENCE {
            self.pbx.state = LinkState::Connecting;
            self.pbx.unsaid = Some(error);
        } else {
            self.pbx_trouble(&error);
        }
    }

    /// Returns how long trouble may still mend itself.
    pub(crate) fn patience_left(&self, now: Duration) -> Option<Duration> {
        self.pbx.unsaid.as_ref()?;
        Some((self.pbx.down_since? + PATIENCE).saturating_sub(now))
    }

    /// Says trouble that has not mended itself.
    pub(crate) fn lose_patience(&mut self, now: Duration) {
        if self.patience_left(now) == Some(Duration::ZERO)
            && let Some(error) = self.pbx.unsaid.take()
        {
            self.pbx_trouble(&error);
        }
    }

    fn pbx_trouble(&mut self, error: &pbx::Error) {
        self.pbx.unsaid = None;
        if matches!(
            error,
            pbx::Error::CredentialsRefused { .. } | pbx::Error::AddressBlocked { .. }
        ) {
            self.remember_refusal(error);
        }
        self.pbx.state = match error {
            pbx::Error::CredentialsRefused { .. }
            | pbx::Error::AddressBlocked { .. }
            | pbx::Error::TlsUntrusted { .. }
            | pbx::Error::TlsChanged { .. } => LinkState::SignedOut,
            pbx::Error::NoEvents { .. } | pbx::Error::Interrupted => LinkState::Connecting,
            _ => LinkState::Unreachable,
        };
        self.pbx.problem = Some(problems::of_pbx(error));
        self.try_again_later(error);
    }

    /// Takes note of a single request's failure after which only a person can help. Where events are heard all the same
    /// it may have been this one answer: the PBX is asked once more before anything is said, and until it answers.
    pub(crate) fn heed(&mut self, error: &pbx::Error) {
        if error.retry() != Retry::AfterPerson {
            return;
        }
        let may_pass = !matches!(
            error,
            pbx::Error::CredentialsRefused { .. } | pbx::Error::AddressBlocked { .. }
        );
        if may_pass && self.pbx.events != EventsState::Down {
            self.doubt_pbx();
        } else {
            self.pbx_trouble(error);
        }
    }

    fn remember_refusal(&self, error: &pbx::Error) {
        let (settings, by_policy) = (self.loaded.settings.clone(), self.loaded.pbx_by_policy());
        let (secrets, error) = (self.secrets.clone(), error.clone());
        self.scribe.write(move |store| async move {
            note_refusal(&store, &settings, by_policy, secrets, &error).await
        });
    }

    /// Takes in what the listener heard.
    pub(crate) fn hear(&mut self, heard: pbx::Input) {
        match heard {
            pbx::Input::Subscribed => {
                self.pbx.state = LinkState::Connected;
                self.pbx.problem = None;
                self.pbx.unsaid = None;
                self.pbx.down_since = None;
                self.pbx.again_at = None;
                self.pbx.events = EventsState::CatchingUp;
                self.pbx.connections += 1;
                self.pbx.last_event = Some(self.clock.now().wall);
                self.feed(domain::Input::Unheard);
                // The first connection is made while the extensions are being read.
                if self.pbx.connections > 1 {
                    self.ask_whose();
                }
            }
            pbx::Input::Event(event) => self.hear_event(event, domain::Input::Event),
            pbx::Input::Waited(event) => self.hear_event(event, domain::Input::Waited),
            pbx::Input::Down { error, retry_in: _ } => {
                if self.pbx.events != EventsState::Down {
                    self.pbx.down_since = Some(self.clock.now().steady);
                    self.feed(domain::Input::Unheard);
                }
                self.pbx.events = EventsState::Down;
                // What comes of the connection shows from here on what is amiss.
                self.pbx.doubting.cancel();
                // What was asked for before the outage is no list of what goes on after it.
                self.pbx.events_heard += 1;
                self.pbx_away(without_events(error));
            }
            pbx::Input::Counted(dropped) => {
                tracing::debug!(
                    unparsed = dropped.unparsed,
                    unknown = dropped.unknown,
                    "frames were passed over"
                );
            }
        }
    }

    fn hear_event(&mut self, event: CallEvent, input: fn(CallEvent) -> domain::Input) {
        if let CallEvent::Legs { call, .. } = &event {
            tracing::trace!(target: "engine::stages", %call, "heard");
        }
        self.pbx.events_heard += 1;
        self.pbx.last_event = Some(self.clock.now().wall);
        let live_calls = matches!(event, CallEvent::Live(_));
        if let CallEvent::Failed { call, reason } = &event {
            self.call_failed(call, reason);
        }
        let is_ours = match &event {
            CallEvent::Record(record) => !self.ours(vec![record.clone()]).is_empty(),
            CallEvent::Phone(_)
            | CallEvent::Legs { .. }
            | CallEvent::Listed { .. }
            | CallEvent::Live(_)
            | CallEvent::Failed { .. } => true,
        };
        if is_ours {
            self.feed(input(event));
        }
        // The live calls come first after each connection: what is not among them is in the records.
        if live_calls && self.pbx.events == EventsState::CatchingUp {
            self.close_gap();
        }
    }
}

/// Returns a token of something that is not under way.
fn ended() -> CancellationToken {
    let token = CancellationToken::new();
    token.cancel();
    token
}

fn cursor_name(desk: &Desk) -> String {
    format!("cdr:{}:{}", desk.serial, desk.extension)
}

/// Names the mark that holds how far the clocks of PBX and computer were apart since the cursor.
fn skews_name(desk: &Desk) -> String {
    format!("skews:{}:{}", desk.serial, desk.extension)
}

fn since_name(desk: &Desk) -> String {
    format!("since:{}:{}", desk.serial, desk.extension)
}

/// The PBX answers, but does not send events: that has a name of its own.
fn without_events(error: pbx::Error) -> pbx::Error {
    use pbx::Error as E;
    match error {
        E::Refused { .. } | E::DataNotFound | E::InterfaceMissing | E::Overloaded => {
            E::NoEvents { detail: error.to_string() }
        }
        other => other,
    }
}

/// Says which mark [`Controller::recall_binding`] reads.
pub(crate) const BINDING_MARK: &str = BOUND;
