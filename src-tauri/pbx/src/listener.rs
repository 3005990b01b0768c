//! The life of the event connections: connect, listen, wait, again.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{CallEvent, Extension};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    client::Client,
    ear::Sieve,
    error::{Error, Retry},
    pulse::Pulse,
    session::{Ended, Session},
    socket,
    waits::wait,
};

/// What the listener tells.
#[derive(Clone, Debug)]
pub enum Input {
    /// The PBX has granted our topics: from here on nothing is missed. The live calls follow as
    /// [`CallEvent::Live`]; what happened before is in the call records.
    Subscribed,
    /// Something happened to a call that concerns the extension.
    Event(CallEvent),
    /// The same, told while the live calls were asked for: it is late, and may be older than the list that came first.
    Waited(CallEvent),
    /// There is no event connection.
    Down {
        /// Why.
        error: Error,
        /// When the next try begins; `None`: not before [`ListenerHandle::reconnect_now`], since only a person can
        /// help.
        retry_in: Option<Duration>,
    },
    /// More frames than before were of no use.
    Counted(Dropped),
}

/// How many frames were of no use since the start of the listener. Frames of other people's calls are not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Could not be read.
    pub unparsed: u64,
    /// Of a kind or state that this version does not know.
    pub unknown: u64,
}

/// Keeps an event connection for one extension.
///
/// Every connection begins with [`Input::Subscribed`] and the live calls; events that come in while these are asked
/// for follow after them, as [`Input::Waited`].
#[derive(Debug)]
pub struct Listener {
    client: Client,
    extension: Extension,
    out: mpsc::Sender<Input>,
    handle: ListenerHandle,
    trips: mpsc::Receiver<oneshot::Sender<()>>,
}

/// Tells a running listener to connect anew, or asks it whether its connection lives. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ListenerHandle {
    again: Arc<Notify>,
    network: Arc<Notify>,
    /// Milliseconds: see [`Self::may_put_off`].
    put_off: Arc<AtomicU64>,
    trips: mpsc::Sender<oneshot::Sender<()>>,
}

/// Those who ask for a heartbeat at the same time. When it is full, there has been no connection for a while.
const TRIPS: usize = 8;

impl ListenerHandle {
    /// Has the listener drop its connection, or cut its wait short, and connect now, because a person asked.
    pub fn reconnect_now(&self) {
        self.again.notify_one();
    }

    /// Says that the network has changed, and may be there again: a connection is asked whether it still lives, and a
    /// wait for one ends where the network was the trouble. What the PBX refused, or asked us to wait for, stays so.
    pub fn network_changed(&self) {
        self.network.notify_one();
    }

    /// Says how long the first try may be put off after the PBX has ended a connection; zero while something is going
    /// on that must not be missed. All desktops lose their connection at once when a PBX starts again, and a PBX in a
    /// small box has better things to do then than hundreds of handshakes a second.
    pub fn may_put_off(&self, at_most: Duration) {
        let millis = u64::try_from(at_most.as_millis()).unwrap_or(u64::MAX);
        self.put_off.store(millis, Ordering::Relaxed);
    }

    fn put_off(&self) -> Duration {
        Duration::from_millis(self.put_off.load(Ordering::Relaxed))
    }

    /// Sends a heartbeat on the connection there is, and returns how long its answer took.
    ///
    /// # Errors
    /// [`Error::Timeout`] when none came `within` this time, also where there is no connection.
    pub async fn round_trip(&self, within: Duration) -> Result<Duration, Error> {
        let (asker, answered) = oneshot::channel();
        let began = std::time::Instant::now();
        self.trips.try_send(asker).map_err(|_| Error::Timeout)?;
        match tokio::time::timeout(within, answered).await {
            Ok(Ok(())) => Ok(began.elapsed()),
            // The connection ended before the answer, or no answer came.
            Ok(Err(_)) | Err(_) => Err(Error::Timeout),
        }
    }
}

/// What a session needs from its listener.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) extension: Extension,
    pub(crate) sieve: Sieve,
    pub(crate) cancel: CancellationToken,
    pub(crate) dropped: Dropped,
    pub(crate) pulse: Pulse,
    /// Those who want to know whether a heartbeat is answered.
    pub(crate) trips: mpsc::Receiver<oneshot::Sender<()>>,
    out: mpsc::Sender<Input>,
    handle: ListenerHandle,
}

/// A connection that held so long was a good one: the next wait is a short one again.
const GOOD: Duration = Duration::from_secs(10);

impl Listener {
    /// Prepares a listener.
    ///
    /// `out` is bounded; while it is full the listener stops reading, and the PBX's events wait in the network.
    pub fn new(client: Client, extension: Extension, out: mpsc::Sender<Input>) -> Self {
        let (asking, trips) = mpsc::channel(TRIPS);
        let handle = ListenerHandle {
            again: Arc::default(),
            network: Arc::default(),
            put_off: Arc::default(),
            trips: asking,
        };
        Self { client, extension, out, handle, trips }
    }

    /// Returns a handle that works before and while the listener runs.
    pub fn handle(&self) -> ListenerHandle {
        self.handle.clone()
    }

    /// Listens until `cancel`, or until nobody receives any more.
    pub async fn run(self, cancel: CancellationToken) {
        let clock = self.client.own_clock();
        let mut context = Context {
            sieve: Sieve::new(&self.extension),
            client: self.client,
            extension: self.extension,
            cancel,
            dropped: Dropped::default(),
            pulse: Pulse::new(clock),
            trips: self.trips,
            out: self.out,
            handle: self.handle,
        };
        let mut failures = 0;
        let mut in_doubt = false;
        loop {
            let connected = Box::pin(context.connect(in_doubt)).await;
            let mut spread = Duration::ZERO;
            let ended = match connected {
                Ok(subscribed) => {
                    let session = Session::new(&mut context, subscribed);
                    let began = std::time::Instant::now();
                    let ended = Box::pin(session.run()).await;
                    if began.elapsed() >= GOOD {
                        failures = 0;
                    }
                    spread = context.handle.put_off();
                    ended
                }
                Err(ended) => ended,
            };
            let error = match ended {
                Ended::Cancelled => return,
                Ended::Broken(error) => error,
            };
            in_doubt = matches!(error, Error::UnexpectedAnswer { .. } | Error::NoEvents { .. });
            if !error.was_ended_by_the_pbx() {
                spread = Duration::ZERO;
            }
            let wait = wait(&error, failures, spread, &context.client.options().timeouts);
            failures += 1;
            // Said to a person by the engine; here for whoever reads the log.
            tracing::info!(%error, retry_in = ?wait, "no event connection");
            let by_network = error.may_be_the_network();
            let down = Input::Down { error, retry_in: wait };
            if context.hand_on(down).await.is_break() {
                return;
            }
            match context.pause(wait, by_network).await {
                Pause::Ended => return,
                Pause::Over => {}
                Pause::Network => failures = 0,
            }
        }
    }
}

/// How a wait came to its end.
enum Pause {
    /// The listener is to end.
    Ended,
    /// It is time, or somebody asked.
    Over,
    /// The network has changed: earlier failures say nothing about it.
    Network,
}

impl Context {
    /// Hands something on. Breaks when the listener is to end.
    pub(crate) async fn hand_on(&mut self, input: Input) -> ControlFlow<()> {
        let input = match self.out.try_send(input) {
            Ok(()) => return ControlFlow::Continue(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return ControlFlow::Break(()),
            Err(mpsc::error::TrySendError::Full(input)) => input,
        };
        let sent = tokio::select! {
            sent = self.out.send(input) => sent.is_ok(),
            () = self.cancel.cancelled() => false,
        };
        self.pulse.reset();
        if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// Waits for a wish to reconnect. Cancel-safe.
    pub(crate) async fn asked(handle: &ListenerHandle) {
        handle.again.notified().await;
    }

    /// Waits for a change of the network. Cancel-safe.
    pub(crate) async fn network(handle: &ListenerHandle) {
        handle.network.notified().await;
    }

    pub(crate) fn handle(&self) -> ListenerHandle {
        self.handle.clone()
    }

    /// Connects. A wish to reconnect, a change of the network, and waking up from sleep start it over.
    async fn connect(&mut self, in_doubt: bool) -> Result<socket::Subscribed, Ended> {
        self.pulse.reset();
        // It may have been set while there was no connection.
        self.client.doubt_clock();
        loop {
            let client = self.client.clone();
            let extension = self.extension.clone();
            let connecting = async move {
                let mut answers = false;
                if in_doubt {
                    // Only an answer to a request says for certain that a token has expired, and whether the
                    // address is a PBX's at all.
                    match client.live_calls(&extension).await {
                        Err(
                            error @ (Error::Unreachable(_) | Error::ProxyLogin(_) | Error::Timeout),
                        ) => return Err(error),
                        Err(error) if error.retry() == Retry::AfterPerson => return Err(error),
                        Ok(_) => answers = true,
                        Err(_) => {}
                    }
                }
                match socket::open(&client, answers).await {
                    Err(Error::UnexpectedAnswer { detail }) if answers => {
                        Err(Error::NoEvents { detail })
                    }
                    opened => opened,
                }
            };
            tokio::select! {
                () = self.cancel.cancelled() => return Err(Ended::Cancelled),
                () = Self::asked(&self.handle) => self.client.keeper().ask_again(),
                () = Self::network(&self.handle) => {}
                () = self.pulse.slept() => {}
                connected = connecting => return connected.map_err(Ended::Broken),
            }
        }
    }

    /// Waits before the next try; without a time until somebody asks.
    async fn pause(&mut self, wait: Option<Duration>, by_network: bool) -> Pause {
        let over = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.cancel.cancelled() => return Pause::Ended,
            () = Self::asked(&self.handle) => self.client.keeper().ask_again(),
            () = Self::network(&self.handle), if by_network => return Pause::Network,
            () = async { self.pulse.slept().await }, if wait.is_some() => {}
            () = over => {}
        }
        Pause::Over
    }
}
