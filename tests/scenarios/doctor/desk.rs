//! What can be wrong with the computer, one at a time.

use engine::{
    command::Command,
    view::doctor::{CheckState, Who},
};
use scenarios::{Office, Options};

use super::assert_found;

#[tokio::test]
async fn a_desk_without_browser_notifications_and_links_is_told_what_it_lacks() {
    let office = Office::open().await;
    office.desk.is_bare();
    office.desk.browser_is_missing(true);
    let findings = office.examines().await;
    for (id, place) in [
        ("desk.browser", "Default applications"),
        ("desk.notifications", "Notifications"),
        ("desk.tel_links", "tel"),
    ] {
        assert_found(&findings, id, CheckState::Warn, Who::You, place);
    }
}

#[tokio::test]
async fn a_locked_secret_store_is_told() {
    let office = Office::open().await;
    office.secrets.is_locked(true);
    let findings = office.examines().await;
    assert_found(&findings, "secrets.store", CheckState::Fail, Who::You, "keyring");
    assert_eq!(findings.state("pbx.credentials"), CheckState::Ok, "what is known goes on");
}

#[tokio::test]
async fn a_person_without_an_extension_is_told_where_to_get_one() {
    let options = Options {
        connected: false,
        org: |org| org.users[0].email = "somebody.else@example.com".to_owned(),
        ..Options::default()
    };
    let office = Office::with(options).await;
    office.connects_pbx().await.expect("the PBX is connected");
    office.signs_in().await.expect("the org is connected");
    let findings = office.examines().await;
    assert_found(&findings, "binding.extension", CheckState::Fail, Who::You, "extension");
    for id in ["pbx.extension", "pbx.phone", "pbx.call_status_monitor"] {
        assert_eq!(findings.state(id), CheckState::Skip, "{:#?}", findings.check(id));
    }
    for id in ["pbx.trunk_monitors", "pbx.events"] {
        assert_eq!(findings.state(id), CheckState::Ok, "{:#?}", findings.check(id));
    }
    assert_eq!(office.pbx.live_tokens(), 1);
}

#[tokio::test]
async fn a_switched_off_integration_leaves_the_pbx_alone() {
    let office = Office::open().await;
    office.asks(Command::Disable).await.expect("it can be switched off");
    let asked = office.pbx.ledger().len();
    let findings = office.examines().await;
    assert_found(&findings, "integration.enabled", CheckState::Warn, Who::You, "enable");
    assert_eq!(findings.state("pbx.reachable"), CheckState::Skip);
    assert_eq!(findings.state("salesforce.session"), CheckState::Ok);
    let ledger = office.pbx.ledger();
    let asks =
        |one: &simulator::PbxRequest| !one.path.ends_with("/del_token") && one.method == "GET";
    assert!(!ledger[asked..].iter().any(asks), "{:#?}", &ledger[asked..]);
}

#[tokio::test]
async fn a_policy_is_named_with_its_keys_and_one_that_is_not_valid_any_more_is_told() {
    let policy = Some("[pop]\nwhen = \"answer\"\n".to_owned());
    let office = Office::with(Options { policy, connected: false, ..Options::default() }).await;
    let findings = office.examines().await;
    assert_found(&findings, "desk.policy", CheckState::Ok, Who::It, "policy.toml");
    assert!(findings.check("desk.policy").found.contains("pop.when"), "{findings:#?}");
    office.policy_becomes(Some("[pop]\nwhen = \"sometimes\"\n"));
    office.status_until("the policy is told", |status| status.problem.is_some()).await;
    assert_found(&office.examines().await, "desk.policy", CheckState::Fail, Who::It, "policy.toml");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_others_can_read_is_told_by_name() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let office = Office::open().await;
    fs::set_permissions(office.home.path().join("journal.db"), fs::Permissions::from_mode(0o644))
        .unwrap();
    let findings = office.examines().await;
    assert_found(&findings, "desk.data_folder", CheckState::Warn, Who::It, "data folder");
    assert!(findings.check("desk.data_folder").found.contains("journal.db"));
}
