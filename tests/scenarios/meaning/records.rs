//! C6 and C7: the PBX's record says something else than its events, or never comes.

use std::time::Duration;

use engine::view::CallResult;
use scenarios::{AGENT, Call, Cut, Office, eventually, stays};
use serde_json::{Value, json};

/// A 30012 about a call, in the spelling of the guide.
fn record(call: &Call, status: &str, talked: u32) -> Value {
    json!({
        "call_id": call.id(), "uid": "20260105091523A1B2C", "time_start": "2026-01-05 09:15:23",
        "call_from": "0493555017", "call_to": AGENT, "call_duration": talked + 13, "talk_duration": talked,
        "src_trunk_name": "MainTrunk", "dst_trunk_name": "", "pin_code": "", "status": status,
        "type": "Inbound", "recording": "", "did_number": "4930555000"
    })
}

/// The one Task of a call, once it says so many seconds.
async fn corrected_to(office: &Office, call: &str, seconds: u32) -> Value {
    eventually("the Task is corrected", || async {
        office.tasks_of(call).iter().any(|task| task["CallDurationInSeconds"] == seconds)
    })
    .await;
    office.task_of(call).await
}

#[tokio::test]
async fn a_call_whose_record_never_comes_is_logged_by_what_was_heard() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.end_events = false;
        pbx.cdr_finds_nothing = true;
    });
    let call = office.ada_calls().await;
    office.answers(&call).await;
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    let ended = std::time::Instant::now();
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert!(ended.elapsed() < Duration::from_secs(10), "within ten seconds of the end");
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallDisposition"], "Answered");
    let seconds = task["CallDurationInSeconds"].as_u64().expect("a duration");
    assert!((2..=6).contains(&seconds), "{seconds}");

    let missed = office.ada_calls().await;
    missed.caller_hangs_up();
    let task = office.task_of(&missed.id()).await;
    assert_eq!(task["CallDisposition"], "Missed");
}

#[tokio::test]
async fn the_record_wins_over_the_events_and_the_task_is_changed_once() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.end_events = false);
    let call = office.ada_calls().await;
    office.answers(&call).await;
    call.talked_seconds(51);
    office.pbx.set(|pbx| pbx.cdr_finds_nothing = true);
    call.hang_up();
    office.task_of(&call.id()).await;
    assert_eq!(office.task_writes(), (1, 0));

    for _ in 0..3 {
        office.pbx.emit(30012, record(&call, "ANSWERD", 51));
    }
    let task = corrected_to(&office, &call.id(), 51).await;
    assert_eq!(task["CallDisposition"], "Answered");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    stays("one change", Duration::from_secs(1), || async { office.task_writes() == (1, 1) }).await;
    assert_eq!(office.is_logged(&call.id()).await.talk_seconds, 51);
}

#[tokio::test]
async fn a_record_that_is_found_later_corrects_the_task() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.end_events = false;
        pbx.cdr_finds_nothing = true;
    });
    let call = office.ada_calls().await;
    office.answers(&call).await;
    call.talked_seconds(77);
    call.hang_up();
    let id = call.id();
    office.task_of(&id).await;

    office.pbx.set(|pbx| pbx.cdr_finds_nothing = false);
    office.pbx.cut_sockets(Cut::Close);
    let task = corrected_to(&office, &id, 77).await;
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(office.task_writes(), (1, 1));
}

#[tokio::test]
async fn a_call_that_was_thought_missed_and_went_to_voicemail_stays_one_task() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.end_events = false;
        pbx.cdr_finds_nothing = true;
    });
    let call = office.ada_calls().await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDisposition"], "Missed");
    office.pbx.emit(30012, record(&call, "VOICEMAIL", 12));
    eventually("the Task says so", || async {
        office.task_of(&call.id()).await["CallDisposition"] == "Voicemail"
    })
    .await;
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Voicemail);
    assert_eq!(office.task_writes(), (1, 1));
}
