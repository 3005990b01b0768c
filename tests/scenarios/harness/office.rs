//! The office: both simulated systems, one desk, and the engine on it.

use std::{fs, future::Future, sync::Arc, time::Duration};

use engine::{
    Engine, Mode, Setup,
    command::{Command, Event, Reply},
    home::Home,
    network::{Feed, Network},
    settings::{PolicyPlace, Standing},
    view::{CallView, Explain, Integration, LinkState, Problem, STANDING, SignInView, Status},
};
use serde_json::{Value, json};
pub use simulator::free_port;
use simulator::{OrgConfig, Pbx, PbxConfig, Salesforce, salesforce::Consent};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::watch, time::Instant};

use crate::{MovedClock, SessionSecrets, WatchedDesk};

/// The agent's extension.
pub const AGENT: &str = "4101";
/// Ada Moreno's number, as the trunk shows it.
pub const ADA: &str = "0493555017";

/// How an office begins.
#[derive(Debug)]
pub struct Options {
    /// The PBX.
    pub pbx: PbxConfig,
    /// Further settings, in the file's own words.
    pub settings: String,
    /// Further changes to the org.
    pub org: fn(&mut OrgConfig),
    /// Connects both sides before the story begins.
    pub connected: bool,
    /// The administrator's policy, in the file's own words. It is looked for all the same.
    pub policy: Option<String>,
    /// How many callback ports are registered for the sign-in.
    pub callbacks: usize,
    /// The engine follows this computer's network, and not what the test says of it.
    pub real_network: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pbx: PbxConfig::default(),
            settings: String::new(),
            org: |_| {},
            connected: true,
            policy: None,
            callbacks: 1,
            real_network: false,
        }
    }
}

/// An office.
#[derive(Debug)]
pub struct Office {
    /// The PBX.
    pub pbx: Pbx,
    /// The org.
    pub salesforce: Salesforce,
    /// What happens on the desk.
    pub desk: WatchedDesk,
    /// What is in the desk's secret store.
    pub secrets: SessionSecrets,
    /// Ada Moreno's record id.
    pub ada: String,
    /// The folder of everything.
    pub home: TempDir,
    /// The registered callback ports, in order.
    pub callbacks: Vec<u16>,
    /// The desk's clock.
    pub clock: MovedClock,
    /// What the operating system says of the network.
    network: watch::Sender<Network>,
    real_network: bool,
    /// How long a person may take to sign in; counts from the next start.
    pub patience: Duration,
    /// How far the word of the policy is taken; counts from the next start.
    pub standing: Standing,
    /// More records of an object than this are first fetched in bulk; counts from the next start.
    pub bulk_above: u64,
    running: Option<Running>,
}

/// An engine in a runtime of its own, so that it can be killed without a word.
#[derive(Debug)]
struct Running {
    runtime: Runtime,
    engine: Engine,
}

impl Office {
    /// Opens an office that is connected on both sides and bound.
    pub async fn open() -> Self {
        Self::with(Options::default()).await
    }

    /// Opens an office as described.
    pub async fn with(options: Options) -> Self {
        // Silent unless `RUST_LOG` asks for something, such as `engine=debug,salesforce=debug`.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_writer(std::io::stderr)
            .try_init();
        let pbx = Pbx::start(options.pbx).await;
        let callbacks: Vec<u16> = (0..options.callbacks).map(|_| free_port()).collect();
        let mut org = OrgConfig {
            consent: Consent::Auto,
            callbacks: registered_callbacks(&callbacks),
            ..OrgConfig::default()
        };
        (options.org)(&mut org);
        let salesforce = Salesforce::start(org).await;
        let mut office = Self::desk_between(pbx, salesforce, callbacks, &options.settings);
        if let Some(policy) = &options.policy {
            office.policy_becomes(Some(policy));
        }
        office.real_network = options.real_network;
        office.starts().await;
        if options.connected {
            office.connects().await;
        }
        // The contact index is whole by now and does not know her until it has looked again: stories about a search at
        // Salesforce are stories about somebody new. Those about the index put people into the org before it opens.
        office.ada = office.salesforce.insert(
            "Contact",
            json!({ "FirstName": "Ada", "LastName": "Moreno", "Phone": "+49 493 555017" }),
        );
        office
    }

    /// Puts a new desk between two systems; nothing runs on it yet.
    pub(crate) fn desk_between(
        pbx: Pbx,
        salesforce: Salesforce,
        callbacks: Vec<u16>,
        settings: &str,
    ) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let settings = format!("{settings}\n[salesforce]\ncallback_ports = {callbacks:?}\n");
        fs::write(home.path().join("settings.toml"), settings)
            .expect("the settings can be written");
        Self {
            pbx,
            salesforce,
            desk: WatchedDesk::default(),
            secrets: SessionSecrets::default(),
            ada: String::new(),
            home,
            callbacks,
            clock: MovedClock::default(),
            network: watch::Sender::new(Network::default()),
            real_network: false,
            patience: engine::SIGN_IN,
            standing: Standing::Trusted,
            bulk_above: engine::BULK_ABOVE,
            running: None,
        }
    }

    /// The program starts.
    pub async fn starts(&mut self) {
        self.starts_as(Mode::Live).await;
    }

    /// The command line starts an engine on the files for one command, since nothing else runs.
    pub async fn starts_on_files(&mut self) {
        self.starts_as(Mode::Files).await;
    }

    async fn starts_as(&mut self, mode: Mode) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let news = if self.real_network {
            let _within = runtime.enter();
            engine::network::watch().news
        } else {
            self.network.subscribe()
        };
        // The simulator plays other computers, though it lives on this one.
        let network = Feed { news, reaches: |_| false };
        let setup = Setup {
            home: Home::under(self.home.path()),
            // The system's own in a place that these tests may write to.
            policy: vec![PolicyPlace {
                keepers: None,
                standing: self.standing,
                ..PolicyPlace::system(self.policy_file())
            }],
            secrets: Arc::new(self.secrets.clone()),
            desktop: Arc::new(self.desk.clone()),
            clock: Arc::new(self.clock.clone()),
            network,
            mode,
            test_call: None,
            sign_in: self.patience,
            bulk_above: self.bulk_above,
            region: None,
        };
        let engine = runtime
            .spawn(engine::start(setup))
            .await
            .expect("no panic")
            .expect("the engine starts");
        self.running = Some(Running { runtime, engine });
    }

    /// The program is killed: no goodbye, nothing flushed.
    pub fn is_killed(&mut self) {
        let Running { runtime, engine } = self.running.take().expect("it runs");
        runtime.shutdown_background();
        drop(engine);
    }

    /// The program ends as it should.
    pub async fn quits(&mut self) {
        let Running { runtime, engine } = self.running.take().expect("it runs");
        runtime.spawn(engine.shutdown()).await.expect("no panic");
        runtime.shutdown_background();
    }

    /// The operating system says that the network has changed: an address, a route, a link.
    pub fn network_changes(&self) {
        self.network.send_modify(|network| network.changes += 1);
    }

    /// The operating system says that there is no network, or that it is back.
    pub fn network_is(&self, there: bool) {
        self.network
            .send_modify(|network| *network = Network { changes: network.changes + 1, there });
    }

    fn handle(&self) -> engine::Handle {
        self.running.as_ref().expect("it runs").engine.handle()
    }

    /// Hears what the engine says by itself from now on.
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.handle().events()
    }

    /// Asks the engine.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn asks(&self, command: Command) -> Result<Reply, Problem> {
        self.handle().ask(command).await
    }

    /// Returns everything that the engine says of itself now.
    pub fn snapshot(&self) -> Vec<Event> {
        self.handle().snapshot()
    }

    /// Asks the engine, to be awaited apart from the office.
    pub fn asking(
        &self,
        command: Command,
    ) -> impl Future<Output = Result<Reply, Problem>> + Send + 'static {
        let handle = self.handle();
        async move { handle.ask(command).await }
    }

    /// Connects the PBX, as a person does.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn connects_pbx(&self) -> Result<Reply, Problem> {
        self.asks(Command::ConnectPbx {
            address: self.pbx.address(),
            client_id: self.pbx.client_id(),
            secret: self.pbx.client_secret(),
            pin: self.pbx.certificate_sha256(),
            country: None,
        })
        .await
    }

    /// Signs in to Salesforce, as a person with a browser does.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn signs_in(&self) -> Result<Reply, Problem> {
        self.signs_in_as(&self.salesforce, "").await
    }

    /// Signs in to an org as one of its users; the browser's first where none is named.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn signs_in_as(
        &self,
        salesforce: &Salesforce,
        username: &str,
    ) -> Result<Reply, Problem> {
        self.signs_in_at(&salesforce.login(), salesforce, username).await
    }

    /// Signs in to an org at an address of the test's own, as one of its users.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn signs_in_at(
        &self,
        login: &str,
        salesforce: &Salesforce,
        username: &str,
    ) -> Result<Reply, Problem> {
        let handle = self.handle();
        let mut events = handle.events();
        let command = Command::ConnectSalesforce {
            login: login.to_owned(),
            consumer_key: salesforce.consumer_key(),
            open_browser: false,
        };
        let browse = async move {
            loop {
                if let Ok(Event::SignIn(SignInView::Waiting { url, .. })) = events.recv().await {
                    let page = format!("{url}&login_hint={username}");
                    return browser().get(page).send().await;
                }
            }
        };
        let answer = handle.ask(command);
        tokio::pin!(browse);
        tokio::pin!(answer);
        let mut browsing = true;
        loop {
            tokio::select! {
                _ = &mut browse, if browsing => browsing = false,
                answer = &mut answer => return answer,
            }
        }
    }

    /// Connects both sides and waits until calls are heard and the contact index is whole.
    pub async fn connects(&self) {
        self.connects_pbx().await.expect("the PBX is connected");
        self.signs_in().await.expect("the org is connected");
        self.is_live().await;
        self.knows_everybody().await;
    }

    /// Waits until the contact index is whole.
    pub async fn knows_everybody(&self) {
        self.status_until("the contact index is whole", |status| {
            status.contacts.index_state == engine::view::IndexPhase::Ready
        })
        .await;
    }

    /// Waits until calls are heard.
    pub async fn is_live(&self) {
        self.status_until("the events are live", |status| {
            status.pbx.events == engine::view::EventsState::Live
                && status.salesforce.state == LinkState::Connected
        })
        .await;
    }

    /// Returns the state.
    pub async fn status(&self) -> Status {
        match self.asks(Command::Status).await {
            Ok(Reply::Status(status)) => {
                // Each of these has a story of its end: `codes/gone.rs`.
                for problem in status.problems() {
                    assert!(STANDING.contains(&problem.code.as_str()), "{problem:?}");
                }
                // One side that is not set up needs a person without a problem.
                let set_up = [status.pbx.state, status.salesforce.state]
                    .into_iter()
                    .all(|state| state != LinkState::NotConfigured);
                if status.integration == Integration::Attention && set_up {
                    assert!(status.problems().any(Problem::needs_a_person), "{status:?}");
                }
                *status
            }
            other => panic!("no status but {other:?}"),
        }
    }

    /// Waits until the state is so.
    pub async fn status_until(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        self.status_within(what, Duration::from_secs(30), wanted).await
    }

    /// Waits so long until the state is so.
    pub async fn status_within(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Status) -> bool,
    ) -> Status {
        let deadline = Instant::now() + limit;
        loop {
            let status = self.status().await;
            if wanted(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "never came: {what}; the state is {status:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the calls, newest first.
    pub async fn calls(&self) -> Vec<CallView> {
        match self.asks(Command::Calls { limit: 500 }).await {
            Ok(Reply::Calls(calls)) => calls,
            other => panic!("no calls but {other:?}"),
        }
    }

    /// Returns one call.
    pub async fn call(&self, id: &str) -> Option<CallView> {
        self.calls().await.into_iter().find(|call| call.id == id)
    }

    /// Waits until a call is so.
    pub async fn call_until(
        &self,
        id: &str,
        what: &str,
        wanted: impl Fn(&CallView) -> bool,
    ) -> CallView {
        self.call_within(id, what, Duration::from_secs(40), wanted).await
    }

    /// Waits so long until a call is so.
    pub async fn call_within(
        &self,
        id: &str,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&CallView) -> bool,
    ) -> CallView {
        let deadline = Instant::now() + limit;
        loop {
            let call = self.call(id).await;
            if let Some(call) = call.as_ref().filter(|call| wanted(call)) {
                return call.clone();
            }
            assert!(Instant::now() < deadline, "never came: {what}; the call is {call:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a call is logged.
    pub async fn is_logged(&self, id: &str) -> CallView {
        self.call_until(id, "logged", |call| {
            call.journal.state == engine::view::JournalState::Logged
        })
        .await
    }

    /// Says what a number means.
    pub async fn explains(&self, number: &str) -> Explain {
        match self.asks(Command::Explain { number: number.to_owned() }).await {
            Ok(Reply::Explain(explain)) => *explain,
            other => panic!("no explanation but {other:?}"),
        }
    }

    /// Returns the Tasks of a call, by its id within the key.
    pub fn tasks_of(&self, call: &str) -> Vec<Value> {
        let within = format!(":{call}:");
        self.salesforce
            .tasks()
            .into_iter()
            .filter(|task| task["CallObject"].as_str().is_some_and(|key| key.contains(&within)))
            .collect()
    }

    /// Waits for the one Task of a call, and that it stays the only one.
    pub async fn task_of(&self, call: &str) -> Value {
        eventually(&format!("a Task for {call}"), || async { !self.tasks_of(call).is_empty() })
            .await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        let tasks = self.tasks_of(call);
        assert_eq!(tasks.len(), 1, "one Task, not {tasks:#?}");
        tasks.into_iter().next().expect("there is one")
    }

    /// No pop twice, no key twice: true at any time, of every story.
    pub fn holds_its_promises(&self) {
        let mut keys: Vec<_> =
            self.salesforce.tasks().iter().map(|task| task["CallObject"].to_string()).collect();
        keys.sort();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count, "two Tasks carry one key");
        for url in self.desk.opened() {
            assert!(url.starts_with(&self.salesforce.instance()), "opened outside the org: {url}");
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(Running { runtime, engine }) = self.running.take() {
            runtime.shutdown_background();
            drop(engine);
        }
        if !std::thread::panicking() {
            self.holds_its_promises();
        }
    }
}

/// Waits until something that can be observed is so.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !check().await {
        assert!(Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asserts that something stays so for a while.
pub async fn stays<F: Future<Output = bool>>(
    what: &str,
    time: Duration,
    mut check: impl FnMut() -> F,
) {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        assert!(check().await, "did not stay: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The callback lines of these ports, as an administrator registers them.
pub fn registered_callbacks(ports: &[u16]) -> Vec<String> {
    ports.iter().map(|port| format!("http://localhost:{port}/oauth/callback")).collect()
}

/// A browser as far as a redirect goes.
pub fn browser() -> reqwest::Client {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
