//! Somebody outside calls this extension alone.

use std::time::Duration;

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, AGENT, Office};

#[tokio::test]
async fn a_known_caller_is_on_the_screen_before_the_answer_and_becomes_one_task() {
    let office = Office::open().await;
    let call = office.pbx.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;

    office.answers(&call).await;
    call.talked_seconds(51);
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallType"], "Inbound");
    assert_eq!(task["CallDurationInSeconds"], 51);
    assert_eq!(task["CallDisposition"], "Answered");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.result, CallResult::Answered);
    assert_eq!(view.talk_seconds, 51);
    assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (Salesforce search)"));
    assert_eq!(office.desk.opened().len(), 1, "answering opens nothing more");
}

#[tokio::test]
async fn a_missed_call_is_one_task_under_the_key_that_the_whole_group_shares() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallType"], "Inbound");
    assert_eq!(task["CallDurationInSeconds"], 0);
    assert_eq!(task["CallDisposition"], "Missed");
    assert_eq!(task["CallObject"], office.shared_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Missed);
    let note = office.desk.notes().into_iter().next_back().expect("it was announced");
    assert_eq!(note.title, "Ada Moreno");
    assert!(office.desk.withdrawn().contains(&call.id()), "the notification goes with the call");
}

#[tokio::test]
async fn a_declined_call_is_a_missed_one() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    call.decline(AGENT);

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallDisposition"], "Missed");
    assert_eq!(task["CallDurationInSeconds"], 0);
    assert_eq!(task["CallObject"], office.shared_key(&call));
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Missed);
}

#[tokio::test]
async fn a_caller_who_speaks_to_the_voicemail_box_is_logged_as_such() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    call.to_voicemail();
    call.talked_seconds(17);
    call.caller_hangs_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallDisposition"], "Voicemail");
    assert_eq!(task["CallDurationInSeconds"], 0, "the agent did not talk");
    assert_eq!(task["CallObject"], office.shared_key(&call));
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Voicemail);
}

#[tokio::test]
async fn two_calls_at_once_are_two_pages_and_two_tasks() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49 493 555028");
    let first = office.ada_calls().await;
    office.answers(&first).await;
    let second = office.pbx.inbound("0493555028", AGENT);
    office.opens(&[office.page("Contact", &office.ada), office.page("Contact", &bruno)]).await;
    assert_eq!(office.status().await.calls.len(), 2);

    first.hold(AGENT);
    office.answers(&second).await;
    second.talked_seconds(12);
    second.hang_up();
    let of_second = office.task_of(&second.id()).await;
    assert_eq!(
        office.call(&first.id()).await.map(|view| view.result),
        Some(CallResult::Talking),
        "the first call goes on"
    );
    first.unhold(AGENT);
    first.talked_seconds(90);
    first.hang_up();
    let of_first = office.task_of(&first.id()).await;

    assert_eq!(of_first["WhoId"], office.ada);
    assert_eq!(of_first["CallDurationInSeconds"], 90);
    assert_eq!(of_second["WhoId"], bruno);
    assert_eq!(of_second["CallDurationInSeconds"], 12);
    assert_eq!(office.desk.opened().len(), 2);
}

#[tokio::test]
async fn a_person_who_calls_again_within_a_second_is_two_calls() {
    let office = Office::open().await;
    let first = office.pbx.inbound(ADA, AGENT);
    first.caller_hangs_up();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = office.pbx.inbound(ADA, AGENT);
    let of_second = office.talks(&second, 33).await;
    let of_first = office.task_of(&first.id()).await;

    assert_ne!(first.id(), second.id());
    assert_eq!(of_first["CallObject"], office.shared_key(&first));
    assert_eq!(of_first["WhoId"], office.ada);
    assert_eq!(of_second["CallObject"], office.own_key(&second));
    assert_eq!(of_second["CallDurationInSeconds"], 33);
    assert_eq!(office.salesforce.tasks().len(), 2);
    let popped = office.call(&second.id()).await.and_then(|view| view.popped);
    assert!(popped.is_some(), "the call that was taken was on the screen");
}

#[tokio::test]
async fn a_call_between_extensions_opens_nothing_and_is_not_logged() {
    let office = Office::open().await;
    let call = office.pbx.internal("4102", AGENT);
    office.shows(&call, CallResult::Ringing).await;
    office.answers(&call).await;
    call.hang_up();

    let view = office
        .call_until(&call.id(), "skipped", |view| view.journal.state == JournalState::Skipped)
        .await;
    assert_eq!(view.result, CallResult::Answered);
    assert_eq!(view.number.as_deref(), Some("4102"));
    assert_eq!(view.journal.reason.as_deref(), Some("calls between extensions are not logged"));
    assert!(office.desk.opened().is_empty());
    assert!(office.salesforce.tasks().is_empty());
    assert!(office.searches().is_empty(), "a colleague is not looked up");
}

#[tokio::test]
async fn calls_between_extensions_are_logged_where_the_settings_ask_for_it() {
    let office = Office::with(scenarios::Options {
        settings: "[journal]\ninternal = true\n".to_owned(),
        ..Default::default()
    })
    .await;
    let call = office.pbx.internal("4102", AGENT);
    office.shows(&call, CallResult::Ringing).await;
    let task = office.talks(&call, 20).await;
    assert_eq!(task["Subject"], "Internal call with 4102");
    assert_eq!(task["CallType"], "Internal");
    assert_eq!(task["CallDurationInSeconds"], 20);
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert!(task["WhoId"].is_null());
    assert!(office.desk.opened().is_empty());
}
