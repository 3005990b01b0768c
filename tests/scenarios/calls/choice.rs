//! Several records have the caller's number.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    ports::Note,
    view::{CardState, JournalState, RememberedChoice},
};
use scenarios::{ADA, AGENT, Office, eventually};
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
    assert_eq!(task["Subject"], "Inbound call from Moreno GmbH");
    assert!(task["WhoId"].is_null(), "nobody has chosen");
    assert_eq!(task["WhatId"], json!(account), "both belong to it");
    assert!(office.desk.opened().is_empty(), "a person chooses");
    let note = office
        .desk
        .notes()
        .into_iter()
        .find(|note| !note.buttons.is_empty())
        .expect("it offers them");
    assert!(note.body.contains("2 records have this number"), "{}", note.body);
    let offered: Vec<_> = note.buttons.iter().map(|(label, _)| label.as_str()).collect();
    let account_row = "Moreno GmbH";
    assert_eq!(offered, ["Ada Moreno (Moreno GmbH)", "Luis Moreno (Moreno GmbH)", account_row]);

    let choose =
        Command::Choose { call: call.id(), record: luis.clone(), remember: true, open: false };
    office.asks(choose).await.expect("it is kept");
    eventually("the Task names him", || async {
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

    let choose =
        Command::Choose { call: call.id(), record: lead.clone(), remember: false, open: false };
    office.asks(choose).await.expect("it is kept");
    eventually("the Task names the lead", || async {
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
    let choose =
        Command::Choose { call: call.id(), record: luis.clone(), remember: false, open: false };
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
        let command = Command::Choose {
            call: call.id(),
            record: record.to_owned(),
            remember: true,
            open: false,
        };
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

/// The notification of a call that offers records.
async fn offer(office: &Office, call: &str) -> Note {
    eventually("it offers records", || async {
        office.desk.notes().iter().any(|note| note.id == call && !note.buttons.is_empty())
    })
    .await;
    let notes = office.desk.notes();
    notes
        .into_iter()
        .rfind(|note| note.id == call && !note.buttons.is_empty())
        .expect("there is one")
}

#[tokio::test]
async fn a_button_of_the_notification_says_whose_call_it_is_and_opens_the_page() {
    let office = Office::open().await;
    let (luis, _) = two_morenos(&office, false).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    let note = offer(&office, &call.id()).await;
    let (_, pressed) =
        note.buttons.into_iter().find(|(label, _)| label == "Luis Moreno").expect("his");
    office.asks(pressed).await.expect("it is kept");
    office.opens(&[office.page("Contact", &luis)]).await;
    eventually("the notification names him", || async {
        office.desk.notes().last().is_some_and(|note| note.title == "Luis Moreno")
    })
    .await;
    let task = office.talks(&call, 5).await;
    assert_eq!(task["WhoId"], luis);
    assert_eq!(office.task_writes(), (1, 0));
    assert_eq!(office.desk.opened().len(), 1, "once");
}

#[tokio::test]
async fn more_records_than_buttons_leave_the_last_button_to_the_window() {
    let office = Office::open().await;
    two_morenos(&office, false).await;
    office.knows("Rita", "Moreno", "0493 555017");
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 3).await;
    assert_eq!(offer(&office, &call.id()).await.buttons.len(), 3, "one for each");
    call.hang_up();
    office.task_of(&call.id()).await;

    let sol = office.knows("Sol", "Moreno", "0493 555017");
    // What a test puts into the org has been there for a month.
    office.salesforce.update("Contact", &sol, json!({ "Title": "Buyer" }));
    looks_again(&office).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 4).await;
    let buttons = offer(&office, &call.id()).await.buttons;
    assert_eq!(buttons.len(), 3, "no more than desktops show");
    assert_eq!(buttons[2], ("Show all 4".to_owned(), Command::RaiseWindow));
    assert!(office.desk.opened().is_empty(), "nothing opens by itself");
}

/// What is remembered, as the window lists it.
async fn remembered(office: &Office) -> Vec<RememberedChoice> {
    match office.asks(Command::RememberedChoices).await {
        Ok(Reply::Choices(choices)) => choices,
        other => panic!("no choices but {other:?}"),
    }
}

/// Three people have one number, and the index knows them; one of them was chosen for good. Returns his id.
async fn luis_is_remembered(office: &Office) -> String {
    let (luis, _) = two_morenos(office, false).await;
    office.knows("Rita", "Moreno", "0493 555017");
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 3).await;
    let choose =
        Command::Choose { call: call.id(), record: luis.clone(), remember: true, open: false };
    office.asks(choose).await.expect("it is kept");
    office.talks(&call, 3).await;
    looks_again(office).await;
    luis
}

/// The index asks for changes and has them.
async fn looks_again(office: &Office) {
    let before = office.status().await.salesforce.api_calls_today;
    office.asks(Command::RefreshIndex { all: false }).await.expect("it looks");
    office
        .status_until("it has looked", |status| status.salesforce.api_calls_today >= before + 3)
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn what_was_remembered_is_listed_and_forgotten() {
    let mut office = Office::open().await;
    let luis = luis_is_remembered(&office).await;
    let listed = remembered(&office).await;
    assert_eq!(listed.len(), 1);
    let one = &listed[0];
    assert_eq!((one.number.as_str(), one.name.as_str()), ("+49493555017", "Luis Moreno"));
    assert_eq!((one.id.as_str(), one.object.as_deref()), (luis.as_str(), Some("Contact")));
    assert!(one.since.is_some() && !one.out_of_sight, "{one:?}");

    office.is_killed();
    office.starts().await;
    office.is_live().await;
    assert_eq!(remembered(&office).await, listed, "after a restart as well");
    let forget = Command::ForgetChoice { number: Some("+49493555017".to_owned()) };
    office.asks(forget).await.expect("forgotten");
    assert_eq!(remembered(&office).await, []);
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "a question again", |view| view.candidates == 3).await;
    assert!(office.desk.opened().is_empty());
    let wrong = Command::ForgetChoice { number: Some("nobody".to_owned()) };
    assert_eq!(office.asks(wrong).await.expect_err("no number").code, "call.none");
}

#[tokio::test]
async fn a_remembered_record_that_is_gone_or_has_moved_is_not_followed() {
    let office = Office::open().await;
    let luis = luis_is_remembered(&office).await;
    office.salesforce.update("Contact", &luis, json!({ "MobilePhone": "+49 30 999" }));
    looks_again(&office).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "the others", |view| view.candidates == 2).await;
    assert!(office.desk.opened().is_empty(), "it is a question again");
    assert!(remembered(&office).await[0].out_of_sight, "and said so");
    call.hang_up();
    office.task_of(&call.id()).await;

    office.salesforce.update("Contact", &luis, json!({ "MobilePhone": "0493 555017" }));
    looks_again(&office).await;
    assert!(!remembered(&office).await[0].out_of_sight, "he is back");
    office.salesforce.delete("Contact", &luis);
    looks_again(&office).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "the others", |view| view.candidates == 2).await;
    assert!(office.desk.opened().is_empty());
    let listed = remembered(&office).await;
    assert_eq!((listed[0].name.as_str(), listed[0].out_of_sight), ("Luis Moreno", true));
}

#[tokio::test]
async fn who_disconnects_forgets_what_was_remembered() {
    let office = Office::open().await;
    luis_is_remembered(&office).await;
    office.asks(Command::Disconnect).await.expect("it is disconnected");
    office.connects().await;
    assert_eq!(remembered(&office).await, []);
}

#[tokio::test]
async fn a_card_stays_while_the_record_of_its_call_is_on_its_way() {
    let office = Office::open().await;
    two_morenos(&office, false).await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    office.pbx.set(|pbx| {
        pbx.end_events = false;
        pbx.cdr_finds_nothing = true;
    });
    let mut events = office.events();
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
    let mut seen = 0;
    while let Ok(event) = events.try_recv() {
        let Event::Live(cards) = event else { continue };
        seen += 1;
        let card = cards.into_iter().find(|card| card.id == call.id()).expect("it is still there");
        assert_eq!(card.state, CardState::Ended);
        assert_eq!(card.candidates.len(), 2, "whose it was can still be said");
        assert!(!card.can_hang_up);
    }
    assert!(seen > 0, "it has ended");
}
