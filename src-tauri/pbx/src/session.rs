//! One event connection, from the grant of its topics to its end.

use std::{ops::ControlFlow, time::Duration};

use domain::{CallEvent, CallId, Leg};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _, future::BoxFuture};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::{
    error::{Error, Retry},
    listener::{Context, Dropped, Input},
    socket::{self, Socket, Subscribed},
    wire::event::{self, Frame, Useless},
};

/// Why a session, or the attempt to begin one, is over.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The listener is to end.
    Cancelled,
    /// The connection is gone.
    Broken(Error),
}

type Step = Result<(), Ended>;
type LiveCalls = Result<Vec<(CallId, Vec<Leg>)>, Error>;

pub(crate) struct Session<'a> {
    context: &'a mut Context,
    socket: Socket,
    early: Vec<Message>,
    counted: Dropped,
    heard_at: Instant,
    sent_at: Instant,
    /// A heartbeat is out, and nothing has come back yet.
    heartbeat_at: Option<Instant>,
    /// The network has changed: the connection counts as dead if nothing comes until then.
    doubted_until: Option<Instant>,
    /// Who waits for the answer to a heartbeat.
    askers: Vec<oneshot::Sender<()>>,
    live: Live,
    live_calls: Option<BoxFuture<'static, LiveCalls>>,
    chores_at: Instant,
    chore: Option<BoxFuture<'static, Result<(), Error>>>,
    /// After a renewal that failed, not in a hurry.
    renew_not_before: Instant,
}

/// Where the question for the live calls stands. The answer is a picture of a moment: events that came after the
/// question must not be followed by it.
enum Live {
    /// Asked, and events wait for the answer.
    First { waiting: Vec<CallEvent>, until: Instant },
    /// Asked, and events go by. Those since the question make the answer stale.
    Late { stale: bool },
    /// To be asked again.
    Again { at: Instant },
    /// Told, or not to be had.
    Done,
}

/// How often the PBX's clock, the token and the counters are looked after.
const CHORES: Duration = Duration::from_secs(30);
/// Before asking again for live calls that could not be had.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// The most events that wait for the live calls. When it is full they are handed on without.
const MOST_WAITING: usize = 4_096;
/// Frames taken in one go before timers and wishes get their turn.
const MOST_AT_ONCE: usize = 256;

impl<'a> Session<'a> {
    pub(crate) fn new(context: &'a mut Context, subscribed: Subscribed) -> Self {
        let now = Instant::now();
        let until = now + context.client.options().timeouts.live_calls;
        Self {
            context,
            socket: subscribed.socket,
            early: subscribed.early,
            counted: Dropped::default(),
            heard_at: now,
            sent_at: now,
            heartbeat_at: None,
            doubted_until: None,
            askers: Vec::new(),
            live: Live::First { waiting: Vec::new(), until },
            live_calls: None,
            chores_at: now,
            chore: None,
            renew_not_before: now,
        }
    }

    pub(crate) async fn run(mut self) -> Ended {
        self.counted = self.context.dropped;
        let ended = match self.listen().await {
            Ok(()) => Ended::Cancelled,
            Err(ended) => ended,
        };
        // What the PBX said is not lost because the connection is.
        let waiting = match &mut self.live {
            Live::First { waiting, .. } => std::mem::take(waiting),
            Live::Late { .. } | Live::Again { .. } | Live::Done => Vec::new(),
        };
        for event in waiting {
            if self.context.hand_on(Input::Event(event)).await.is_break() {
                return Ended::Cancelled;
            }
        }
        if self.tell_count().await.is_err() {
            return Ended::Cancelled;
        }
        // A polite end spares the PBX a minute of waiting for us; a dead line does not keep us.
        timeout(Duration::from_millis(300), self.socket.close(None)).await.ok();
        ended
    }

    async fn listen(&mut self) -> Step {
        self.tell(Input::Subscribed).await?;
        self.ask_live_calls();
        for message in std::mem::take(&mut self.early) {
            self.take(message).await?;
        }
        let client = self.context.client.clone();
        let handle = self.context.handle();
        let cancel = self.context.cancel.clone();
        let mut late = Box::pin(client.ear().late());
        loop {
            let deadline = self.deadline();
            tokio::select! {
                () = cancel.cancelled() => return Err(Ended::Cancelled),
                () = Context::asked(&handle) => return Err(Ended::Broken(Error::Interrupted)),
                () = Context::network(&handle) => self.doubt().await?,
                () = self.context.pulse.slept() => {
                    return Err(Ended::Broken(Error::Interrupted));
                }
                () = sleep_until(deadline) => self.on_time().await?,
                message = self.socket.next() => self.take_all(message).await?,
                Some(asker) = self.context.trips.recv() => self.try_for(asker).await?,
                event = &mut late => {
                    self.pass(event).await?;
                    late.set(client.ear().late());
                }
                calls = pending_or(&mut self.live_calls) => self.on_live_calls(calls).await?,
                done = pending_or(&mut self.chore) => {
                    if let Err(error) = done {
                        if error.retry() == Retry::AfterPerson {
                            return Err(Ended::Broken(error));
                        }
                        self.renew_not_before = Instant::now() + CHORES;
                    }
                }
            }
        }
    }

    /// Takes a message and those that are there already.
    async fn take_all(&mut self, mut message: Option<Result<Message, tungstenite::Error>>) -> Step {
        for _ in 0..MOST_AT_ONCE {
            match message {
                None => return Err(Ended::Broken(socket::closed())),
                Some(Err(error)) => return Err(Ended::Broken(socket::failure(error))),
                Some(Ok(frame)) => self.take(frame).await?,
            }
            match self.socket.next().now_or_never() {
                Some(next) => message = next,
                None => return Ok(()),
            }
        }
        // The last one taken out of the socket still has to be looked at.
        match message {
            None => Err(Ended::Broken(socket::closed())),
            Some(Err(error)) => Err(Ended::Broken(socket::failure(error))),
            Some(Ok(frame)) => self.take(frame).await,
        }
    }

    async fn take(&mut self, message: Message) -> Step {
        self.heard_at = Instant::now();
        self.heartbeat_at = None;
        self.doubted_until = None;
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Close(_) => return Err(Ended::Broken(socket::closed())),
            // Some gateways send text as binary.
            Message::Binary(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => {
                    self.context.dropped.unparsed += 1;
                    return Ok(());
                }
            },
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        };
        if is_heartbeat(text) {
            for asker in self.askers.drain(..) {
                // Whoever asked may have gone.
                let _ = asker.send(());
            }
            return Ok(());
        }
        let ear = self.context.client.ear();
        if text.contains('{') && !self.context.sieve.passes(text, ear) {
            return Ok(());
        }
        let frame = match event::read(text) {
            Ok(frame) => frame,
            Err(Useless::Unparsed) => {
                self.context.dropped.unparsed += 1;
                return Ok(());
            }
            Err(Useless::Unknown) => {
                self.context.dropped.unknown += 1;
                return Ok(());
            }
        };
        if matches!(frame, Frame::Reply { errcode: 10004 }) {
            return Err(Ended::Broken(Error::TokenRefused));
        }
        let clock = self.context.client.clock();
        match ear.sort(&self.context.extension, frame, clock, self.context.client.now().wall) {
            Some(event) => self.pass(event).await,
            None => Ok(()),
        }
    }

    /// Hands an event on, or has it wait for the live calls.
    async fn pass(&mut self, event: CallEvent) -> Step {
        if let CallEvent::Legs { call, .. } = &event {
            // The stages of a pop are timed by `cargo xtask bench pop`.
            tracing::trace!(target: "pbx::stages", %call, "read");
        }
        match &mut self.live {
            Live::First { waiting, .. } if waiting.len() < MOST_WAITING => {
                waiting.push(event);
                return Ok(());
            }
            Live::First { .. } => self.stop_waiting().await?,
            Live::Late { stale } => *stale = true,
            Live::Again { .. } | Live::Done => {}
        }
        self.tell(Input::Event(event)).await
    }

    fn ask_live_calls(&mut self) {
        let client = self.context.client.clone();
        let extension = self.context.extension.clone();
        let asking = async move { client.live_calls(&extension).await };
        self.live_calls = Some(asking.boxed());
    }

    async fn on_live_calls(&mut self, calls: LiveCalls) -> Step {
        match calls {
            Ok(calls) => match std::mem::replace(&mut self.live, Live::Done) {
                Live::First { waiting, .. } => {
                    self.tell(Input::Event(CallEvent::Live(calls))).await?;
                    for event in waiting {
                        self.tell(Input::Waited(event)).await?;
                    }
                }
                Live::Late { stale: false } => {
                    self.tell(Input::Event(CallEvent::Live(calls))).await?;
                }
                Live::Late { stale: true } => {
                    self.live = Live::Again { at: Instant::now() + ASK_AGAIN };
                }
                Live::Again { .. } | Live::Done => {}
            },
            Err(error) => {
                tracing::info!(%error, "the live calls could not be had");
                self.stop_waiting().await?;
                self.live = match error.retry() {
                    Retry::AfterPerson => return Err(Ended::Broken(error)),
                    Retry::Never => Live::Done,
                    Retry::Later { after } => {
                        Live::Again { at: Instant::now() + after.unwrap_or(ASK_AGAIN) }
                    }
                };
            }
        }
        Ok(())
    }

    /// Hands on the events that waited for the live calls.
    async fn stop_waiting(&mut self) -> Step {
        if let Live::First { waiting, .. } = &mut self.live {
            let waiting = std::mem::take(waiting);
            self.live = Live::Late { stale: !waiting.is_empty() };
            for event in waiting {
                self.tell(Input::Event(event)).await?;
            }
        }
        Ok(())
    }

    /// Returns when there is something to do although nobody speaks.
    fn deadline(&self) -> Instant {
        let timeouts = &self.context.client.options().timeouts;
        let heartbeat = match self.heartbeat_at {
            Some(at) => at + timeouts.heartbeat,
            None => self.heartbeat_due(),
        };
        let live = match &self.live {
            Live::First { until, .. } => *until,
            Live::Again { at } => *at,
            Live::Late { .. } | Live::Done => heartbeat,
        };
        let renewal = self.renewal_due().unwrap_or(self.chores_at);
        let heartbeat = heartbeat.min(self.doubted_until.unwrap_or(heartbeat));
        heartbeat.min(live).min(renewal).min(self.chores_at)
    }

    /// Returns when the token is to be renewed, unless that is under way.
    fn renewal_due(&self) -> Option<Instant> {
        let due = self.context.client.keeper().renewal_due()?;
        self.chore.is_none().then(|| Instant::from_std(due).max(self.renew_not_before))
    }

    /// Returns when a heartbeat is due: the PBX hangs up after a minute without traffic, be it ours or its own.
    fn heartbeat_due(&self) -> Instant {
        let silence = self.context.client.options().timeouts.silence;
        (self.heard_at + silence).min(self.sent_at + silence * 5 / 2)
    }

    async fn on_time(&mut self) -> Step {
        let now = Instant::now();
        if self.doubted_until.is_some_and(|until| now >= until) {
            // What we wait for went another way, if it went at all.
            return Err(Ended::Broken(Error::Interrupted));
        }
        match self.heartbeat_at {
            Some(at) if now >= at + self.context.client.options().timeouts.heartbeat => {
                return Err(Ended::Broken(Error::Timeout));
            }
            None if now >= self.heartbeat_due() => self.send_heartbeat(now).await?,
            Some(_) | None => {}
        }
        match &self.live {
            Live::First { until, .. } if now >= *until => self.stop_waiting().await?,
            Live::Again { at } if now >= *at => {
                self.live = Live::Late { stale: false };
                self.ask_live_calls();
            }
            Live::First { .. } | Live::Again { .. } | Live::Late { .. } | Live::Done => {}
        }
        let renew = self.renewal_due().is_some_and(|due| now >= due);
        if now >= self.chores_at || renew {
            self.chores_at = now + CHORES;
            self.tell_count().await?;
            let client = self.context.client.clone();
            if self.chore.is_none() && (renew || client.clock_is_stale()) {
                let chore = async move {
                    if client.clock_is_stale() {
                        client.system_information().await?;
                    }
                    client.token().await.map(drop)
                };
                self.chore = Some(chore.boxed());
            }
        }
        Ok(())
    }

    /// Asks whether the connection has outlived a change of the network: address and route may be others now.
    async fn doubt(&mut self) -> Step {
        let now = Instant::now();
        self.doubted_until = Some(now + self.context.client.options().timeouts.doubt);
        match self.heartbeat_at {
            Some(_) => Ok(()),
            None => self.send_heartbeat(now).await,
        }
    }

    /// Sends a heartbeat for somebody who wants to know whether it is answered.
    async fn try_for(&mut self, asker: oneshot::Sender<()>) -> Step {
        // Asked while there was no connection, and gone since.
        if asker.is_closed() {
            return Ok(());
        }
        self.askers.push(asker);
        match self.heartbeat_at {
            Some(_) => Ok(()),
            None => self.send_heartbeat(Instant::now()).await,
        }
    }

    async fn send_heartbeat(&mut self, now: Instant) -> Step {
        self.sent_at = now;
        self.heartbeat_at = Some(now);
        let limit = self.context.client.options().timeouts.heartbeat;
        match timeout(limit, self.socket.send(Message::text("heartbeat"))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Ended::Broken(socket::failure(error))),
            Err(_) => Err(Ended::Broken(Error::Timeout)),
        }
    }

    async fn tell_count(&mut self) -> Step {
        let dropped = self.context.dropped;
        if dropped != self.counted {
            self.counted = dropped;
            self.tell(Input::Counted(dropped)).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, input: Input) -> Step {
        match self.context.hand_on(input).await {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Ended::Cancelled),
        }
    }
}

/// The answer to a heartbeat is bare text, not JSON (§4.1).
pub(crate) fn is_heartbeat(text: &str) -> bool {
    let text = text.trim().trim_matches('"');
    text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("heartbeat"))
}

/// Waits for the future in `slot`, if there is one, and empties the slot. Cancel-safe.
async fn pending_or<T>(slot: &mut Option<BoxFuture<'static, T>>) -> T {
    match slot {
        Some(future) => {
            let value = future.await;
            *slot = None;
            value
        }
        None => std::future::pending().await,
    }
}
