//! Addresses that somebody else puts into the policy or into settings.toml: the built program shows a listener there no
//! secret.

use std::fs;

use engine::view::{LinkState, Status};
use scenarios::{Tap, eventually, stays};

use crate::{
    desk::{Desk, Office},
    keyring::Keyring,
};

/// Somebody's listeners, in the place of the PBX and of the sign-in.
struct Strangers {
    pbx: Tap,
    login: Tap,
}

impl Strangers {
    async fn listen() -> Self {
        Self { pbx: Tap::plain(None).await, login: Tap::plain(None).await }
    }

    /// Whatever they were told: the secret of the PBX, a refresh token, or anything else.
    fn heard(&self) -> String {
        self.pbx.heard() + &self.login.heard()
    }
}

fn asks(status: &Status) -> bool {
    let code = |problem: &Option<engine::view::Problem>| {
        problem.as_ref().map(|problem| problem.code.clone()).unwrap_or_default()
    };
    status.pbx.state == LinkState::SignedOut
        && status.salesforce.state == LinkState::SignedOut
        && code(&status.pbx.problem) == "pbx.other_address"
        && code(&status.salesforce.problem) == "salesforce.other_login"
}

async fn nobody_is_told(strangers: &Strangers) {
    let time = std::time::Duration::from_secs(6);
    stays("nobody is told anything", time, || async { strangers.heard().is_empty() }).await;
}

/// Writes the addresses of a file anew.
pub(crate) fn is_written(desk: &Desk, lines: &[(&str, String)]) {
    let file = desk.home().join("settings.toml");
    let text = fs::read_to_string(&file).expect("there are settings");
    let line = |line: &str| {
        let named = lines.iter().find(|(key, _)| line.starts_with(&format!("{key} = ")));
        named.map_or_else(|| format!("{line}\n"), |(key, value)| format!("{key} = \"{value}\"\n"))
    };
    fs::write(file, text.lines().map(line).collect::<String>()).expect("they can be written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_policy_that_changes_under_the_program_shows_no_secret_to_whoever_it_names() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let policy = desk.folder.join("policy.toml");
    fs::write(&policy, "[numbers]\ncountry = \"DE\"\n").expect("a file");
    let desk = desk.knows("PATCHCORD_POLICY", &policy.display().to_string());
    let engine = desk.starts().await;
    office.connects(&desk).await;
    let strangers = Strangers::listen().await;

    let (address, login) = (strangers.pbx.address(), strangers.login.login());
    let moved = format!("[pbx]\naddress = \"{address}\"\n[salesforce]\nlogin = \"{login}\"\n");
    fs::write(&policy, moved).expect("a file");
    eventually("a person is asked", || async {
        asks(&desk.status()) || !strangers.heard().is_empty()
    })
    .await;
    nobody_is_told(&strangers).await;
    let (_, said) = desk.runs(&["status"], "");
    assert!(said.contains("was not sent there"), "{said}");
    desk.runs(&["doctor"], "");
    desk.runs(&["retry"], "");
    assert_eq!(strangers.heard(), "");

    fs::write(&policy, "[numbers]\ncountry = \"DE\"\n").expect("a file");
    eventually("it goes on by itself", || async {
        desk.status().integration == engine::view::Integration::Connected
    })
    .await;
    assert_eq!(office.salesforce.grants(), 1);
    assert_eq!(strangers.heard(), "");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn settings_that_were_changed_while_it_was_off_show_no_secret_of_the_keyring_to_anybody() {
    let office = Office::open().await;
    let (_keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    engine.quits().await;
    let strangers = Strangers::listen().await;
    let (address, login) = (strangers.pbx.address(), strangers.login.login());
    is_written(&desk, &[("address", address), ("login", login)]);

    let (_, said) = desk.runs(&["doctor"], "");
    desk.runs(&["status"], "");
    assert_eq!(strangers.heard(), "", "without an instance");
    assert!(said.contains("was not sent there"), "{said}");
    let engine = desk.starts().await;
    eventually("a person is asked", || async {
        asks(&desk.status()) || !strangers.heard().is_empty()
    })
    .await;
    nobody_is_told(&strangers).await;
    engine.quits().await;

    is_written(&desk, &[("address", office.pbx.address()), ("login", office.salesforce.login())]);
    let engine = desk.starts().await;
    eventually("it goes on by itself", || async {
        desk.status().integration == engine::view::Integration::Connected
    })
    .await;
    assert_eq!(office.salesforce.grants(), 1);
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_secret_that_is_too_long_on_standard_input_is_refused_and_not_cut() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    let (address, id) = (office.pbx.address(), office.pbx.client_id());
    let words = ["connect", "pbx", "--address", &address, "--client-id", &id, "--secret-stdin"];
    // The first as long as a secret can be, the next ones too long by one, by a page, and cut within a character.
    for (secret, code, said_so) in [
        ("x".repeat(256) + "\n", 1, "refused the client ID"),
        ("x".repeat(257), 2, "longer than 256 characters"),
        ("x".repeat(5_000), 2, "longer than 256 characters"),
        ("x".to_owned() + &"ü".repeat(600), 2, "longer than 256 characters"),
        ("x".to_owned() + &"\u{1f600}".repeat(600), 2, "longer than 256 characters"),
    ] {
        let (ended, said) = desk.runs(&words, &secret);
        assert_eq!((ended.code(), said.contains(said_so)), (Some(code), true), "{said}");
    }
    let tries = office.pbx.ledger().iter().filter(|one| one.path.ends_with("/get_token")).count();
    assert_eq!(tries, 1, "the long ones cost none");
    engine.quits().await;
}
