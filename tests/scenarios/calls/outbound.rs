//! The agent calls, on the phone.

use engine::view::CallResult;
use scenarios::{ADA, AGENT, Office, Options};

#[tokio::test]
async fn a_call_dialled_by_hand_becomes_one_task() {
    let office = Office::open().await;
    let call = office.pbx.outbound(AGENT, ADA);
    let view = office.shows(&call, CallResult::Ringing).await;
    assert_eq!(view.direction, engine::view::Way::Outbound);
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(63);
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallType"], "Outbound");
    assert_eq!(task["CallDurationInSeconds"], 63);
    assert_eq!(task["CallDisposition"], "Answered");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    assert!(office.desk.opened().is_empty(), "whoever dials knows whom");
}

#[tokio::test]
async fn outbound_calls_pop_where_the_settings_ask_for_it() {
    let office = Office::with(Options {
        settings: "[pop]\noutbound = true\n".to_owned(),
        ..Options::default()
    })
    .await;
    let call = office.pbx.outbound(AGENT, ADA);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
}

#[tokio::test]
async fn an_outbound_call_that_nobody_answers_is_logged_without_talk() {
    let office = Office::open().await;
    let call = office.pbx.outbound(AGENT, ADA);
    office.shows(&call, CallResult::Ringing).await;
    call.early_media();
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallDisposition"], "No answer");
    assert_eq!(task["CallDurationInSeconds"], 0);
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::NoAnswer);
}

#[tokio::test]
async fn a_busy_line_and_an_impossible_number_are_said_in_the_task() {
    let office = Office::open().await;
    let busy = office.pbx.outbound(AGENT, ADA);
    office.shows(&busy, CallResult::Ringing).await;
    busy.fail("486 Busy Here");
    let failed = office.pbx.outbound(AGENT, "0493555099");
    office.shows(&failed, CallResult::Ringing).await;
    failed.fail("404 NOT found");

    let task = office.task_of(&busy.id()).await;
    assert_eq!(task["CallDisposition"], "Busy");
    assert_eq!(task["CallDurationInSeconds"], 0);
    let task = office.task_of(&failed.id()).await;
    assert_eq!(task["CallDisposition"], "Failed");
    assert_eq!(task["Subject"], "Outbound call to +49493555099");
    assert!(task["WhoId"].is_null());
}
