//! An agent's calls: each is one Task, and its record is on the screen once.

use std::time::Duration;

use scenarios::{ADA, AGENT, Office};

#[tokio::test]
async fn a_known_caller_is_on_the_screen_before_the_answer_and_becomes_one_task() {
    let office = Office::open().await;
    let call = office.pbx.inbound(ADA, AGENT);
    office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
    assert_eq!(
        office.desk.opened(),
        [format!("{}/lightning/r/Contact/{}/view", office.salesforce.instance(), office.ada)]
    );

    call.answer(AGENT);
    call.talked_seconds(51);
    tokio::time::sleep(Duration::from_millis(200)).await;
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["Status"], "Completed");
    assert_eq!(task["TaskSubtype"], "Call");
    assert_eq!(task["CallType"], "Inbound");
    assert_eq!(task["CallDurationInSeconds"], 51);
    assert_eq!(task["CallDisposition"], "Answered");
    assert_eq!(task["CallObject"], format!("ys:{}:{}:{AGENT}", office.pbx.serial(), call.id()));
    assert_eq!(task["WhoId"], office.ada);
    assert!(task["WhatId"].is_null());
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (Salesforce search)"));
    assert_eq!(office.desk.opened().len(), 1);
}
