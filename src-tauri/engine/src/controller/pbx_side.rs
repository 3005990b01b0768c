//! The PBX's side: bringing the connection up, hearing, asking, closing gaps.

use std::{collections::HashSet, sync::Arc, time::Duration};

use domain::{CallEvent, CallId, CallRecord, Extension, Leg, Serial, Switchboard, Timestamp};
use pbx::{
    Address, Client, Credentials, ExtensionEntry, Fingerprint, Listener, ListenerHandle, Options,
    Retry, SystemInformation,
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::{CallMemory, Desk, StoredCall};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Controller, Input, of_this_desk, remembered};
use crate::{
    Mode, VERSION, binding,
    ports::SecretName,
    problems,
    settings::Settings,
    vaults::PbxVault,
    view::{BindingSource, EventsState, LinkState, Problem},
};

/// Marks of the store: what a start may go on from before the network answers.
const SERIAL: &str = "pbx.serial";
const BOUND: &str = "binding.found";
/// The journal was damaged, and the records of the last days have not been read back yet.
pub(crate) const REBUILD_MARK: &str = "journal.rebuild";
/// The integration was off: nothing before the next connection is ours to log.
pub(crate) const ANEW: &str = "pbx.anew";
pub(crate) const REFUSED: &str = "pbx.refused";
/// How a secret was refused: not itself, but the address it came from.
const BLOCKED: &str = "blocked";
/// All of them.
pub(crate) const MARKS: [&str; 3] = [SERIAL, BOUND, REFUSED];

/// Records are read again from so long before the last moment of certainty: a long call is recorded at its end under
/// its beginning, and the PBX writes late.
const OVERLAP: Duration = Duration::from_secs(15 * 60);
/// How far back a damaged journal is rebuilt.
const REBUILD: Duration = Duration::from_secs(7 * 86_400);
/// And up to so long after now: the PBX's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(10 * 60);
/// How far the records are read for one call that was missed in part.
const RECENT: Duration = Duration::from_secs(3 * 3_600);
/// The PBX may write a record some seconds after the call: after a gap it is asked once more.
const SECOND_LOOK: Duration = Duration::from_secs(10);
/// Records that could not be read are asked for again after so long; where the PBX has none to give, now and then.
const READ_AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// What is mended within this is nobody's business. Source: faults.md B1.
const PATIENCE: Duration = Duration::from_secs(10);
/// The cursor moves on at least so often while the events are live.
const CURSOR_EVERY: Duration = Duration::from_secs(300);
/// The waits between two tries to reach the PBX.
const WAITS: [u64; 6] = [1, 2, 5, 10, 20, 30];

/// What is known about the PBX's side.
pub(crate) struct PbxSide {
    pub(crate) generation: u64,
    pub(crate) state: LinkState,
    pub(crate) problem: Option<Problem>,
    pub(crate) events: EventsState,
    pub(crate) last_event: Option<Timestamp>,
    /// Counts the events, to tell an answer that they have overtaken.
    events_heard: u64,
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
    /// Trouble that may mend itself before anybody is told.
    unsaid: Option<pbx::Error>,
    cursor: Option<Timestamp>,
    /// Calls that began before are not ours to log, unless they were seen.
    since: Option<Timestamp>,
    /// The records of the gap are being read.
    catching_up: bool,
    /// The connection broke and came back meanwhile.
    another_gap: bool,
    /// The records of the last hours are to be read (again) soon.
    second_look: bool,
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
        past: Past,
    },
    /// The live calls, as of a moment: so many events had been heard when the PBX was asked.
    Live(u64, Result<Vec<(CallId, Vec<Leg>)>, pbx::Error>),
    Call(CallId, Option<Vec<Leg>>),
    /// A stretch of records, up to a moment; `whole`: the gap is closed with it.
    Past {
        records: Vec<CallRecord>,
        until: Timestamp,
        whole: bool,
    },
    PastFailed {
        error: pbx::Error,
        whole: bool,
    },
    /// Time to read the records of a gap that is still open.
    GapOpen,
    /// Time to read the records of the last hours again.
    SecondLook,
}

/// What is stored about the time before this run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    cursor: Option<Timestamp>,
    since: Option<Timestamp>,
    rebuild: bool,
    anew: bool,
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
            unsaid: None,
            cursor: None,
            since: None,
            catching_up: false,
            another_gap: false,
            second_look: false,
        }
    }
}

/// Puts the connection's options together from the settings.
pub(crate) fn options(address: &str, pin: &str) -> Result<Options, Problem> {
    let address = Address::parse(address).map_err(|error| {
        Problem::new(
            "pbx.unreachable",
            format!("The PBX's address cannot be used: {error}."),
            "Write it as https://ADDRESS:PORT.",
        )
    })?;
    let pin = match pin.trim() {
        "" => None,
        pin => Some(Fingerprint::parse(pin).map_err(|error| {
            Problem::new(
                "pbx.tls_untrusted",
                format!("The certificate's fingerprint cannot be used: {error}."),
                "Write the 64 hexadecimal digits of its SHA-256.",
            )
        })?),
    };
    Ok(Options { address, pin, version: VERSION.to_owned(), timeouts: pbx::Timeouts::default() })
}

/// Names a refused combination without telling the secret.
pub(crate) fn refusal_mark(address: &str, client_id: &str, secret: &SecretString) -> String {
    let mut hash = Sha256::new();
    for part in [address, client_id, secret.expose_secret()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Controller {
    /// Begins, or begins anew, with what the settings say.
    pub(crate) fn begin_pbx(&mut self) {
        self.stop_pbx();
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
            secrets: self.secrets.clone(),
            store: self.store.clone(),
            inputs: self.inputs.clone(),
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
            News::Locked => self.pbx.problem = Some(problems::secrets_locked()),
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
                self.pbx.extensions = entries;
                if let Some(board) = &mut self.board {
                    board.set_colleagues(
                        self.pbx.extensions.iter().map(|entry| entry.number.clone()),
                    );
                }
                self.find_binding();
            }
            News::Trouble(error) => self.pbx_away(error),
            News::Desk { desk, live, finished, past } => {
                self.desk_is_ready(desk, live, finished, past);
            }
            News::Live(asked_at, Ok(calls)) => self.live_calls(asked_at, calls),
            News::Live(_, Err(error)) => {
                tracing::info!(%error, "the live calls could not be asked for");
                self.heed(&error);
            }
            News::Call(call, Some(legs)) => {
                self.feed(domain::Input::Event(CallEvent::Legs { call, legs }));
            }
            News::Call(call, None) => self.feed(domain::Input::Gone { call }),
            News::Past { records, until, whole } => {
                self.feed(domain::Input::Past(records));
                if whole {
                    self.gap_is_read(until);
                }
            }
            News::PastFailed { error, whole } => self.past_failed(&error, whole),
            News::GapOpen => {
                if self.pbx.events == EventsState::CatchingUp {
                    self.close_gap();
                }
            }
            News::SecondLook => {
                self.pbx.second_look = false;
                if self.pbx.events != EventsState::Down {
                    self.read_recent_records();
                }
            }
        }
    }

    /// Everything up to this moment is known.
    fn gap_is_read(&mut self, until: Timestamp) {
        self.pbx.catching_up = false;
        self.set_cursor(until);
        if self.rebuild {
            self.scribe.write(|store| async move { store.set_mark(REBUILD_MARK, None).await });
        }
        if std::mem::take(&mut self.pbx.another_gap) {
            self.close_gap();
        } else if self.pbx.events == EventsState::CatchingUp {
            self.pbx.events = EventsState::Live;
        }
        self.look_again(SECOND_LOOK);
    }

    fn past_failed(&mut self, error: &pbx::Error, whole: bool) {
        tracing::warn!(%error, "the call records could not be read");
        self.heed(error);
        // Said as what it is: heard again, with a gap that is still open.
        self.pbx.catching_up &= !whole;
        let wait = match error.retry() {
            Retry::Later { after } => after.unwrap_or_default().max(READ_AGAIN.0),
            Retry::Never => READ_AGAIN.1,
            // The next connection closes the gap.
            Retry::AfterPerson => return,
        };
        if whole {
            self.later(wait, News::GapOpen);
        } else {
            self.look_again(wait);
        }
    }

    fn look_again(&mut self, wait: Duration) {
        if !std::mem::replace(&mut self.pbx.second_look, true) {
            self.later(wait, News::SecondLook);
        }
    }

    fn later(&self, wait: Duration, news: News) {
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        let cancel = self.pbx.cancel.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {
                    let _ = inputs.send(Input::Pbx(generation, news)).await;
                }
            }
        });
    }

    fn pbx_known(&mut self, info: &SystemInformation) {
        let changed = self.pbx.serial.as_ref() != Some(&info.serial);
        self.pbx.serial = Some(info.serial.clone());
        self.pbx.firmware = Some(info.firmware.clone());
        self.pbx.problem = None;
        self.pbx.unsaid = None;
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
        self.listen();
    }

    /// Takes note that the PBX cannot be had. What may mend itself is not said at once.
    fn pbx_away(&mut self, error: pbx::Error) {
        use pbx::Error as E;
        let may_mend = matches!(
            error,
            E::Unreachable(_) | E::Timeout | E::Interrupted | E::UnexpectedAnswer { .. }
        );
        if may_mend && self.pbx.events != EventsState::Down {
            // One question went wrong; the events say that the PBX is there.
            return;
        }
        let now = self.clock.now().steady;
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
    }

    /// Takes note of a single request's failure after which only a person can help: it is so for all requests.
    pub(crate) fn heed(&mut self, error: &pbx::Error) {
        if error.retry() == Retry::AfterPerson {
            self.pbx_trouble(error);
        }
    }

    /// Keeps over restarts that this secret was refused here, and how, so that it is not tried again by itself.
    fn remember_refusal(&self, error: &pbx::Error) {
        let how = match error {
            pbx::Error::AddressBlocked { .. } => BLOCKED,
            _ => "refused",
        };
        let settings = self.loaded.settings.clone();
        let secrets = self.secrets.clone();
        self.scribe.write(move |store| async move {
            if let Ok(Some(secret)) = Self::secret(secrets, SecretName::PbxSecret).await {
                let mark = refusal_mark(&settings.pbx.address, &settings.pbx.client_id, &secret);
                store.set_mark(REFUSED, Some(&format!("{mark} {how}"))).await?;
            }
            Ok(())
        });
    }

    /// Looks for the user's extension: set by hand or policy, found before, or to be found now.
    pub(crate) fn find_binding(&mut self) {
        let settings = &self.loaded.settings;
        let by_hand = settings.binding.extension.trim();
        if !by_hand.is_empty() {
            let locked = self.loaded.locked.iter().any(|key| key == "binding.extension");
            let source = if locked { BindingSource::Policy } else { BindingSource::Manual };
            let extension = Extension::new(by_hand);
            let gone = !self.pbx.extensions.is_empty()
                && !self.pbx.extensions.iter().any(|entry| entry.number == extension);
            self.pbx.binding.found = Some((extension, source));
            self.pbx.binding.problem = gone.then(|| {
                Problem::new(
                    "pbx.extension_gone",
                    format!("The PBX has no extension {by_hand}."),
                    "Choose another extension, or ask the PBX administrator.",
                )
            });
            self.listen();
            return;
        }
        if let (Some(user), false) = (&self.sales.user, self.pbx.extensions.is_empty()) {
            let found = binding::find(user, &self.pbx.extensions);
            self.bound(found);
        }
    }

    pub(crate) fn bound(&mut self, found: Result<(Extension, BindingSource), Problem>) {
        let told = found.as_ref().map(|(extension, _)| extension.clone()).map_err(Clone::clone);
        self.answer_binders(&told);
        match found {
            Ok((extension, source)) => {
                if let Some(user) = self.sales.user_id() {
                    let mark = format!("{extension} {} {user}", source_word(source));
                    self.scribe.write(move |store| async move {
                        store.set_mark(BOUND, Some(&mark)).await
                    });
                }
                self.pbx.binding = Binding { found: Some((extension, source)), problem: None };
                self.listen();
            }
            Err(problem) => {
                // An extension that was found before is not dropped for a mere absence of news; a contradiction is.
                self.pbx.binding = Binding { found: None, problem: Some(problem) };
                self.pbx.listening.cancel();
                self.pbx.heard = None;
                self.pbx.events = EventsState::Down;
                self.board = None;
                self.desk = None;
                self.scribe.write(|store| async move { store.set_mark(BOUND, None).await });
            }
        }
    }

    /// Takes the extension that the last run found, until this one knows better.
    pub(crate) fn recall_binding(&mut self, mark: &str) {
        let mut words = mark.split(' ');
        let (Some(extension), Some(source), Some(user)) =
            (words.next(), words.next(), words.next())
        else {
            return;
        };
        let same_user = self.sales.user_id().is_some_and(|id| id.as_str() == user);
        if self.pbx.binding.found.is_none() && same_user {
            self.pbx.binding.found = Some((Extension::new(extension), word_source(source)));
            self.listen();
        }
    }

    /// Listens to the desk, once both the PBX and the extension are known.
    pub(crate) fn listen(&mut self) {
        let (Some(serial), Some((extension, _)), Some(_)) =
            (&self.pbx.serial, &self.pbx.binding.found, &self.pbx.client)
        else {
            return;
        };
        if self.mode == Mode::Files || !self.loaded.settings.integration.enabled {
            return;
        }
        let desk = Desk { serial: serial.clone(), extension: extension.clone() };
        if self.desk.as_ref() == Some(&desk) || self.pbx.preparing.as_ref() == Some(&desk) {
            return;
        }
        self.pbx.preparing = Some(desk.clone());
        let (store, inputs, generation) =
            (self.store.clone(), self.inputs.clone(), self.pbx.generation);
        self.tasks.spawn(async move {
            let live = store.live(&desk).await.unwrap_or_default();
            let finished = store.calls(REMEMBERED, None).await.unwrap_or_default();
            let moment = async |name: String| {
                store.cursor(&name).await.ok().flatten().map(Timestamp::from_millis)
            };
            let is_set = async |mark: &str| store.mark(mark).await.ok().flatten().is_some();
            let past = Past {
                cursor: moment(cursor_name(&desk)).await,
                since: moment(since_name(&desk)).await,
                rebuild: is_set(REBUILD_MARK).await,
                anew: is_set(ANEW).await,
            };
            let news = News::Desk { desk, live, finished, past };
            let _ = inputs.send(Input::Pbx(generation, news)).await;
        });
    }

    fn desk_is_ready(
        &mut self,
        desk: Desk,
        live: Vec<CallMemory>,
        finished: Vec<StoredCall>,
        past: Past,
    ) {
        if self.pbx.preparing.as_ref() != Some(&desk) {
            // Another extension was chosen meanwhile, and its own news is on the way.
            return;
        }
        self.pbx.preparing = None;
        let Some(client) = self.pbx.client.clone() else { return };
        let settings = &self.loaded.settings;
        let entries =
            finished.into_iter().filter(|call| call.desk == desk).filter_map(|call| call.entry());
        let now = self.clock.now();
        let oldest_live = live.iter().map(|memory| memory.started).min();
        let mut board = Switchboard::new(
            desk.extension.clone(),
            settings.dial_plan(),
            self.policy(),
            live.into_iter().map(remembered).collect(),
            entries,
            now,
        );
        board.set_colleagues(self.pbx.extensions.iter().map(|entry| entry.number.clone()));
        self.board = Some(board);
        self.rebuild |= past.rebuild;
        self.where_to_begin(&desk, past, oldest_live);
        self.pbx.state = LinkState::Connecting;
        self.pbx.listening.cancel();
        self.pbx.listening = self.pbx.cancel.child_token();
        // Some thousand events of this extension: at the rate of one busy agent, more than a day. A full channel makes
        // the PBX's side read slower, and nothing is lost.
        let (out, heard) = mpsc::channel(4_096);
        let listener = Listener::new(client, desk.extension.clone(), out);
        self.pbx.listener = Some(listener.handle());
        self.pbx.heard = Some(heard);
        self.tasks.spawn(listener.run(self.pbx.listening.clone()));
        self.desk = Some(desk);
    }

    /// Decides from when on calls are ours to log.
    ///
    /// Before the first connection none was, nor while the integration was off. After a damage all were, and
    /// Salesforce is asked for each entry before it is sent.
    fn where_to_begin(&mut self, desk: &Desk, past: Past, oldest_live: Option<Timestamp>) {
        let now = self.clock.now().wall;
        let anew = past.anew || std::mem::take(&mut self.anew);
        let known = past.cursor.or(past.since);
        self.pbx.since = if anew || (known.is_none() && !self.rebuild) {
            let name = since_name(desk);
            self.scribe.write(move |store| async move {
                store.set_cursor(&name, now.as_millis()).await?;
                store.set_mark(ANEW, None).await
            });
            Some(now)
        } else {
            past.since
        };
        let begin = match (self.pbx.since, known) {
            (Some(since), Some(known)) => known.max(since),
            (Some(begin), None) | (None, Some(begin)) => begin,
            (None, None) => now.minus(REBUILD),
        };
        self.pbx.cursor = Some(oldest_live.map_or(begin, |oldest| begin.min(oldest)));
    }

    /// Takes in what the listener heard.
    pub(crate) fn hear(&mut self, heard: pbx::Input) {
        match heard {
            pbx::Input::Subscribed => {
                self.pbx.state = LinkState::Connected;
                self.pbx.problem = None;
                self.pbx.unsaid = None;
                self.pbx.down_since = None;
                self.pbx.events = EventsState::CatchingUp;
                self.pbx.last_event = Some(self.clock.now().wall);
            }
            pbx::Input::Event(event) => {
                self.pbx.events_heard += 1;
                self.pbx.last_event = Some(self.clock.now().wall);
                let live_calls = matches!(event, CallEvent::Live(_));
                if let CallEvent::Failed { call, reason } = &event {
                    self.call_failed(call, reason);
                }
                self.feed(domain::Input::Event(event));
                // The live calls come first after each connection: what is not among them is in the records.
                if live_calls && self.pbx.events == EventsState::CatchingUp {
                    self.close_gap();
                }
            }
            pbx::Input::Down { error, retry_in: _ } => {
                if self.pbx.events != EventsState::Down {
                    self.pbx.down_since = Some(self.clock.now().steady);
                }
                self.pbx.events = EventsState::Down;
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

    /// Reads what the records have since the last moment of certainty.
    fn close_gap(&mut self) {
        if self.pbx.catching_up {
            self.pbx.another_gap = true;
            return;
        }
        let now = self.clock.now().wall;
        let from = self.pbx.cursor.unwrap_or(now);
        self.pbx.catching_up = true;
        self.read_records(from.minus(OVERLAP), now, true);
    }

    /// Reads the records of the last hours, for a call of which too little was heard.
    pub(crate) fn read_recent_records(&mut self) {
        let now = self.clock.now().wall;
        self.read_records(now.minus(RECENT), now, false);
    }

    fn read_records(&self, from: Timestamp, now: Timestamp, whole: bool) {
        let (Some(client), Some(desk)) = (self.pbx.client.clone(), self.desk.clone()) else {
            return;
        };
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        let store = self.store.clone();
        // The PBX's times are of whole seconds.
        let since = self.pbx.since.map(|since| since.minus(Duration::from_secs(1)));
        self.tasks.spawn(async move {
            let live = store.live(&desk).await.unwrap_or_default();
            let known: HashSet<CallId> = live.into_iter().map(|memory| memory.call).collect();
            let mut kept = Vec::new();
            let mut pages = client.call_records(from, now.plus(AHEAD));
            loop {
                match pages.next().await {
                    Ok(Some(page)) => kept.extend(
                        of_this_desk(page, &desk, &known).into_iter().filter(|record| {
                            since.is_none_or(|since| record.started >= since)
                                || known.contains(&record.call)
                        }),
                    ),
                    Ok(None) => break,
                    Err(error) => {
                        let failed = News::PastFailed { error, whole };
                        let _ = inputs.send(Input::Pbx(generation, failed)).await;
                        return;
                    }
                }
            }
            let records = kept;
            let _ = inputs
                .send(Input::Pbx(generation, News::Past { records, until: now, whole }))
                .await;
        });
    }

    pub(crate) fn set_cursor(&mut self, at: Timestamp) {
        self.pbx.cursor = Some(at);
        if let Some(desk) = &self.desk {
            let name = cursor_name(desk);
            self.scribe
                .write(move |store| async move { store.set_cursor(&name, at.as_millis()).await });
        }
    }

    /// While the events are live, nothing up to now is missed.
    pub(crate) fn advance_cursor(&mut self, now: Timestamp) {
        let due = self.pbx.cursor.is_none_or(|cursor| cursor.plus(CURSOR_EVERY) <= now);
        if self.pbx.events == EventsState::Live && due {
            self.set_cursor(now);
        }
    }

    /// Asks which calls this extension has.
    pub(crate) fn ask_live(&self) {
        let (Some(client), Some(desk)) = (self.pbx.client.clone(), &self.desk) else { return };
        let _asked_at = self.pbx.events_heard;
        let (inputs, generation, extension) =
            (self.inputs.clone(), self.pbx.generation, desk.extension.clone());
        let asked_at = self.pbx.events_heard;
        self.tasks.spawn(async move {
            let live = client.live_calls(&extension).await;
            let _ = inputs.send(Input::Pbx(generation, News::Live(asked_at, live))).await;
        });
    }

    /// Takes the PBX's list of live calls. It is complete only when no event has overtaken it.
    fn live_calls(&mut self, asked_at: u64, calls: Vec<(CallId, Vec<Leg>)>) {
        if asked_at == self.pbx.events_heard {
            self.feed(domain::Input::Event(CallEvent::Live(calls)));
            return;
        }
        for (call, legs) in calls {
            self.feed(domain::Input::Event(CallEvent::Legs { call, legs }));
        }
        self.ask_live();
    }

    /// Asks for one call that this extension has left.
    pub(crate) fn ask_call(&self, call: CallId) {
        let Some(client) = self.pbx.client.clone() else { return };
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        self.tasks.spawn(async move {
            match client.live_call(&call).await {
                Ok(found) => {
                    let news = News::Call(call, found.map(|(_, legs)| legs));
                    let _ = inputs.send(Input::Pbx(generation, news)).await;
                }
                Err(error) => {
                    tracing::info!(%error, "a call could not be asked for");
                    if error.retry() == Retry::AfterPerson {
                        let _ = inputs.send(Input::Pbx(generation, News::Trouble(error))).await;
                    }
                }
            }
        });
    }
}

/// Finished calls of so many days back can still be corrected by a record.
const REMEMBERED: usize = 500;

fn cursor_name(desk: &Desk) -> String {
    format!("cdr:{}:{}", desk.serial, desk.extension)
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

fn source_word(source: BindingSource) -> &'static str {
    match source {
        BindingSource::Policy => "policy",
        BindingSource::SalesforceExtension => "salesforce_extension",
        BindingSource::Email => "email",
        BindingSource::Manual => "manual",
    }
}

fn word_source(word: &str) -> BindingSource {
    match word {
        "policy" => BindingSource::Policy,
        "salesforce_extension" => BindingSource::SalesforceExtension,
        "manual" => BindingSource::Manual,
        _ => BindingSource::Email,
    }
}

/// Why there is no client.
enum NoClient {
    /// The secret store does not answer.
    Locked,
    /// A person is needed.
    Problem(Problem),
}

/// Brings the connection up: secret, client, system information, extensions.
struct BringUp {
    generation: u64,
    settings: Settings,
    secrets: Arc<dyn crate::ports::Secrets>,
    store: store::Store,
    inputs: mpsc::Sender<Input>,
}

impl BringUp {
    async fn run(self) {
        let mut tries = 0;
        let client = loop {
            match self.client().await {
                Ok(client) => break client,
                Err(NoClient::Problem(problem)) => {
                    return self.tell(News::SignedOut(problem)).await;
                }
                // It may be unlocked soon.
                Err(NoClient::Locked) => self.tell(News::Locked).await,
            }
            tokio::time::sleep(jittered(tries)).await;
            tries += 1;
        };
        let serial = self.store.mark(SERIAL).await.ok().flatten().and_then(|mark| {
            let (serial, address) = mark.split_once(' ')?;
            (address == self.settings.pbx.address).then(|| Serial::new(serial))
        });
        self.tell(News::Client(client.clone(), serial)).await;
        let mut tries = 0;
        let mut known = false;
        loop {
            let tried = if known {
                self.extensions(&client).await
            } else {
                self.information(&client).await
            };
            match tried {
                Ok(()) if known => return,
                Ok(()) => {
                    known = true;
                    tries = 0;
                }
                Err(error) => {
                    let retry = error.retry();
                    if !known {
                        self.tell(News::Trouble(error)).await;
                    }
                    let wait = match retry {
                        Retry::Later { after } => after.unwrap_or_default().max(jittered(tries)),
                        // Only a person can help, or nobody; the firmware may simply not list its extensions.
                        Retry::AfterPerson | Retry::Never => return,
                    };
                    tries += 1;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn client(&self) -> Result<Client, NoClient> {
        let pbx = &self.settings.pbx;
        let secret = Controller::secret(self.secrets.clone(), SecretName::PbxSecret)
            .await
            .map_err(|reason| {
                tracing::warn!(%reason, "the secret store did not answer");
                NoClient::Locked
            })?;
        let Some(secret) = secret else {
            return Err(NoClient::Problem(Problem::new(
                "pbx.credentials_refused",
                "The PBX's client secret is not there any more.",
                "Connect the PBX again.",
            )));
        };
        let refused = self.store.mark(REFUSED).await.ok().flatten().unwrap_or_default();
        let (what, how) = refused.split_once(' ').unwrap_or((&refused, ""));
        if what == refusal_mark(&pbx.address, &pbx.client_id, &secret) {
            return Err(NoClient::Problem(problems::of_pbx(&if how == BLOCKED {
                pbx::Error::AddressBlocked { until: None }
            } else {
                pbx::Error::CredentialsRefused { code: 0 }
            })));
        }
        let credentials = Credentials { client_id: pbx.client_id.clone(), secret };
        let options = options(&pbx.address, &pbx.certificate_sha256).map_err(NoClient::Problem)?;
        Client::new(options, credentials, Arc::new(PbxVault(self.secrets.clone())))
            .map_err(|error| NoClient::Problem(problems::of_pbx(&error)))
    }

    async fn information(&self, client: &Client) -> Result<(), pbx::Error> {
        let info = client.system_information().await?;
        self.tell(News::Known(Box::new(info))).await;
        Ok(())
    }

    async fn extensions(&self, client: &Client) -> Result<(), pbx::Error> {
        let entries = client.extensions().await?;
        self.tell(News::Extensions(entries)).await;
        Ok(())
    }

    async fn tell(&self, news: News) {
        let _ = self.inputs.send(Input::Pbx(self.generation, news)).await;
    }
}

/// The wait before a try, with jitter so that a whole office does not come back at once.
pub(crate) fn jittered(tries: usize) -> Duration {
    let most = WAITS[tries.min(WAITS.len() - 1)] * 1_000;
    Duration::from_millis(most / 2 + u64::from(rand::random::<u32>()) % (most / 2 + 1))
}

/// Says which mark [`Controller::recall_binding`] reads.
pub(crate) const BINDING_MARK: &str = BOUND;
