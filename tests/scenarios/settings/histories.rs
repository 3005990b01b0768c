//! Addresses changed by policy, file and window, in every order, before listeners that write down everything: no secret
//! reaches a host that it was not given for.
//!
//! A short run by default; `PATCHCORD_HISTORIES=1000` runs so many, and `PATCHCORD_SEED` another set. Each history has a
//! seed of its own, which a failure names: `PATCHCORD_SEED=N PATCHCORD_HISTORIES=1` runs it alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::{
    command::{Command, Reply},
    settings::Standing,
    view::{LinkState, Problem},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use scenarios::{Office, Options, Tap, registered_callbacks};
use simulator::{OrgConfig, Pbx, PbxConfig, Salesforce, salesforce::Consent};
use tokio::{sync::Semaphore, task::JoinSet};

/// Steps of one history.
const STEPS: usize = 9;
/// Histories at the same time: most of their time is waiting.
const AT_ONCE: usize = 40;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_secret_reaches_a_host_that_it_was_not_given_for() {
    let (first, count) = (number("PATCHCORD_SEED", 1), number("PATCHCORD_HISTORIES", 10));
    let seen = Arc::new(Seen::default());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut histories = JoinSet::new();
    for seed in first..first + count {
        let (room, seen) = (room.clone(), seen.clone());
        histories.spawn(async move {
            let _turn = room.acquire().await.expect("it stays open");
            History::begin(seed).await.run(&seen).await
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = histories.join_next().await {
        wrong.extend(ended.expect("a history comes to its end"));
    }
    println!("{count} histories from seed {first}: {seen:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    if count < 10 {
        return;
    }
    // A test that saw nothing would prove nothing.
    assert!(seen.told.load(Ordering::Relaxed) > 0, "no secret was ever sent: {seen:?}");
    assert!(seen.asked.load(Ordering::Relaxed) > 0, "no side ever asked: {seen:?}");
    assert!(seen.resumed.load(Ordering::Relaxed) > 0, "none went on by itself: {seen:?}");
}

/// What the histories came across.
#[derive(Debug, Default)]
struct Seen {
    /// Secrets that reached a place they were given for.
    told: AtomicUsize,
    /// A side that asked, because the settings named another place.
    asked: AtomicUsize,
    /// Sides that went on by themselves after the address was put right.
    resumed: AtomicUsize,
    /// Policies that moved the PBX's secret.
    followed: AtomicUsize,
}

/// Where a PBX may be, and whose secret belongs there.
struct Place {
    tap: Tap,
    /// The PBX behind it; none: a stranger.
    pbx: Option<usize>,
}

struct History {
    seed: u64,
    chance: StdRng,
    office: Office,
    pbxs: Vec<Pbx>,
    places: Vec<Place>,
    orgs: Vec<Salesforce>,
    /// Where people may sign in, and which org is behind it.
    logins: Vec<(Tap, Option<usize>)>,
    /// For which places a PBX's secret was given, by a person or a trusted policy.
    given: BTreeMap<String, BTreeSet<usize>>,
    /// The last place and the last login that a person has connected.
    connected: (Option<(usize, usize)>, Option<usize>),
    /// Places to which a trusted policy has moved the PBX.
    moved: BTreeSet<usize>,
    runs: bool,
    done: Vec<String>,
}

impl History {
    async fn begin(seed: u64) -> Self {
        let office = Office::with(Options { connected: false, ..Options::default() }).await;
        let mut pbxs = Vec::new();
        for number in 0..2 {
            let config = PbxConfig {
                serial: format!("3631B000000{number}"),
                // The same id everywhere: what differs is the place.
                client_secret: format!("5ecret{number}of{seed:024}"),
                tls: false,
                ..PbxConfig::default()
            };
            pbxs.push(Pbx::start(config).await);
        }
        let port = |address: String| url::Url::parse(&address).ok().and_then(|url| url.port());
        let mut places = Vec::new();
        for pbx in [Some(0), Some(1), None] {
            let to = pbx.and_then(|pbx: usize| port(pbxs[pbx].address()));
            places.push(Place { tap: Tap::plain(to).await, pbx });
            places.push(Place { tap: Tap::encrypted(to).await, pbx });
        }
        let mut orgs = vec![office.salesforce.clone()];
        let config = OrgConfig {
            consent: Consent::Auto,
            callbacks: registered_callbacks(&office.callbacks),
            ..OrgConfig::default()
        };
        orgs.push(Salesforce::start(config).await);
        let mut logins = Vec::new();
        for org in [Some(0), Some(1), Some(0), None] {
            let to = org.and_then(|org: usize| port(orgs[org].login()));
            logins.push((Tap::plain(to).await, org));
        }
        Self {
            seed,
            chance: StdRng::seed_from_u64(seed),
            office,
            pbxs,
            places,
            orgs,
            logins,
            given: BTreeMap::new(),
            connected: (None, None),
            moved: BTreeSet::new(),
            runs: true,
            done: Vec::new(),
        }
    }

    async fn run(mut self, seen: &Seen) -> Vec<String> {
        self.connects_pbx().await;
        self.signs_in().await;
        for _ in 0..STEPS {
            match self.chance.random_range(0..12) {
                0 => self.policy(true).await,
                1 | 2 => self.policy(false).await,
                3..6 => self.file().await,
                6 => self.connects_pbx().await,
                7 => self.signs_in().await,
                8 => self.examines().await,
                9 => self.is_used().await,
                10 => self.switches().await,
                _ => self.restarts().await,
            }
            self.note_who_asks(seen).await;
        }
        self.is_put_right(seen).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.verdict(seen)
    }

    /// A person connects a PBX in the window.
    async fn connects_pbx(&mut self) {
        self.must_run().await;
        let place = self.chance.random_range(0..self.places.len());
        // A person may give the secret of one PBX for the address of another.
        let pbx = self.places[place].pbx.unwrap_or(0);
        let tap = &self.places[place].tap;
        let command = Command::ConnectPbx {
            address: tap.address(),
            client_id: self.pbxs[pbx].client_id(),
            secret: self.pbxs[pbx].client_secret(),
            pin: tap.pin(),
            country: None,
        };
        self.given.entry(self.pbxs[pbx].client_secret()).or_default().insert(place);
        let answer = self.office.asks(command).await;
        if answer.is_ok() {
            self.connected.0 = Some((place, pbx));
        }
        self.done.push(format!("connects PBX {pbx} at {place}: {}", told(&answer)));
    }

    /// A person signs in.
    async fn signs_in(&mut self) {
        self.must_run().await;
        let login = self.chance.random_range(0..self.logins.len());
        let (tap, org) = &self.logins[login];
        let Some(org) = *org else { return };
        let answer = self.office.signs_in_at(&tap.login(), &self.orgs[org], "").await;
        if answer.is_ok() {
            self.connected.1 = Some(login);
        }
        self.done.push(format!("signs in at {login}: {}", told(&answer)));
    }

    /// The policy becomes another one, under the running program or while it is off; or whose word it is.
    async fn policy(&mut self, live: bool) {
        if live {
            self.must_run().await;
        } else {
            self.must_rest().await;
            let trusted = self.chance.random_bool(0.6);
            self.office.standing = if trusted { Standing::Trusted } else { Standing::Named };
        }
        let mut text = String::new();
        let mut locked = 0;
        let place = self.chance.random_range(0..self.places.len());
        let names_address = self.chance.random_bool(0.7);
        let names_pin = self.chance.random_bool(0.7);
        let names_login = self.chance.random_bool(0.4);
        let tap = &self.places[place].tap;
        let other = self.chance.random_range(0..self.places.len());
        let its = self.chance.random_bool(0.8);
        let pin = if its { tap.pin() } else { self.places[other].tap.pin() }.unwrap_or_default();
        if names_address || names_pin {
            text += "[pbx]\n";
        }
        if names_address {
            text += &format!("address = \"{}\"\n", tap.address());
            locked += 1;
        }
        if names_pin {
            text += &format!("certificate_sha256 = \"{pin}\"\n");
            locked += 1;
        }
        if names_login {
            let login = self.chance.random_range(0..self.logins.len());
            text += &format!("[salesforce]\nlogin = \"{}\"\n", self.logins[login].0.login());
            locked += 1;
        }
        let moves = self.office.standing == Standing::Trusted && names_address && names_pin;
        if moves && tap.pin().as_deref() == Some(&pin) {
            // The policy names the place and its certificate. Half of it moves nothing: each place has its own.
            self.moved.insert(place);
            for places in self.given.values_mut() {
                places.insert(place);
            }
        }
        self.policy_becomes((!text.is_empty()).then_some(&text));
        self.done.push(format!("policy ({:?}, live {live}): {text:?}", self.office.standing));
        if live {
            self.office
                .settings_until("the policy is read", |settings| settings.locked.len() == locked)
                .await;
        } else {
            self.must_run().await;
        }
    }

    fn policy_becomes(&self, text: Option<&str>) {
        if text.is_some() || self.office.policy_file().exists() {
            self.office.policy_becomes(text);
        }
    }

    /// Somebody writes other addresses into settings.toml.
    async fn file(&mut self) {
        self.must_rest().await;
        let place = self.chance.random_range(0..self.places.len());
        let tap = &self.places[place].tap;
        let mut lines = Vec::new();
        if self.chance.random_bool(0.6) {
            lines.push(("address", tap.address()));
        }
        if self.chance.random_bool(0.5) {
            lines.push(("certificate_sha256", tap.pin().unwrap_or_default()));
        }
        if self.chance.random_bool(0.5) {
            let login = self.chance.random_range(0..self.logins.len());
            lines.push(("login", self.logins[login].0.login()));
        }
        self.write(&lines);
        self.done.push(format!("file: {lines:?}"));
        if self.chance.random_bool(0.5) {
            self.must_run().await;
        }
    }

    /// Writes some lines of settings.toml anew, or for the first time.
    fn write(&self, lines: &[(&str, String)]) {
        let file = self.office.home.path().join("settings.toml");
        let mut text = fs::read_to_string(&file).expect("there are settings");
        for (key, value) in lines {
            let section = if *key == "login" { "[salesforce]" } else { "[pbx]" };
            let others = text.lines().filter(|line| !line.starts_with(&format!("{key} = ")));
            text = others.map(|line| format!("{line}\n")).collect();
            if !text.contains(section) {
                text += &format!("{section}\n");
            }
            text = text.replacen(section, &format!("{section}\n{key} = \"{value}\""), 1);
        }
        fs::write(file, text).expect("they can be written");
    }

    /// The set-up is checked, by the running program or without one.
    async fn examines(&mut self) {
        if self.runs {
            let _ = self.office.asks(Command::Doctor).await;
        } else {
            let _ = self.office.examines_at_rest().await;
        }
        self.done.push(format!("doctor (running {})", self.runs));
    }

    /// Tokens lapse, and requests want new ones.
    async fn is_used(&mut self) {
        self.must_run().await;
        self.orgs.iter().for_each(Salesforce::expire_access_tokens);
        self.pbxs.iter().for_each(Pbx::expire_access_tokens);
        self.pbxs.iter().for_each(Pbx::unblock);
        for command in [
            Command::Retry { call: None },
            Command::BindingTable { robots: false },
            Command::Sync { dry_run: true, agreed: false },
        ] {
            let asking = self.office.asks(command);
            let _ = tokio::time::timeout(Duration::from_secs(2), asking).await;
        }
        self.done.push("tokens lapse".to_owned());
    }

    async fn switches(&mut self) {
        self.must_run().await;
        for command in [Command::Disable, Command::Enable] {
            let _ = self.office.asks(command).await;
        }
        self.done.push("off and on".to_owned());
    }

    async fn restarts(&mut self) {
        self.must_rest().await;
        self.must_run().await;
    }

    async fn must_run(&mut self) {
        if !self.runs {
            self.office.starts().await;
            self.runs = true;
            self.done.push("starts".to_owned());
        }
    }

    async fn must_rest(&mut self) {
        if !self.runs {
            return;
        }
        self.settles().await;
        if self.chance.random_bool(0.5) {
            self.office.quits().await;
            self.done.push("quits".to_owned());
        } else {
            self.office.is_killed();
            self.done.push("is killed".to_owned());
        }
        self.runs = false;
    }

    /// Whatever is to be sent has been.
    async fn settles(&self) {
        for _ in 0..40 {
            let status = self.office.status().await;
            let sides = [status.pbx.state, status.salesforce.state];
            if !sides.contains(&LinkState::Connecting) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    async fn note_who_asks(&self, seen: &Seen) {
        if self.runs {
            self.settles().await;
            let status = self.office.status().await;
            let problems = [status.pbx.problem, status.salesforce.problem];
            let asking = problems.iter().flatten().filter(|problem| asks(problem)).count();
            seen.asked.fetch_add(asking, Ordering::Relaxed);
        }
    }

    /// Everything names again what a person has connected: it goes on without one.
    async fn is_put_right(&mut self, seen: &Seen) {
        let (Some((place, pbx)), Some(login)) = self.connected else { return };
        self.must_rest().await;
        self.policy_becomes(None);
        let tap = &self.places[place].tap;
        let right = [
            ("address", tap.address()),
            ("certificate_sha256", tap.pin().unwrap_or_default()),
            ("login", self.logins[login].0.login()),
        ];
        self.write(&right);
        // A desk that was killed often has left tokens behind.
        self.pbxs[pbx].expire_all_tokens();
        self.pbxs[pbx].unblock();
        self.must_run().await;
        for _ in 0..200 {
            let status = self.office.status().await;
            if status.salesforce.state == LinkState::Connected
                && status.pbx.state == LinkState::Connected
            {
                seen.resumed.fetch_add(2, Ordering::Relaxed);
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        // A kill may have lost a renewal, and with it the sign-in; but nobody may ask where this was given for.
        let status = self.office.status().await;
        let problems = [&status.pbx.problem, &status.salesforce.problem];
        if problems.into_iter().flatten().any(asks) {
            self.done.push(format!("put right, and yet: {status:#?}"));
        }
    }

    /// Compares what every listener was told with what was given for it.
    fn verdict(&self, seen: &Seen) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut is_wrong = |what: String| {
            wrong.push(format!("seed {}: {what} after {:#?}", self.seed, self.done));
        };
        if self.done.last().is_some_and(|last| last.starts_with("put right")) {
            is_wrong("it did not go on by itself".to_owned());
        }
        for (secret, places) in &self.given {
            for (at, place) in self.places.iter().enumerate() {
                match (place.tap.has_heard(secret), places.contains(&at)) {
                    (true, true) => {
                        seen.told.fetch_add(1, Ordering::Relaxed);
                        let moved = usize::from(self.moved.contains(&at));
                        seen.followed.fetch_add(moved, Ordering::Relaxed);
                    }
                    (true, false) => is_wrong(format!("a PBX's secret reached place {at}")),
                    (false, _) => {}
                }
            }
            for (at, (tap, _)) in self.logins.iter().enumerate() {
                if tap.has_heard(secret) {
                    is_wrong(format!("a PBX's secret reached login {at}"));
                }
            }
        }
        let taps: Vec<&Tap> = self
            .places
            .iter()
            .map(|place| &place.tap)
            .chain(self.logins.iter().map(|(tap, _)| tap))
            .collect();
        for (from, giver) in taps.iter().enumerate() {
            for token in giver.given_out() {
                let told = |(at, tap): &(usize, &&Tap)| *at != from && tap.has_heard(&token);
                for (at, tap) in taps.iter().enumerate().filter(told) {
                    if !tap.given_out().contains(&token) {
                        is_wrong(format!("a token of listener {from} reached listener {at}"));
                    }
                }
                if giver.has_heard(&token) {
                    seen.told.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        wrong
    }
}

/// A person is asked, because the settings name another place.
fn asks(problem: &Problem) -> bool {
    ["pbx.other_address", "salesforce.other_login"].contains(&problem.code.as_str())
}

fn told(answer: &Result<Reply, Problem>) -> String {
    match answer {
        Ok(_) => "done".to_owned(),
        Err(problem) => problem.code.clone(),
    }
}
