//! The report as a whole: a healthy desk, the document's shape, what must not be in it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use engine::view::doctor::CheckState;
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, Options};
use simulator::PbxConfig;

async fn healthy_desk() -> Office {
    let pbx = PbxConfig { tls: true, ..PbxConfig::default() };
    let settings = "[numbers]\ncountry = \"DE\"\n".to_owned();
    let office = Office::with(Options { pbx, settings, ..Options::default() }).await;
    office.salesforce.set(|org| org.call_key_field = true);
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    office
}

#[tokio::test]
async fn a_healthy_desk_is_well_in_every_check() {
    let office = healthy_desk().await;
    let calls = office.salesforce.api_calls();
    let findings = office.examines().await;
    let well = findings.ids(CheckState::Ok).len();
    assert_eq!(well, findings.0.checks.len(), "{:#?}", findings.0);
    assert!(well >= 35, "only {well} checks");
    assert!(office.salesforce.api_calls() - calls <= 9, "the org's requests are not ours alone");
    assert_eq!(office.pbx.live_tokens(), 1, "the doctor takes no log-in of its own");
}

#[tokio::test]
async fn the_document_has_the_contracts_keys_and_counts_what_it_holds() {
    let document = Office::open().await.examines().await.json();
    let keys = |value: &serde_json::Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys(&document), set(&["checks", "summary"]));
    assert_eq!(keys(&document["summary"]), set(&["ok", "warn", "fail", "skip"]));
    let checks = document["checks"].as_array().expect("a list");
    let mut ids = BTreeSet::new();
    for check in checks {
        let wanted = ["id", "state", "found", "matters", "who", "do", "where"];
        assert_eq!(keys(check), set(&wanted));
        let word = |key: &str| check[key].as_str().expect("a text").to_owned();
        assert!(wanted.iter().all(|key| !word(key).is_empty()), "{check:#}");
        assert!(["ok", "warn", "fail", "skip"].contains(&&*word("state")), "{check:#}");
        let people = ["you", "pbx_admin", "salesforce_admin", "it"];
        assert!(people.contains(&&*word("who")), "{check:#}");
        assert!(ids.insert(word("id")), "{check:#} is there twice");
    }
    let counted: u64 = document["summary"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(counted, checks.len() as u64);
}

#[tokio::test]
async fn a_report_holds_no_secret_and_no_number_of_anybody() {
    let pbx = PbxConfig { trunk: "+49305550017".to_owned(), ..PbxConfig::default() };
    let office = Office::with(Options { pbx, ..Options::default() }).await;
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    // The trunk is named where it is not as it should be.
    office.pbx.set(|pbx| pbx.trunk_monitored = false);
    let well = office.examines().await.json().to_string();
    office.pbx.set(|pbx| pbx.api_off = true);
    office.salesforce.revoke_all();
    let ill = office.examines().await.json().to_string();
    let mut planted = office.pbx.secrets();
    planted.extend(office.salesforce.secrets());
    planted.extend([office.pbx.client_id(), office.salesforce.consumer_key()]);
    planted.extend([ADA, "49305550017", "493555017", "mara.voss@example.com"].map(str::to_owned));
    planted.extend(["Ada", "Mara"].map(str::to_owned));
    for text in [&well, &ill] {
        for secret in planted.iter().filter(|secret| !secret.is_empty()) {
            assert!(!text.contains(secret.as_str()), "{secret} is in the report: {text}");
        }
    }
    assert!(
        well.contains("17”") && well.contains(AGENT),
        "the trunk's last digits tell it: {well}"
    );
}

#[tokio::test]
async fn a_side_that_hangs_keeps_nobody_waiting_and_the_other_is_told() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.faults.push(FaultRule::always("openapi", Fault::Never)));
    let began = Instant::now();
    let findings = office.examines().await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(findings.state("pbx.reachable"), CheckState::Fail);
    assert_eq!(findings.state("salesforce.session"), CheckState::Ok);

    office.pbx.set(|pbx| pbx.faults.clear());
    office.salesforce.set(|org| org.faults.push(FaultRule::always("query", Fault::Never)));
    let began = Instant::now();
    let findings = office.examines().await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(findings.state("salesforce.reachable"), CheckState::Fail);
    assert_eq!(findings.state("pbx.events"), CheckState::Ok);
    // One question hangs: only its own check does not know.
    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::always("Lead/describe", Fault::Never)];
    });
    let findings = office.examines().await;
    assert_eq!(findings.state("salesforce.lead_fields"), CheckState::Fail);
    assert_eq!(findings.state("salesforce.contact_fields"), CheckState::Ok);
}
