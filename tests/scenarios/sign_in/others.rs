//! Other users and other orgs on the same desk: what was heard for one is never sent for another.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    ports::SecretName,
    view::{JournalState, LinkState},
};
use scenarios::{ADA, Fault, FaultRule, Office, stays};

const MARA: &str = "mara.voss@example.com";
const LEO: &str = "leo.brandt@example.com";

fn tasks_are_refused(office: &Office) {
    let busy = FaultRule::always("/sobjects/Task", Fault::Html(503)).on("POST");
    office.salesforce.set(|org| org.faults = vec![busy]);
}

#[tokio::test]
async fn a_desk_is_set_up_all_the_while_somebody_signs_in_again() {
    let office = Office::open().await;
    let mut events = office.events();
    office.signs_in_as(&office.salesforce, LEO).await.expect("somebody is signed in");

    let mut states = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Status(status) = event {
            states.push(status.salesforce.state);
        }
    }
    assert!(states.contains(&LinkState::Connecting), "{states:?}");
    assert!(!states.contains(&LinkState::NotConfigured), "{states:?}");
}

#[tokio::test]
async fn the_first_users_entries_are_held_while_another_user_is_signed_in() {
    let office = Office::open().await;
    tasks_are_refused(&office);
    let maras = office.has_spoken_with(ADA).await;
    office.waits(&maras).await;

    office.signs_in_as(&office.salesforce, LEO).await.expect("somebody is signed in");
    office
        .status_until("Leo is bound", |status| status.binding.extension.as_deref() == Some("4102"))
        .await;
    office.is_live().await;
    office.salesforce.set(|org| org.faults.clear());
    let call = office.pbx.inbound(ADA, "4102");
    office.shows(&call, engine::view::CallResult::Ringing).await;
    call.answer("4102");
    call.talked_seconds(5);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["OwnerId"].as_str(), office.salesforce.user_id(LEO).as_deref());
    office.retries().await;
    stays("Mara's entry is held", Duration::from_secs(3), || async {
        office.tasks_of(&maras).is_empty()
    })
    .await;
    let held = office.call(&maras).await.expect("it is in the list");
    assert_eq!(held.journal.state, JournalState::Waiting);
    assert!(held.journal.reason.is_some_and(|reason| reason.contains("another user")));

    office.signs_in_as(&office.salesforce, MARA).await.expect("somebody is signed in");
    office.all_logged(std::slice::from_ref(&maras)).await;
    let task = office.tasks_of(&maras).remove(0);
    assert_eq!(task["OwnerId"].as_str(), office.salesforce.user_id(MARA).as_deref());
}

#[tokio::test]
async fn after_a_disconnect_nothing_of_one_org_reaches_another() {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    tasks_are_refused(&office);
    let firsts = office.has_spoken_with(ADA).await;
    office.waits(&firsts).await;

    let reply = office.asks(Command::Disconnect).await.expect("it is disconnected");
    assert_eq!(reply, Reply::Disconnected { waiting: 1 });
    assert_eq!(office.salesforce.grants(), 0, "the sign-in is revoked");
    for name in SecretName::ALL {
        assert_eq!(office.secrets.peek(name), None, "{name:?} is forgotten");
    }
    assert_eq!(office.status().await.salesforce.state, LinkState::NotConfigured);
    office.salesforce.set(|org| org.faults.clear());
    office.salesforce.forget_ledger();

    let other = office.other_org().await;
    assert_ne!(other.org_id(), office.salesforce.org_id());
    office.connects_pbx().await.expect("the PBX is connected");
    office.signs_in_as(&other, MARA).await.expect("somebody is signed in");
    office.is_live().await;
    let opened = office.desk.opened().len();
    let seconds = office.has_spoken_with(ADA).await;
    scenarios::eventually("a Task in the other org", || async { other.tasks().len() == 1 }).await;
    let task = other.tasks().remove(0);
    assert!(task["CallObject"].as_str().is_some_and(|key| key.contains(&seconds)), "{task}");
    assert_eq!(task["Subject"], "Inbound call from +49493555017", "Ada is not known there");
    assert_eq!(office.desk.opened().len(), opened, "a page of the first org is not opened");
    let held = office.call(&firsts).await.expect("it is in the list");
    assert_eq!(held.journal.state, JournalState::Waiting);
    assert!(held.journal.reason.is_some_and(|reason| reason.contains("another Salesforce org")));
    stays("the first org's entry is held", Duration::from_secs(2), || async {
        other.tasks().len() == 1
    })
    .await;
    assert!(office.salesforce.ledger().is_empty(), "the first org is left alone");

    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&[firsts]).await;
    assert!(office.tasks_of(&seconds).is_empty());
    assert_eq!(other.tasks().len(), 1);
}

#[tokio::test]
async fn another_users_token_in_the_secret_store_takes_nothing_over_and_is_left_alone() {
    let mut office = Office::open().await;
    office.signs_in_as(&office.salesforce, LEO).await.expect("somebody is signed in");
    let leos = office.secrets.peek(SecretName::SalesforceRefresh).expect("it is kept");
    office.signs_in_as(&office.salesforce, MARA).await.expect("somebody is signed in");
    office.is_live().await;
    tasks_are_refused(&office);
    let maras = office.has_spoken_with(ADA).await;
    office.waits(&maras).await;
    let (tasks, grants) = (office.salesforce.tasks().len(), office.salesforce.grants());
    office.is_killed();
    // The store is restored from elsewhere.
    office.secrets.plant(SecretName::SalesforceRefresh, &leos);
    office.salesforce.set(|org| org.faults.clear());
    office.salesforce.forget_ledger();

    office.starts().await;
    let status = office
        .status_until("it is not Mara's", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    let problem = status.salesforce.problem.expect("it is told");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert!(problem.message.contains("another user's"), "{}", problem.message);
    stays("nothing is done in Leo's name", Duration::from_secs(2), || async {
        office.salesforce.tasks().len() == tasks && office.renewals() == 1
    })
    .await;
    assert_eq!(office.salesforce.grants(), grants, "Leo's sign-in is not ended");

    office.signs_in_as(&office.salesforce, MARA).await.expect("somebody is signed in");
    office.all_logged(std::slice::from_ref(&maras)).await;
    let task = office.tasks_of(&maras).remove(0);
    assert_eq!(task["OwnerId"].as_str(), office.salesforce.user_id(MARA).as_deref());
}
