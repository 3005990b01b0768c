//! The set-up is checked while no program runs.

use std::fs;

use engine::view::doctor::{CheckState, Who};
use scenarios::{ADA, Office, Options, Stranger};
use simulator::PbxConfig;

use super::{assert_found, pbx::assert_broken_at};

fn log_ins(office: &Office, granted: bool) -> usize {
    let ledger = office.pbx.ledger();
    let asked = ledger.iter().filter(|one| one.path.ends_with("/get_token"));
    asked.filter(|one| (one.errcode == Some(0)) == granted).count()
}

#[tokio::test]
async fn everything_is_looked_at_with_one_log_in_which_is_given_back() {
    let pbx = PbxConfig { tls: true, ..PbxConfig::default() };
    let settings = "[numbers]\ncountry = \"DE\"\n".to_owned();
    let mut office = Office::with(Options { pbx, settings, ..Options::default() }).await;
    office.salesforce.set(|org| org.call_key_field = true);
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    office.quits().await;
    let before = log_ins(&office, true);

    let findings = office.examines_at_rest().await;
    let well = findings.ids(CheckState::Ok).len();
    assert_eq!(well, findings.0.checks.len(), "{:#?}", findings.0);
    assert_eq!(log_ins(&office, true) - before, 1);
    assert_eq!(office.pbx.live_tokens(), 0, "the log-in is given back");
    assert_eq!(office.pbx.subscribers(), 0, "nobody listens any more");

    // The sign-in that was renewed meanwhile is the one that the next start goes on with.
    office.starts().await;
    office.is_live().await;
}

#[tokio::test]
async fn a_secret_that_was_refused_while_looking_is_never_tried_again_by_itself() {
    let mut office = Office::open().await;
    office.quits().await;
    office.pbx.change_secret("another");
    for _ in 0..3 {
        let findings = office.examines_at_rest().await;
        let place = "Integrations > API";
        assert_found(&findings, "pbx.credentials", CheckState::Fail, Who::PbxAdmin, place);
    }
    office.starts().await;
    office
        .status_until("the refusal is known", |status| {
            status.pbx.problem.as_ref().is_some_and(|one| one.code == "pbx.credentials_refused")
        })
        .await;
    assert_eq!(log_ins(&office, false), 1);
    let findings = office.examines().await;
    assert_eq!(findings.state("pbx.credentials"), CheckState::Fail);
    assert_eq!(log_ins(&office, false), 1);
}

/// A part of row J12 of faults.md.
#[tokio::test]
async fn a_fingerprint_that_is_not_the_one_that_the_secret_was_given_for_gets_no_secret() {
    let pbx = PbxConfig { tls: true, ..PbxConfig::default() };
    let mut office = Office::with(Options { pbx, ..Options::default() }).await;
    office.quits().await;
    let settings = office.home.path().join("settings.toml");
    let pin = office.pbx.certificate_sha256().expect("it shows one");
    let text = fs::read_to_string(&settings).unwrap().replace(&pin, &"ab".repeat(32));
    fs::write(&settings, text).unwrap();
    let asked = office.pbx.ledger().len();
    let findings = office.examines_at_rest().await;
    let place = "Integrations > API";
    assert_found(&findings, "pbx.credentials", CheckState::Fail, Who::PbxAdmin, place);
    assert_eq!(findings.state("pbx.tls"), CheckState::Skip);
    assert_eq!(office.pbx.ledger().len(), asked, "nothing was sent");
}

#[tokio::test]
async fn another_certificate_than_the_confirmed_one_is_the_rung_that_breaks_and_gets_no_secret() {
    let pbx = PbxConfig { tls: true, ..PbxConfig::default() };
    let mut office = Office::with(Options { pbx, ..Options::default() }).await;
    let address = url::Url::parse(&office.pbx.address()).expect("an address");
    office.quits().await;
    office.pbx.stop_listening();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("one");
    let certificate = made.cert.der().clone();
    let port = address.port().expect("a port");
    let other = Stranger::showing_at(port, certificate, &made.signing_key).await;

    let findings = office.examines_at_rest().await;
    assert_found(&findings, "pbx.tls", CheckState::Fail, Who::PbxAdmin, "Certificate");
    assert_broken_at(&findings, "pbx.tls");
    let confirmed = office.pbx.certificate_sha256().expect("it has one");
    assert!(findings.check("pbx.tls").found.contains(&confirmed), "both are named");
    assert_eq!(other.heard(), Vec::<String>::new(), "nothing was sent");

    // Running, the same is found.
    office.starts().await;
    let changed = |status: &engine::view::Status| {
        status.pbx.problem.as_ref().is_some_and(|problem| problem.code == "pbx.tls_changed")
    };
    office.status_until("the other certificate is noticed", changed).await;
    let findings = office.examines().await;
    assert_broken_at(&findings, "pbx.tls");
    assert_eq!(other.heard(), Vec::<String>::new(), "nothing was sent");
}

#[tokio::test]
async fn a_new_home_is_told_what_to_set_up_first() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let findings = office.examines().await;
    for id in ["pbx.reachable", "pbx.events", "salesforce.reachable", "salesforce.call_key"] {
        let check = findings.check(id);
        assert_eq!((check.state, check.who), (CheckState::Skip, Who::You), "{check:#?}");
        assert!(check.todo.contains("Connect"), "{check:#?}");
    }
    assert_eq!(findings.ids(CheckState::Fail), Vec::<&str>::new());
    assert!(office.pbx.ledger().is_empty() && office.salesforce.ledger().is_empty());
}
