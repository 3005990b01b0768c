//! Which extension is this user's: `User.Extension`, then the e-mail address, then by hand.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{BindingSource, BindingState, Integration, Status},
};
use scenarios::{ADA, AGENT, Office, Options};
use simulator::{OrgConfig, PbxConfig};

async fn office(org: fn(&mut OrgConfig), pbx: PbxConfig) -> Office {
    let office = Office::with(Options { org, pbx, connected: false, ..Options::default() }).await;
    office.connects_pbx().await.expect("the PBX is connected");
    office.signs_in().await.expect("the org is connected");
    office
}

fn bound(status: &Status) -> Option<(&str, BindingSource)> {
    (status.binding.state == BindingState::Bound)
        .then(|| status.binding.extension.as_deref().zip(status.binding.source))
        .flatten()
}

async fn is_bound(office: &Office, extension: &str, source: BindingSource) {
    let status =
        office.status_until("bound", |status| bound(status) == Some((extension, source))).await;
    assert_eq!(status.binding.problem, None);
    office.is_live().await;
}

/// A call to this extension pops, and one to another does not.
async fn hears_calls_of(office: &Office, own: &str, other: &str) {
    let theirs = office.pbx.inbound(ADA, other);
    let ours = office.pbx.inbound(ADA, own);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(office.call(&theirs.id()).await.is_none(), "a colleague's call is nobody's business");
    theirs.caller_hangs_up();
    ours.caller_hangs_up();
    office.task_of(&ours.id()).await;
    assert!(office.tasks_of(&theirs.id()).is_empty());
}

#[tokio::test]
async fn the_extension_of_the_salesforce_user_goes_before_the_address() {
    let office =
        office(|org| org.users[0].extension = "4102".to_owned(), PbxConfig::default()).await;
    is_bound(&office, "4102", BindingSource::SalesforceExtension).await;
    hears_calls_of(&office, "4102", AGENT).await;
}

#[tokio::test]
async fn an_extension_that_the_pbx_does_not_have_leaves_it_to_the_address() {
    let office =
        office(|org| org.users[0].extension = "4999".to_owned(), PbxConfig::default()).await;
    is_bound(&office, AGENT, BindingSource::Email).await;
}

#[tokio::test]
async fn addresses_are_compared_without_case_blanks_and_the_ending_of_a_sandbox() {
    let office = office(
        |org| {
            org.sandbox = true;
            org.users[0].email = " Mara.Voss@Example.com".to_owned();
        },
        PbxConfig::default(),
    )
    .await;
    is_bound(&office, AGENT, BindingSource::Email).await;
}

#[tokio::test]
async fn nobody_bound_is_said_and_a_person_binds_by_hand() {
    let office =
        office(|org| org.users[0].email = "somebody@example.org".to_owned(), PbxConfig::default())
            .await;
    let status = office
        .status_until("unbound, and said so", |status| status.binding.problem.is_some())
        .await;
    assert_eq!(status.binding.state, BindingState::Unbound);
    assert_eq!((&status.binding.extension, status.binding.source), (&None, None));
    assert_eq!(status.integration, Integration::Attention);
    let problem = status.binding.problem.expect("it is said");
    assert_eq!(problem.code, "binding.none");
    assert!(!problem.action.is_empty());
    let call = office.pbx.inbound(ADA, AGENT);
    call.caller_hangs_up();
    let refused = office.dials(ADA).await.expect_err("there is no phone to ring");
    assert_eq!(refused.code, "binding.none");
    let automatic = office.asks(Command::Bind { extension: None }).await.expect_err("no address");
    assert_eq!(automatic.code, "binding.none");

    let Ok(Reply::Extensions(known)) = office.asks(Command::Extensions).await else {
        panic!("the extensions to choose from");
    };
    let numbers: Vec<_> = known.iter().map(|entry| entry.number.as_str()).collect();
    assert_eq!(numbers, ["4101", "4102", "4103", "4104"]);
    for wrong in ["4999", "", "4101; drop", "0493555017"] {
        let bind = Command::Bind { extension: Some(wrong.to_owned()) };
        let refused = office.asks(bind).await.expect_err(wrong);
        assert_eq!(refused.code, "pbx.extension_gone");
    }
    // Records tell times in whole seconds; a call of this very second would be taken for one that was missed.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let bind = Command::Bind { extension: Some(AGENT.to_owned()) };
    office.asks(bind).await.expect("it is bound");
    is_bound(&office, AGENT, BindingSource::Manual).await;
    assert_eq!(office.calls().await, [], "nothing from before is caught up");
    hears_calls_of(&office, AGENT, "4102").await;
}

#[tokio::test]
async fn a_binding_by_hand_goes_before_all_and_can_be_given_up() {
    let mut office = office(|_| {}, PbxConfig::default()).await;
    is_bound(&office, AGENT, BindingSource::Email).await;
    let bind = Command::Bind { extension: Some("4103".to_owned()) };
    office.asks(bind).await.expect("it is bound");
    is_bound(&office, "4103", BindingSource::Manual).await;
    hears_calls_of(&office, "4103", AGENT).await;
    office.quits().await;
    office.starts().await;
    is_bound(&office, "4103", BindingSource::Manual).await;
    let reply = office.asks(Command::Bind { extension: None }).await;
    assert_eq!(reply, Ok(Reply::Bound { extension: AGENT.to_owned() }));
    is_bound(&office, AGENT, BindingSource::Email).await;
}

#[tokio::test]
async fn two_extensions_with_one_address_are_a_conflict_for_a_person() {
    let mut pbx = PbxConfig::default();
    pbx.extensions[2].email = "mara.voss@example.com".to_owned();
    let office = office(|_| {}, pbx).await;
    let status = office
        .status_until("a conflict", |status| status.binding.state == BindingState::Conflict)
        .await;
    assert_eq!(
        status.binding.problem.map(|problem| problem.code).as_deref(),
        Some("binding.conflict")
    );
    assert_eq!(status.binding.extension, None, "nobody guesses");
    let bind = Command::Bind { extension: Some(AGENT.to_owned()) };
    office.asks(bind).await.expect("it is bound");
    is_bound(&office, AGENT, BindingSource::Manual).await;
}

#[tokio::test]
async fn an_extension_that_is_gone_is_said() {
    let mut office = office(|_| {}, PbxConfig::default()).await;
    let bind = Command::Bind { extension: Some("4103".to_owned()) };
    office.asks(bind).await.expect("it is bound");
    is_bound(&office, "4103", BindingSource::Manual).await;
    office.quits().await;
    office.pbx.remove_extension("4103");
    office.starts().await;
    let status =
        office.status_until("it is missed", |status| status.binding.problem.is_some()).await;
    let problem = status.binding.problem.expect("it is said");
    assert_eq!(problem.code, "pbx.extension_gone");
    assert!(problem.message.contains("4103"), "{}", problem.message);
    assert_eq!(status.integration, Integration::Attention);

    let reply = office.asks(Command::Bind { extension: None }).await;
    assert_eq!(reply, Ok(Reply::Bound { extension: AGENT.to_owned() }));
    office.quits().await;
    office.pbx.remove_extension(AGENT);
    office.starts().await;
    let status = office
        .status_until("unbound, and said so", |status| {
            status.binding.state == BindingState::Unbound && status.binding.problem.is_some()
        })
        .await;
    assert_eq!(status.binding.problem.map(|problem| problem.code).as_deref(), Some("binding.none"));
}

/// The PBX tells nobody of a new extension, and Salesforce nobody of a changed user.
#[tokio::test]
async fn an_extension_that_others_have_put_right_is_found_by_itself_and_for_whoever_binds() {
    let named = |extension: &str| serde_json::json!({ "Extension": extension });
    let office =
        office(|org| org.users[0].email = "somebody@example.org".to_owned(), PbxConfig::default())
            .await;
    let missing = |status: &Status| status.says("binding.none");
    office.status_until("unbound, and said so", missing).await;
    let user = office.salesforce.user_id("mara.voss@example.com").expect("she is there");

    office.salesforce.update("User", &user, named(AGENT));
    office.clock.passes(Duration::from_secs(121));
    is_bound(&office, AGENT, BindingSource::SalesforceExtension).await;

    office.salesforce.update("User", &user, named("4103"));
    let reply = office.asks(Command::Bind { extension: None }).await;
    assert_eq!(reply, Ok(Reply::Bound { extension: "4103".to_owned() }));

    office.pbx.remove_extension("4102");
    let bind = Command::Bind { extension: Some("4102".to_owned()) };
    let refused = office.asks(bind.clone()).await;
    // What is known is from before; the list that a new connection begins with shows it.
    assert_eq!(refused, Ok(Reply::Bound { extension: "4102".to_owned() }));
    office.pbx.cut_sockets(scenarios::Cut::Reset);
    office.status_until("it is missed", |status| status.says("pbx.extension_gone")).await;
    let other = Command::Bind { extension: Some(AGENT.to_owned()) };
    office.asks(other).await.expect("it is bound");
    let refused = office.asks(bind.clone()).await.expect_err("the PBX does not have it");
    assert_eq!(refused.code, "pbx.extension_gone");
    office.pbx.restore_extension("4102");
    office.asks(bind).await.expect("the PBX is asked again");
    is_bound(&office, "4102", BindingSource::Manual).await;
}
