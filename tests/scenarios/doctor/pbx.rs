//! What can be wrong with the PBX, one at a time.

use std::time::Duration;

use engine::{
    command::Command,
    view::doctor::{CheckState, Who},
};
use scenarios::{AGENT, Fault, FaultRule, Findings, Office, Options};
use serde_json::json;
use simulator::{
    PbxConfig, PbxSwitches,
    pbx::{Extension, Subscribing},
};

use super::assert_found;

const MONITORS: &str = "Integrations > API > Advanced Settings";

/// Asserts that one rung of the ladder broke: those below are well, those above were not looked at.
pub(super) fn assert_broken_at(findings: &Findings, id: &str) {
    const LADDER: [&str; 7] = [
        "pbx.reachable",
        "pbx.tls",
        "pbx.address_allowed",
        "pbx.address_blocked",
        "pbx.api",
        "pbx.credentials",
        "pbx.tokens",
    ];
    let broken = LADDER.iter().position(|rung| *rung == id).expect("a rung");
    for (at, rung) in LADDER.into_iter().enumerate() {
        // Plain HTTP within the computer has no certificate to look at.
        if rung == "pbx.tls" && id != "pbx.tls" {
            continue;
        }
        let expected = match at.cmp(&broken) {
            std::cmp::Ordering::Less => CheckState::Ok,
            std::cmp::Ordering::Equal => CheckState::Fail,
            std::cmp::Ordering::Greater => CheckState::Skip,
        };
        assert_eq!(findings.state(rung), expected, "{:#?}", findings.check(rung));
    }
    assert_eq!(findings.state("pbx.firmware"), CheckState::Skip);
    assert_eq!(findings.state("pbx.call_status_monitor"), CheckState::Skip);
    assert_eq!(findings.state("salesforce.session"), CheckState::Ok, "the other side is well");
}

#[tokio::test]
async fn each_refusal_at_the_pbxs_door_is_told_on_its_own_rung() {
    let office = Office::open().await;
    for (wrong, id, place) in [
        (
            (|pbx| pbx.address_forbidden = true) as fn(&mut PbxSwitches),
            "pbx.address_allowed",
            "Integrations > API > IP Restriction",
        ),
        (|pbx| pbx.api_off = true, "pbx.api", "Integrations > API"),
    ] {
        office.pbx.set(wrong);
        let findings = office.examines().await;
        assert_found(&findings, id, CheckState::Fail, Who::PbxAdmin, place);
        assert_broken_at(&findings, id);
        office.pbx.set(|pbx| *pbx = PbxSwitches::default());
        assert_eq!(office.examines().await.state(id), CheckState::Ok);
    }
    office.pbx.stop_listening();
    let findings = office.examines().await;
    assert_found(&findings, "pbx.reachable", CheckState::Fail, Who::PbxAdmin, "Integrations > API");
    assert_broken_at(&findings, "pbx.reachable");
}

#[tokio::test]
async fn a_refused_secret_is_told_and_not_tried_again_by_looking() {
    let office = Office::open().await;
    office.pbx.change_secret("another");
    office.pbx.expire_all_tokens();
    let refusals = || {
        let ledger = office.pbx.ledger();
        ledger
            .iter()
            .filter(|one| one.path.ends_with("/get_token") && one.errcode != Some(0))
            .count()
    };
    let findings = office.examines().await;
    let place = "Integrations > API";
    assert_found(&findings, "pbx.credentials", CheckState::Fail, Who::PbxAdmin, place);
    assert_broken_at(&findings, "pbx.credentials");
    for _ in 0..3 {
        assert_eq!(office.examines().await.state("pbx.credentials"), CheckState::Fail);
    }
    assert_eq!(refusals(), 1);
}

#[tokio::test]
async fn a_blocked_address_and_a_full_house_have_their_own_words() {
    let mut office = Office::open().await;
    office.quits().await;
    office.pbx.occupy_tokens(8);
    office.starts().await;
    let findings = office.examines().await;
    assert_found(&findings, "pbx.tokens", CheckState::Fail, Who::PbxAdmin, "Integrations > API");
    assert_broken_at(&findings, "pbx.tokens");
    assert_eq!(office.pbx.live_tokens(), 8);

    let pbx = PbxConfig { failures_allowed: 1, ..PbxConfig::default() };
    let office = Office::with(Options { pbx, ..Options::default() }).await;
    let wrong = Command::ConnectPbx {
        address: office.pbx.address(),
        client_id: office.pbx.client_id(),
        secret: "wrong".to_owned(),
        pin: None,
        country: None,
    };
    office.asks(wrong).await.expect_err("the secret is wrong");
    let findings = office.examines().await;
    let place = "Security > Security Rules > Blocked IPs";
    assert_found(&findings, "pbx.address_blocked", CheckState::Fail, Who::PbxAdmin, place);
    assert_broken_at(&findings, "pbx.address_blocked");
}

#[tokio::test]
async fn what_is_not_monitored_is_named_with_the_menu_to_tick_it() {
    let office = Office::open().await;
    let warn = CheckState::Warn;
    for (wrong, id, state, place) in [
        (
            (|pbx| pbx.unmonitored_extensions = [AGENT.to_owned()].into()) as fn(&mut PbxSwitches),
            "pbx.call_status_monitor",
            CheckState::Fail,
            "Extension Status Monitor",
        ),
        (
            |pbx| pbx.trunk_monitored = false,
            "pbx.trunk_monitors",
            CheckState::Fail,
            "Trunk Status Monitor",
        ),
        (
            |pbx| pbx.control_inbound_call = true,
            "pbx.control_inbound_call",
            warn,
            "Control Inbound Call",
        ),
    ] {
        office.pbx.set(wrong);
        let findings = office.examines().await;
        assert_found(&findings, id, state, Who::PbxAdmin, place);
        assert!(findings.check(id).place.starts_with(MONITORS));
        office.pbx.set(|pbx| *pbx = PbxSwitches::default());
        assert_eq!(office.examines().await.state(id), CheckState::Ok);
    }
    // A colleague's switch is nobody's business here.
    office.pbx.set(|pbx| pbx.unmonitored_extensions = ["4102".to_owned()].into());
    let findings = office.examines().await;
    assert_eq!(findings.state("pbx.call_status_monitor"), CheckState::Ok);
}

#[tokio::test]
async fn what_a_firmware_does_not_tell_is_not_made_up() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.trunk_switches_missing = true);
    let findings = office.examines().await;
    for id in ["pbx.trunk_monitors", "pbx.control_inbound_call"] {
        assert_found(&findings, id, CheckState::Skip, Who::PbxAdmin, MONITORS);
    }
    let missing = json!({ "errcode": 10001, "errmsg": "INTERFACE NOT EXISTED" });
    office.pbx.set(|pbx| {
        pbx.faults.push(FaultRule::always("status_monitor", Fault::Json(200, missing)));
    });
    let findings = office.examines().await;
    for id in ["pbx.call_status_monitor", "pbx.trunk_monitors", "pbx.control_inbound_call"] {
        assert_found(&findings, id, CheckState::Skip, Who::PbxAdmin, MONITORS);
    }
}

#[tokio::test]
async fn an_extension_without_a_phone_and_one_that_is_gone_are_told_apart() {
    let mut pbx = PbxConfig::default();
    pbx.extensions[0] = Extension { online: false, ..pbx.extensions[0].clone() };
    let office = Office::with(Options { pbx, ..Options::default() }).await;
    let findings = office.examines().await;
    assert_found(&findings, "pbx.phone", CheckState::Warn, Who::You, "Linkus");
    assert_eq!(findings.state("pbx.extension"), CheckState::Ok);

    let office = Office::open().await;
    office.asks(Command::Bind { extension: Some(AGENT.to_owned()) }).await.expect("it is there");
    office.pbx.remove_extension(AGENT);
    let findings = office.examines().await;
    assert_found(&findings, "pbx.extension", CheckState::Fail, Who::PbxAdmin, "Extension");
    assert_eq!(findings.state("pbx.phone"), CheckState::Skip);
}

#[tokio::test]
async fn an_old_firmware_and_a_wrong_clock_are_seen() {
    let pbx = PbxConfig {
        firmware: "37.6.0.12".to_owned(),
        clock_skew_s: 3 * 86_400,
        ..PbxConfig::default()
    };
    let office = Office::with(Options { pbx, ..Options::default() }).await;
    let findings = office.examines().await;
    assert_found(&findings, "pbx.firmware", CheckState::Fail, Who::PbxAdmin, "Upgrade");
    assert_found(&findings, "pbx.clock", CheckState::Warn, Who::PbxAdmin, "Date and Time");
    assert!(findings.check("pbx.clock").found.contains("3 d ahead"), "{findings:#?}");
}

#[tokio::test]
async fn a_deaf_event_stream_is_seen_although_the_pbx_answers() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.heartbeat_answered = false);
    let findings = office.examines().await;
    assert_found(&findings, "pbx.events", CheckState::Fail, Who::PbxAdmin, "Integrations > API");
    assert_eq!(findings.state("pbx.reachable"), CheckState::Ok);

    office.pbx.set(|pbx| {
        pbx.heartbeat_answered = true;
        pbx.subscribing = Subscribing::Refused(10005);
    });
    office.pbx.cut_sockets(scenarios::Cut::Close);
    office
        .status_until("it is deaf", |status| {
            status.pbx.problem.as_ref().is_some_and(|one| one.code == "pbx.events_down")
        })
        .await;
    let began = std::time::Instant::now();
    let findings = office.examines().await;
    assert!(began.elapsed() < Duration::from_secs(5), "a stream that is down is not waited for");
    assert_found(&findings, "pbx.events", CheckState::Fail, Who::PbxAdmin, "Integrations > API");
}
