//! A person finds out afterwards whose call it really was: the Task moves, and is not repeated.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{CallView, FoundRecord, JournalState, Problem},
};
use scenarios::{Office, eventually, stays};
use serde_json::{Value, json};

/// People type a name and see records.
async fn finds(office: &Office, text: &str) -> (Vec<FoundRecord>, bool) {
    match office.asks(Command::FindRecords { text: text.to_owned() }).await {
        Ok(Reply::Records { records, complete }) => (records, complete),
        other => panic!("no records but {other:?}"),
    }
}

async fn moves(office: &Office, call: &str, record: &str) -> Result<Reply, Problem> {
    let command = Command::MoveCall { call: call.to_owned(), record: record.to_owned() };
    office.asks(command).await
}

/// A call with Ada that is logged. Returns its id.
async fn logged_call(office: &Office) -> String {
    let call = office.ada_calls().await;
    let task = office.talks(&call, 30).await;
    assert_eq!(task["WhoId"], office.ada);
    office.is_logged(&call.id()).await.id
}

/// The one Task of a call once it is so.
async fn task_until(office: &Office, call: &str, what: &str, wanted: impl Fn(&Value) -> bool) {
    eventually(what, || async { wanted(&office.task_of(call).await) }).await;
}

async fn call_of(office: &Office, id: &str) -> CallView {
    office.call(id).await.expect("it is in the list")
}

#[tokio::test]
async fn a_logged_call_moves_to_people_and_firms_that_do_not_have_the_number() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let lead =
        office.salesforce.insert("Lead", json!({ "LastName": "Cleo Park", "Company": "Park KG" }));
    let firm = office.salesforce.insert("Account", json!({ "Name": "Moreno GmbH" }));
    let call = logged_call(&office).await;

    let (found, complete) = finds(&office, "lind bru").await;
    assert!(complete);
    assert_eq!(found.iter().map(|record| &record.id).collect::<Vec<_>>(), [&bruno]);
    moves(&office, &call, &bruno).await.expect("it moves");
    task_until(&office, &call, "the Task is Bruno's", |task| task["WhoId"] == bruno).await;
    let task = office.task_of(&call).await;
    assert_eq!(task["Subject"], "Inbound call from Bruno Lind");
    assert_eq!(task["CallDurationInSeconds"], 30);
    let view = office.is_logged(&call).await;
    assert_eq!(view.record.map(|record| record.name), Some("Bruno Lind".to_owned()));
    assert_eq!(view.why.as_deref(), Some("moved by you"));

    // A lead has no account beside it, and an account no contact.
    moves(&office, &call, &firm).await.expect("it moves");
    task_until(&office, &call, "the Task is the firm's", |task| {
        task["WhatId"] == firm && task["WhoId"].is_null()
    })
    .await;
    moves(&office, &call, &lead).await.expect("it moves");
    task_until(&office, &call, "the Task is the lead's", |task| {
        task["WhoId"] == lead && task["WhatId"].is_null()
    })
    .await;
    assert_eq!(office.task_of(&call).await["Subject"], "Inbound call from Cleo Park");
    assert_eq!(office.task_writes(), (1, 3), "one Task, changed three times");
}

#[tokio::test]
async fn a_call_that_waits_is_logged_under_the_record_it_was_moved_to() {
    let mut office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    finds(&office, "Bruno").await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.record.is_some()).await;
    office.salesforce.stop_listening();
    office.answers(&call).await;
    call.hang_up();
    office.waits(&call.id()).await;

    moves(&office, &call.id(), &bruno).await.expect("what was shown can be picked");
    assert_eq!(call_of(&office, &call.id()).await.journal.state, JournalState::Waiting);
    office.is_killed();
    office.salesforce.listen_again().await;
    office.starts().await;
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], bruno);
    assert_eq!(office.task_writes(), (1, 0), "written as it is to be, at once");
}

#[tokio::test]
async fn a_move_while_salesforce_is_away_happens_when_it_is_back_after_a_kill_too() {
    let mut office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    finds(&office, "Bruno").await;
    let call = logged_call(&office).await;
    office.salesforce.stop_listening();
    moves(&office, &call, &bruno).await.expect("it is kept");
    let view = call_of(&office, &call).await;
    assert_eq!(view.record.map(|record| record.id), Some(bruno.clone()));
    office.is_killed();
    office.salesforce.listen_again().await;
    office.starts().await;
    task_until(&office, &call, "the Task is Bruno's", |task| task["WhoId"] == bruno).await;
}

#[tokio::test]
async fn what_people_changed_in_the_task_stays_theirs() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let deal = office.salesforce.insert("Account", json!({ "Name": "Another firm" }));
    let call = logged_call(&office).await;
    let id = office.task_of(&call).await["Id"].as_str().expect("an id").to_owned();
    let by_hand =
        json!({ "Subject": "Price of the pumps", "Description": "agreed on 5 %", "WhatId": deal });
    office.salesforce.update("Task", &id, by_hand);

    moves(&office, &call, &bruno).await.expect("it moves");
    task_until(&office, &call, "the Task is Bruno's", |task| task["WhoId"] == bruno).await;
    let task = office.task_of(&call).await;
    assert_eq!(task["Subject"], "Price of the pumps");
    assert_eq!(task["Description"], "agreed on 5 %");
    assert_eq!(task["WhatId"], deal);
}

#[tokio::test]
async fn a_task_that_somebody_deleted_is_not_written_again() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let call = logged_call(&office).await;
    let id = office.task_of(&call).await["Id"].as_str().expect("an id").to_owned();
    office.salesforce.delete("Task", &id);
    moves(&office, &call, &bruno).await.expect("it is kept");
    let told = |view: &CallView| view.journal.reason.is_some();
    let view = office.call_until(&call, "told of it", told).await;
    assert_eq!(view.journal.state, JournalState::Logged);
    assert_eq!(view.journal.reason.as_deref(), Some("the Task was deleted in Salesforce"));
    stays("no Task", Duration::from_secs(1), || async { office.tasks_of(&call).is_empty() }).await;
}

#[tokio::test]
async fn a_record_that_goes_meanwhile_leaves_the_task_and_needs_a_person() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let cleo = office.knows("Cleo", "Park", "+49 493 555029");
    let call = logged_call(&office).await;
    finds(&office, "Bruno").await;
    office.salesforce.delete("Contact", &bruno);
    moves(&office, &call, &bruno).await.expect("it was shown a moment ago");
    let stuck = |view: &CallView| view.journal.state == JournalState::Stuck;
    office.call_until(&call, "needs a person", stuck).await;
    assert_eq!(office.task_of(&call).await["WhoId"], office.ada, "the Task stays as it was");
    assert_eq!(office.task_of(&call).await["Subject"], "Inbound call from Ada Moreno");

    moves(&office, &call, &cleo).await.expect("another one will do");
    task_until(&office, &call, "the Task is Cleo's", |task| task["WhoId"] == cleo).await;
    office.is_logged(&call).await;
}

#[tokio::test]
async fn an_answer_to_a_move_that_is_lost_leads_to_one_task_under_the_new_record() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let call = logged_call(&office).await;
    let lost = simulator::FaultRule::once("/sobjects/Task", simulator::Fault::LostAnswer);
    office.salesforce.set(|org| org.faults.push(lost.on("PATCH")));
    moves(&office, &call, &bruno).await.expect("it is kept");
    task_until(&office, &call, "the Task is Bruno's", |task| task["WhoId"] == bruno).await;
    // Back again before it is known what became of the first move.
    moves(&office, &call, &office.ada).await.expect("it is kept");
    office.retries().await;
    task_until(&office, &call, "the Task is Ada's", |task| {
        task["WhoId"] == office.ada && task["Subject"] == "Inbound call from Ada Moreno"
    })
    .await;
}

#[tokio::test]
async fn only_a_finished_call_moves_and_only_to_a_record_that_there_is() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    let problem = moves(&office, &call.id(), &office.ada).await.expect_err("it rings");
    assert_eq!(problem.code, "call.not_movable");
    office.talks(&call, 3).await;
    let user = office.salesforce.user_id("mara.voss@example.com").expect("a user");
    for record in ["", "https://evil.example/x", "003000000000000AAB", user.as_str()] {
        let problem = moves(&office, &call.id(), record).await.expect_err(record);
        assert_eq!(problem.code, "call.no_record", "{record}");
    }
    let problem = moves(&office, "no such call", &office.ada).await.expect_err("unknown");
    assert_eq!(problem.code, "call.not_movable");
    assert_eq!(office.task_writes(), (1, 0));
}

#[tokio::test]
async fn people_are_found_by_name_while_salesforce_is_away_as_far_as_they_are_known() {
    let office = Office::with(scenarios::Options {
        org: |org| {
            let bruno = json!({ "FirstName": "Bruno", "LastName": "Lind", "Phone": "0493 555028" });
            org.records.push(("Contact".to_owned(), bruno));
        },
        ..scenarios::Options::default()
    })
    .await;
    office.salesforce.stop_listening();
    let (found, complete) = finds(&office, "lind").await;
    assert!(!complete, "said so");
    assert_eq!(found.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(), ["Bruno Lind"]);
    for nobody in ["", "a", "%", "_ _", "\\", "') OR 1=1 --", "Lind Moreno"] {
        assert_eq!(finds(&office, nobody).await.0, [], "{nobody:?}");
    }
}
