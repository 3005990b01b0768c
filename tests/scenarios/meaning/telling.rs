//! B9 and B10: the same calls in other words, twice, and out of order.

use std::{collections::BTreeSet, time::Duration};

use engine::view::{CallResult, EventsState};
use scenarios::{ADA, AGENT, Call, Office};
use serde_json::{Value, json};
use simulator::{PbxSwitches, pbx::MsgShape};

/// What makes a PBX spell its events so.
type Spelling = fn(&mut PbxSwitches);

/// How often the event socket was opened.
fn connections(office: &Office) -> usize {
    office.pbx.ledger().iter().filter(|request| request.method == "OPEN").count()
}

fn assert_answered(office: &Office, call: &Call, task: &Value, seconds: u64, how: &str) {
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno", "{how}");
    assert_eq!(task["CallObject"], office.own_key(call), "{how}");
    assert_eq!(task["CallDurationInSeconds"], seconds, "{how}");
    assert_eq!(task["WhoId"], office.ada, "{how}");
}

#[tokio::test]
async fn events_are_understood_in_every_spelling() {
    let office = Office::open().await;
    let spellings: [(&str, Spelling); 9] = [
        ("as an object", |pbx| pbx.msg_shape = MsgShape::Object),
        ("as the guide prints it", |pbx| pbx.msg_shape = MsgShape::Broken),
        ("numbers as texts", |pbx| pbx.numbers_as_text = true),
        ("the old words", |pbx| pbx.old_spelling = true),
        ("a blank path", |pbx| pbx.blank_call_path = true),
        ("no serial", |pbx| pbx.serial_missing = true),
        ("no uid", |pbx| pbx.uid_missing = true),
        ("a record for each part", |pbx| pbx.cdr_event_per_row = true),
        ("keys and values of tomorrow", |pbx| {
            pbx.extra_keys = Some(json!({
                "from_the_future": { "deep": [1, 2, { "call_id": "9.9" }] }, "type": "30012", "extension": null
            }));
        }),
    ];
    for (place, (how, set)) in spellings.into_iter().enumerate() {
        office.pbx.set(|pbx| {
            *pbx = PbxSwitches::default();
            set(pbx);
        });
        let call = office.pbx.inbound(ADA, AGENT);
        office.call_until(&call.id(), how, |view| view.popped.is_some()).await;
        let task = office.talks(&call, 20).await;
        assert_answered(&office, &call, &task, 20, how);
        assert_eq!(office.desk.opened().len(), place + 1, "{how}");
    }
    assert_eq!(connections(&office), 1);
}

#[tokio::test]
async fn frames_that_mean_nothing_are_passed_over() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    for frame in [
        "",
        "heartbeat response",
        "null",
        "[]",
        "{",
        "{\"type\":30011}",
        "{\"type\":30011,\"msg\":null}",
        "{\"type\":30011,\"msg\":\"\"}",
        "{\"type\":30011,\"msg\":\"[4101]\"}",
        "{\"type\":30011,\"msg\":{\"members\":[{\"extension\":{\"number\":\"4101\",\"member_status\":\"RING\"}}]}}",
        "{\"type\":30011,\"msg\":{\"call_id\":\"\",\"members\":4101}}",
        "{\"type\":30008,\"msg\":{\"extension\":\"4101\",\"status\":\"Dreaming\"}}",
        "{\"type\":30012,\"msg\":{\"call_from\":\"4101\"}}",
        "{\"type\":30015,\"msg\":{\"reason\":\"4101\"}}",
        "{\"type\":39999,\"sn\":\"4101\",\"msg\":\"{\\\"call_id\\\":\\\"1.1\\\"}\"}",
        "{\"type\":\"4101\",\"msg\":\"{}\"}",
    ] {
        office.pbx.emit_raw(frame);
    }
    office.pbx.emit_binary(vec![0, 159, 146, 150]);
    let task = office.talks(&call, 20).await;
    assert_answered(&office, &call, &task, 20, "after the noise");
    assert_eq!(office.calls().await.len(), 1, "nothing was made of it");
    assert_eq!(connections(&office), 1);
    assert_eq!(office.status().await.pbx.events, EventsState::Live);
}

#[tokio::test]
async fn every_event_twice_is_one_page_and_one_task() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.duplicate_events = true;
        pbx.cdr_event_per_row = true;
    });
    let call = office.pbx.inbound_queue(ADA, "6400");
    office.call_until(&call.id(), "popped", |view| view.popped.is_some()).await;
    let task = office.talks(&call, 20).await;
    assert_answered(&office, &call, &task, 20, "twice");
    assert_eq!(office.desk.opened().len(), 1);
    assert_eq!(office.task_writes(), (1, 0), "nothing to correct");
}

#[tokio::test]
async fn events_out_of_order_come_to_the_same_end() {
    let office = Office::open().await;
    for window in [2, 3, 5, 40] {
        office.pbx.set(|pbx| pbx.reorder_events = Some(window));
        let before = office.desk.opened().len();
        let call = office.pbx.inbound(ADA, AGENT);
        tokio::time::sleep(Duration::from_millis(350)).await;
        call.answer(AGENT);
        tokio::time::sleep(Duration::from_millis(200)).await;
        call.talked_seconds(20);
        call.hang_up();
        let task = office.task_of(&call.id()).await;
        assert_answered(&office, &call, &task, 20, &format!("{window} events in reverse"));
        assert!(office.desk.opened().len() <= before + 1, "one page at most");
        assert_eq!(office.status().await.calls.len(), 0);
    }
}

#[tokio::test]
async fn a_whole_call_told_backwards_is_one_task_and_no_late_page() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.reorder_events = Some(40));
    let call = office.pbx.inbound(ADA, AGENT);
    call.answer(AGENT);
    call.talked_seconds(20);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_answered(&office, &call, &task, 20, "backwards");
    assert!(office.desk.opened().is_empty(), "it was over before it was heard of");
    assert!(office.status().await.calls.is_empty());
}

#[tokio::test]
async fn a_call_whose_ringing_was_lost_pops_at_the_answer() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.drop_every = Some(1));
    let call = office.pbx.inbound(ADA, AGENT);
    office.pbx.set(|pbx| pbx.drop_every = None);
    call.answer(AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    // Whether somebody else had spoken before is not known: the own leg's time has to fit the record's.
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.talked_seconds(2);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_answered(&office, &call, &task, 2, "no ringing");
}

#[tokio::test]
async fn a_call_whose_end_was_lost_ends_all_the_same() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    // Not longer than it really was: a record of many seconds would mean that the call went on without this agent.
    call.talked_seconds(1);
    // 30008 alone says that the phone is idle again.
    office.pbx.set(|pbx| pbx.only_topics = BTreeSet::from([30008]));
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_answered(&office, &call, &task, 1, "no hang-up");
    office.status_until("over", |status| status.calls.is_empty()).await;
}

#[tokio::test]
async fn phone_states_before_the_calls_they_belong_to_change_nothing() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.state_events_first = true);
    let call = office.pbx.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    let task = office.talks(&call, 20).await;
    assert_answered(&office, &call, &task, 20, "states first");
    assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Answered);
    assert_eq!(office.desk.opened().len(), 1);
}
