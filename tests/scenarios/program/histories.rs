//! The built program, while policy, file and command line change its addresses in every order: what was given for one
//! place reaches no other. The engine lives through many more such histories in `settings/histories.rs`.
//!
//! Two by default; `PATCHCORD_HISTORIES` runs more, from `PATCHCORD_SEED` on.

use std::{collections::BTreeSet, fs};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use scenarios::Tap;

use crate::{
    addresses::is_written,
    desk::{Desk, Engine, Office},
    keyring::Keyring,
};

/// Steps of one history.
const STEPS: usize = 7;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_program_shows_no_secret_to_a_host_that_it_was_not_given_for() {
    let (first, count) = (number("PATCHCORD_SEED", 1), number("PATCHCORD_HISTORIES", 2));
    let mut told = 0;
    for seed in first..first + count {
        told += History::begin(seed).await.run().await;
    }
    println!("{count} histories from seed {first}: {told} secrets reached their own place");
    assert!(told > 0, "a test that sees nothing proves nothing");
}

struct History {
    seed: u64,
    chance: StdRng,
    office: Office,
    desk: Desk,
    /// Two ways to the PBX, in the clear and encrypted, and two strangers.
    places: Vec<Tap>,
    /// A way to the org, and a stranger.
    logins: Vec<Tap>,
    /// The places that the PBX's secret was given for.
    given: BTreeSet<usize>,
    done: Vec<String>,
    running: Option<Engine>,
    _keyring: Keyring,
}

impl History {
    async fn begin(seed: u64) -> Self {
        let office = Office::open().await;
        let (keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
        let policy = desk.folder.join("policy.toml");
        fs::write(&policy, "").expect("a file");
        let desk = desk.knows("PATCHCORD_POLICY", &policy.display().to_string());
        let port = |address: String| url::Url::parse(&address).ok().and_then(|url| url.port());
        let (pbx, org) = (port(office.pbx.address()), port(office.salesforce.login()));
        let places = vec![
            Tap::plain(pbx).await,
            Tap::encrypted(pbx).await,
            Tap::plain(None).await,
            Tap::encrypted(None).await,
        ];
        let logins = vec![Tap::plain(org).await, Tap::plain(None).await];
        let running = Some(desk.starts().await);
        Self {
            seed,
            chance: StdRng::seed_from_u64(seed),
            office,
            desk,
            places,
            logins,
            given: BTreeSet::new(),
            done: Vec::new(),
            running,
            _keyring: keyring,
        }
    }

    async fn run(mut self) -> usize {
        self.connects(0).await;
        self.office.signs_in(&self.desk).await;
        for _ in 0..STEPS {
            let place = self.chance.random_range(0..self.places.len());
            match self.chance.random_range(0..8) {
                0..2 => self.policy(place).await,
                2..5 => self.file(place).await,
                5 => self.connects(place).await,
                6 => {
                    for words in [["doctor"], ["retry"], ["status"]] {
                        self.desk.runs(&words, "");
                    }
                }
                _ => {
                    self.rests().await;
                    self.desk.runs(&["doctor"], "");
                    self.goes_on().await;
                }
            }
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        self.rests().await;
        self.verdict()
    }

    async fn rests(&mut self) {
        if let Some(engine) = self.running.take() {
            engine.quits().await;
        }
    }

    async fn goes_on(&mut self) {
        if self.running.is_none() {
            self.running = Some(self.desk.starts().await);
        }
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    }

    /// A person connects the PBX there; where a policy says otherwise, that is refused before anything is sent.
    async fn connects(&mut self, place: usize) {
        self.goes_on().await;
        let tap = &self.places[place];
        let (address, id) = (tap.address(), self.office.pbx.client_id());
        let mut words =
            vec!["connect", "pbx", "--address", &address, "--client-id", &id, "--secret-stdin"];
        let pin = tap.pin();
        words.extend(pin.as_deref().map(|pin| ["--pin", pin]).into_iter().flatten());
        self.given.insert(place);
        let (code, _) = self.desk.runs(&words, &self.office.pbx.client_secret());
        self.done.push(format!("connects at {place}: {code}"));
    }

    /// The policy that the environment names becomes another one under the running program.
    async fn policy(&mut self, place: usize) {
        let tap = &self.places[place];
        let pin = tap.pin().unwrap_or_default();
        let mut text = String::new();
        if self.chance.random_bool(0.7) {
            text += &format!(
                "[pbx]\naddress = \"{}\"\ncertificate_sha256 = \"{pin}\"\n",
                tap.address()
            );
        }
        if self.chance.random_bool(0.5) {
            let login = self.chance.random_range(0..self.logins.len());
            text += &format!("[salesforce]\nlogin = \"{}\"\n", self.logins[login].login());
        }
        fs::write(self.desk.folder.join("policy.toml"), &text).expect("a file");
        self.done.push(format!("policy: {text}"));
        self.goes_on().await;
        // It is read again every four seconds.
        tokio::time::sleep(std::time::Duration::from_millis(4_800)).await;
    }

    /// Somebody writes other addresses into settings.toml while the program is off.
    async fn file(&mut self, place: usize) {
        self.rests().await;
        let login = self.chance.random_range(0..self.logins.len());
        let tap = &self.places[place];
        is_written(
            &self.desk,
            &[
                ("address", tap.address()),
                ("certificate_sha256", tap.pin().unwrap_or_default()),
                ("login", self.logins[login].login()),
            ],
        );
        self.done.push(format!("file: {place}, login {login}"));
        self.goes_on().await;
    }

    /// Returns how many places were told the secret that was given for them.
    fn verdict(&self) -> usize {
        let secret = self.office.pbx.client_secret();
        let told = |at: &usize| self.places[*at].has_heard(&secret);
        let heard: BTreeSet<usize> = (0..self.places.len()).filter(told).collect();
        let wrong: Vec<_> = heard.difference(&self.given).collect();
        assert!(wrong.is_empty(), "seed {}: {wrong:?} after {:#?}", self.seed, self.done);
        // The sign-in was made at the org's own address, and at no listener.
        for (at, login) in self.logins.iter().enumerate() {
            assert_eq!(login.heard(), "", "seed {}: login {at} after {:#?}", self.seed, self.done);
        }
        heard.len()
    }
}
