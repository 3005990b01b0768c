//! A simulated PBX, a client for it, and a listener for extension 4101.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "part of tests")]

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{CallEvent, Clock, Extension, Moment, Timestamp};
use pbx::{
    Address, Client, Credentials, Input, Listener, ListenerHandle, Options, Timeouts, Tokens, Vault,
};
use simulator::{Pbx, PbxConfig, PbxRequest};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A vault in memory that survives the client.
#[derive(Clone, Debug, Default)]
pub struct Drawer(Arc<Mutex<Option<Tokens>>>);

impl Vault for Drawer {
    fn load(&self) -> Option<Tokens> {
        self.0.lock().unwrap().clone()
    }

    fn save(&self, tokens: Option<&Tokens>) {
        *self.0.lock().unwrap() = tokens.cloned();
    }
}

impl Drawer {
    pub fn is_empty(&self) -> bool {
        self.load().is_none()
    }

    pub fn change(&self, f: impl FnOnce(&mut Tokens)) {
        f(self.0.lock().unwrap().as_mut().expect("tokens are in the drawer"));
    }
}

/// The computer's clock, set wrong by so many milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Wall(Arc<AtomicI64>);

impl Wall {
    pub fn is_wrong_by_seconds(&self, seconds: i64) {
        self.0.store(seconds * 1_000, Ordering::Relaxed);
    }
}

impl Clock for Wall {
    fn now(&self) -> Moment {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        // The computer was started a day ago.
        let steady = Duration::from_secs(86_400) + START.elapsed();
        Moment { wall: now().shifted(self.0.load(Ordering::Relaxed)), steady }
    }
}

pub async fn pbx() -> Pbx {
    Pbx::start(PbxConfig::default()).await
}

pub fn options(pbx: &Pbx) -> Options {
    Options {
        address: Address::parse(&pbx.address()).unwrap(),
        pin: None,
        was_trusted: false,
        proxy: None,
        version: "0.1.0".to_owned(),
        timeouts: Timeouts::default(),
    }
}

pub fn credentials(pbx: &Pbx) -> Credentials {
    Credentials { client_id: pbx.client_id(), secret: pbx.client_secret().into() }
}

pub fn client_with(pbx: &Pbx, options: Options, drawer: &Drawer) -> Client {
    client_by(pbx, options, drawer, Wall::default())
}

pub fn client_by(pbx: &Pbx, options: Options, drawer: &Drawer, wall: Wall) -> Client {
    Client::new(options, credentials(pbx), Arc::new(drawer.clone()), Arc::new(wall)).unwrap()
}

pub fn client(pbx: &Pbx) -> Client {
    client_with(pbx, options(pbx), &Drawer::default())
}

pub fn own() -> Extension {
    Extension::new("4101")
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis().try_into().unwrap())
}

/// Requests to one endpoint so far.
pub fn requests(pbx: &Pbx, endpoint: &str) -> Vec<PbxRequest> {
    let path = format!("/openapi/v1.0/{endpoint}");
    pbx.ledger()
        .into_iter()
        .filter(|request| request.path == path && ["GET", "POST"].contains(&&*request.method))
        .collect()
}

pub fn count(pbx: &Pbx, endpoint: &str) -> usize {
    requests(pbx, endpoint).len()
}

/// A listener that runs.
pub struct Listening {
    pub client: Client,
    pub handle: ListenerHandle,
    pub inputs: mpsc::Receiver<Input>,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Listening {
    pub fn start(client: Client) -> Self {
        let (out, inputs) = mpsc::channel(256);
        let listener = Listener::new(client.clone(), own(), out);
        let (handle, cancel) = (listener.handle(), CancellationToken::new());
        let task = tokio::spawn(listener.run(cancel.clone()));
        Self { client, handle, inputs, cancel, task }
    }

    /// Starts, and waits until it hears.
    pub async fn hearing(client: Client) -> Self {
        let mut listening = Self::start(client);
        assert!(matches!(listening.next().await, Input::Subscribed));
        assert!(matches!(listening.event().await, CallEvent::Live(_)));
        listening
    }

    pub async fn next(&mut self) -> Input {
        self.next_within(Duration::from_secs(10)).await
    }

    pub async fn next_within(&mut self, limit: Duration) -> Input {
        tokio::time::timeout(limit, self.inputs.recv())
            .await
            .expect("the listener says something in time")
            .expect("the listener runs")
    }

    pub async fn event(&mut self) -> CallEvent {
        match self.next().await {
            Input::Event(event) | Input::Waited(event) => event,
            other => panic!("no event: {other:?}"),
        }
    }

    /// Waits for the next connection to be up, and returns how long it took.
    pub async fn subscribed_again(&mut self) -> Duration {
        let begin = Instant::now();
        loop {
            if let Input::Subscribed = self.next_within(Duration::from_secs(20)).await {
                return begin.elapsed();
            }
        }
    }

    pub async fn silent(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(400), self.inputs.recv()).await;
        assert!(next.is_err(), "expected nothing, got {next:?}");
    }

    pub async fn stop(self) {
        self.cancel.cancel();
        tokio::time::timeout(Duration::from_secs(2), self.task).await.unwrap().unwrap();
    }
}
