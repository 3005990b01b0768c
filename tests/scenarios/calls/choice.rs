//! Several records have the caller's number.

use engine::{command::Command, view::JournalState};
use scenarios::{ADA, AGENT, Office};
use serde_json::json;

/// A second Moreno at the same number: with Ada two candidates of one account, or of none.
async fn two_morenos(office: &Office, account: bool) -> (String, Option<String>) {
    let account = account.then(|| {
        let id = office.salesforce.insert("Account", json!({ "Name": "Moreno GmbH" }));
        office.salesforce.update("Contact", &office.ada, json!({ "AccountId": id }));
        id
    });
    let luis = office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Luis", "LastName": "Moreno", "MobilePhone": "0493 555017", "AccountId": account }),
    );
    (luis, account)
}

#[tokio::test]
async fn several_candidates_open_nothing_and_a_choice_made_afterwards_updates_the_task() {
    let office = Office::open().await;
    let (luis, account) = two_morenos(&office, true).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    let task = office.talks(&call, 40).await;
    assert_eq!(task["Subject"], "Inbound call from +49493555017");
    assert!(task["WhoId"].is_null(), "nobody has chosen");
    assert_eq!(task["WhatId"], json!(account), "both belong to it");
    assert!(office.desk.opened().is_empty(), "a person chooses");
    let note = office
        .desk
        .notes()
        .into_iter()
        .find(|note| !note.buttons.is_empty())
        .expect("it offers both");
    assert!(note.body.contains("2 records have this number"), "{}", note.body);
    let offered: Vec<_> = note.buttons.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(offered, ["Ada Moreno", "Luis Moreno"]);

    let choose = Command::Choose { call: call.id(), record: luis.clone(), remember: true };
    office.asks(choose).await.expect("it is kept");
    scenarios::eventually("the Task names him", || async {
        office.task_of(&call.id()).await["WhoId"] == luis
    })
    .await;
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Luis Moreno");
    assert_eq!(task["CallDurationInSeconds"], 40, "nothing else has changed");
    assert_eq!(office.task_writes(), (1, 1), "one Task, changed once");
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.record.map(|record| record.id), Some(luis.clone()));
    assert_eq!(view.journal.state, JournalState::Logged);

    let again = office.pbx.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &luis)]).await;
    again.caller_hangs_up();
    let task = office.task_of(&again.id()).await;
    assert_eq!(task["WhoId"], luis, "remembered for the number");
}

#[tokio::test]
async fn candidates_of_different_accounts_leave_the_task_without_one() {
    let office = Office::open().await;
    two_morenos(&office, false).await;
    let lead = office.salesforce.insert(
        "Lead",
        json!({ "LastName": "Moreno", "Company": "Moreno KG", "Phone": "+49493555017" }),
    );
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 3).await;
    let task = office.talks(&call, 5).await;
    assert!(task["WhoId"].is_null() && task["WhatId"].is_null());
    assert!(office.desk.opened().is_empty());

    let choose = Command::Choose { call: call.id(), record: lead.clone(), remember: false };
    office.asks(choose).await.expect("it is kept");
    scenarios::eventually("the Task names the lead", || async {
        office.task_of(&call.id()).await["WhoId"] == lead
    })
    .await;
}

#[tokio::test]
async fn a_choice_made_while_it_rings_counts_for_the_task() {
    let office = Office::open().await;
    let (luis, _) = two_morenos(&office, true).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    let choose = Command::Choose { call: call.id(), record: luis.clone(), remember: false };
    office.asks(choose).await.expect("it is kept");
    let open = Command::OpenRecord { call: call.id(), record: Some(luis.clone()) };
    office.asks(open).await.expect("it opens");
    office.opens(&[office.page("Contact", &luis)]).await;
    let task = office.talks(&call, 5).await;
    assert_eq!(task["WhoId"], luis);
    assert_eq!(task["Subject"], "Inbound call from Luis Moreno");
    assert_eq!(office.task_writes(), (1, 0));
}

#[tokio::test]
async fn a_record_that_does_not_have_the_number_cannot_be_chosen() {
    let office = Office::open().await;
    two_morenos(&office, false).await;
    let stranger = office.knows("Bruno", "Lind", "+49 493 555028");
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    for record in [stranger.as_str(), "https://evil.example/x", "003000000000000AAB", ""] {
        let command =
            Command::Choose { call: call.id(), record: record.to_owned(), remember: true };
        let problem = office.asks(command).await.expect_err(record);
        assert_eq!(problem.code, "call.no_record");
        let command = Command::OpenRecord { call: call.id(), record: Some(record.to_owned()) };
        assert!(office.asks(command).await.is_err(), "{record:?} was opened");
    }
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert!(task["WhoId"].is_null());
    assert!(office.desk.opened().is_empty());
}
