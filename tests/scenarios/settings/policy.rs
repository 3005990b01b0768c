//! The administrator's policy: in force from the start, changed under a running program, broken, removed.

use std::time::Duration;

use engine::{
    command::Command,
    settings::{PopSettings, SettingsPatch, Unknown, When},
    view::{BindingSource, Integration, LinkState},
};
use scenarios::{ADA, AGENT, Office, Options, eventually, stays};
use simulator::{Pbx, PbxConfig};

async fn office(policy: &str) -> Office {
    Office::with(Options { policy: Some(policy.to_owned()), ..Options::default() }).await
}

/// Ada calls and hangs up; says whether her page opened.
async fn pops(office: &Office) -> bool {
    office.desk.forgets_pages();
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let opened = !office.desk.opened().is_empty();
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
    opened
}

#[tokio::test]
async fn a_changed_policy_takes_effect_without_a_restart() {
    let office = office("[pop]\nwhen = \"never\"\n").await;
    let settings = office.settings().await;
    assert_eq!(settings.locked, ["pop.when"]);
    assert_eq!(settings.policy_file, Some(office.policy_file().display().to_string()));
    assert!(!pops(&office).await);

    office.policy_becomes(Some(
        "[pop]\nwhen = \"ring\"\n[dial]\nblocked = [\"+49493*\"]\n[journal]\nmissed = false\n",
    ));
    office.settings_until("the new keys are locked", |settings| settings.locked.len() == 3).await;
    let refused = office.dials(ADA).await.expect_err("the number is blocked now");
    assert_eq!(refused.code, "dial.blocked");
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();
    office
        .call_until(&call.id(), "not logged any more", |view| {
            view.journal.state == engine::view::JournalState::Skipped
        })
        .await;

    office.policy_becomes(None);
    office.settings_until("nothing is locked", |settings| settings.locked.is_empty()).await;
    assert_eq!(office.settings().await.policy_file, None);
    assert_eq!(office.status().await.problem, None, "none is needed");
}

#[tokio::test]
async fn a_policy_that_becomes_invalid_leaves_the_last_one_in_force_and_is_said() {
    let office = office("[pop]\nwhen = \"never\"\n").await;
    office.policy_becomes(Some("[pop]\nwhen = \"never\"\n[numbers]\ncountry = \"Germany\"\n"));
    let status = office
        .status_until("it is said", |status| status.integration == Integration::Attention)
        .await;
    let problem = status.problem.expect("it is said what");
    assert_eq!(problem.code, "policy.invalid");
    let place = format!("{}, line 4: numbers.country", office.policy_file().display());
    assert!(problem.message.contains(&place), "{}", problem.message);
    assert_eq!(office.settings().await.locked, ["pop.when"]);
    assert!(!pops(&office).await);

    office.policy_becomes(Some("[pop]\nwhen = \"answer\"\n"));
    let status = office.status_until("it is mended", |status| status.problem.is_none()).await;
    assert_eq!(status.integration, Integration::Connected);
    assert_eq!(office.settings().await.values.pop.when, When::Answer);
}

#[tokio::test]
async fn what_the_policy_sets_cannot_be_changed_and_the_refusal_names_the_policy() {
    let office = office("[pop]\nwhen = \"never\"\n[binding]\nextension = \"4101\"\n").await;
    let status = office.status().await;
    assert_eq!(status.binding.source, Some(BindingSource::Policy));
    let pop = PopSettings { when: When::Ring, outbound: true, unknown: Unknown::Nothing };
    let patch = SettingsPatch { pop: Some(pop), ..SettingsPatch::default() };
    for command in [
        Command::ChangeSettings { patch: Box::new(patch) },
        Command::Bind { extension: Some("4102".to_owned()) },
        Command::Bind { extension: None },
    ] {
        let refused = office.asks(command.clone()).await.expect_err("it is locked");
        assert_eq!(refused.code, "policy.locked", "{command:?}");
        let file = office.policy_file().display().to_string();
        assert!(refused.message.contains(&file), "{}", refused.message);
    }
    assert!(!office.settings().await.values.pop.outbound, "all or nothing");
    assert_eq!(office.status().await.binding.extension.as_deref(), Some(AGENT));
    assert!(!pops(&office).await);
}

#[tokio::test]
async fn another_pbx_than_the_policys_is_refused_before_it_is_asked() {
    let pbx = Pbx::start(PbxConfig::default()).await;
    let office = Office::with(Options {
        policy: Some(format!("[pbx]\naddress = \"{}/\"\n", pbx.address())),
        connected: false,
        ..Options::default()
    })
    .await;
    let refused = office.connects_pbx().await.expect_err("the policy names another");
    assert_eq!(refused.code, "policy.locked");
    assert!(office.pbx.ledger().is_empty(), "no secret was sent to it");

    let ours = Command::ConnectPbx {
        address: pbx.address(),
        client_id: pbx.client_id(),
        secret: pbx.client_secret(),
        pin: None,
        country: None,
    };
    office.asks(ours).await.expect("the policy's own address may be given, however it is spelled");
    office.status_until("connected", |status| status.pbx.state == LinkState::Connected).await;
}

#[tokio::test]
async fn the_program_follows_the_policy_to_another_pbx_and_leaves_no_token_behind() {
    let office = Office::open().await;
    let config = PbxConfig { serial: "3631B0000001".to_owned(), tls: true, ..PbxConfig::default() };
    let other = Pbx::start(config).await;
    let pin = other.certificate_sha256().expect("it has one");
    let address = other.address();
    office.policy_becomes(Some(&format!(
        "[pbx]\naddress = \"{address}\"\ncertificate_sha256 = \"{pin}\"\n"
    )));
    office
        .status_until("connected to the other PBX", |status| {
            status.pbx.serial.as_deref() == Some("3631B0000001")
                && status.pbx.events == engine::view::EventsState::Live
        })
        .await;
    assert_eq!((office.pbx.live_tokens(), other.live_tokens()), (0, 1));
    let call = other.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();

    office.policy_becomes(None);
    office
        .status_until("back", |status| {
            status.pbx.serial.as_deref() == Some(office.pbx.serial().as_str())
        })
        .await;
    office.is_live().await;
    eventually("the other one's token is given back", || async { other.live_tokens() == 0 }).await;
}

#[tokio::test]
async fn the_policy_switches_off_and_nobody_else_switches_on() {
    let office = Office::open().await;
    office.policy_becomes(Some("[integration]\nenabled = false\n"));
    let status =
        office.status_until("off", |status| status.integration == Integration::Disabled).await;
    assert!(status.disabled_since.is_some());
    let refused = office.asks(Command::Enable).await.expect_err("it is locked");
    assert_eq!(refused.code, "policy.locked");
    eventually("deaf, and without a token", || async {
        office.pbx.subscribers() == 0 && office.pbx.live_tokens() == 0
    })
    .await;
    let unheard = office.pbx.inbound(ADA, AGENT);
    unheard.caller_hangs_up();
    // Records tell times in whole seconds.
    tokio::time::sleep(Duration::from_millis(1_200)).await;

    office.policy_becomes(None);
    office.is_live().await;
    assert_eq!(office.status().await.disabled_since, None);
    stays("nothing is caught up", Duration::from_secs(1), || async {
        office.salesforce.tasks().is_empty()
    })
    .await;
}
