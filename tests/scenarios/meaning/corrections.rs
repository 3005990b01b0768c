//! What a call was is learnt in pieces, also while its Task is on the way: in the end there is one, and it says what was.

use std::time::Duration;

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, AGENT, Cut, Office, Options, eventually, stays};
use serde_json::json;
use simulator::Latency;

/// A number that no record has.
const STRANGER: &str = "0493555990";

/// The connection to the PBX goes while a call rings, and comes back after its end. The PBX writes the record of the call
/// this long after the hang-up.
async fn answered_out_of_sight(office: &Office, number: &str, late: Duration) -> simulator::Call {
    office.pbx.set(|pbx| {
        // In no list before the event tells of it.
        pbx.cdr_delay = Duration::from_secs(3_600);
        pbx.end_events = false;
    });
    let call = office.pbx.inbound(number, AGENT);
    office.shows(&call, CallResult::Ringing).await;
    office.pbx.stop_listening();
    office.pbx.cut_sockets(Cut::Reset);
    call.answer(AGENT);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    call.hang_up();
    office.pbx.listen_again().await;
    let record = record(&call, number, AGENT);
    let pbx = office.pbx.clone();
    tokio::spawn(async move {
        tokio::time::sleep(late).await;
        pbx.emit(30012, record);
    });
    call
}

/// A 30012 about an answered call, in the spelling of the guide.
fn record(call: &simulator::Call, number: &str, to: &str) -> serde_json::Value {
    json!({
        "call_id": call.id(), "uid": "20260105091523A1B2C", "time_start": "2026-01-05 09:15:23",
        "call_from": number, "call_to": to, "call_duration": 19, "talk_duration": 9,
        "src_trunk_name": "MainTrunk", "dst_trunk_name": "", "pin_code": "", "status": "ANSWERED",
        "type": "Inbound", "recording": "", "did_number": "4930555000"
    })
}

#[tokio::test]
async fn a_record_that_comes_while_the_missed_call_is_on_its_way_leaves_one_task() {
    // Within the time for which a call in doubt waits for its record, and about when that is over.
    for late in [9_500, 22_000] {
        let settings = "[auto_create]\ndirections = [\"inbound\"]\n".to_owned();
        let office = Office::with(Options { settings, ..Options::default() }).await;
        let half_a_second = Duration::from_millis(500);
        office.salesforce.set(|org| {
            org.latency = Some(Latency::between(half_a_second, half_a_second, 1));
        });
        let call = answered_out_of_sight(&office, STRANGER, Duration::from_millis(late)).await;
        eventually("the Task says that it was answered", || async {
            office.tasks_of(&call.id()).iter().any(|task| task["CallDisposition"] == "Answered")
        })
        .await;
        stays("there is one Task", Duration::from_secs(4), || async {
            office.tasks_of(&call.id()).len() == 1
        })
        .await;
        assert_eq!(office.tasks_of(&call.id())[0]["CallObject"], office.own_key(&call));
        assert_eq!(office.salesforce.records("Lead").len(), 1);
        let view = office.is_logged(&call.id()).await;
        assert_eq!(view.key.as_deref(), Some(office.own_key(&call).as_str()));
    }
}

#[tokio::test]
async fn the_key_of_a_missed_call_that_was_answered_follows_in_salesforce() {
    let mut office = Office::open().await;
    let call = answered_out_of_sight(&office, ADA, Duration::from_secs(32)).await;
    eventually("the Task of a missed call", || async { !office.tasks_of(&call.id()).is_empty() })
        .await;
    assert_eq!(office.task_of(&call.id()).await["CallObject"], office.shared_key(&call));
    eventually("the Task has the key of what it was", || async {
        office.task_of(&call.id()).await["CallObject"] == office.own_key(&call).as_str()
    })
    .await;
    assert_eq!(office.task_of(&call.id()).await["CallDisposition"], "Answered");
    assert_eq!(office.task_writes(), (1, 1));

    // A journal that is begun anew finds it.
    office.pbx.set(|pbx| pbx.cdr_delay = Duration::ZERO);
    office.quits().await;
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(office.home.path().join(file));
    }
    office.starts().await;
    office.is_live().await;
    office.is_logged(&call.id()).await;
    assert_eq!(office.task_writes().0, 1, "nothing is inserted again");
}

#[tokio::test]
async fn a_task_with_the_key_of_what_a_call_was_thought_to_be_is_found_and_put_right() {
    let mut office = Office::open().await;
    let call = office.ada_calls().await;
    office.talks(&call, 9).await;
    let task = office.is_logged(&call.id()).await.journal.task_id.expect("a Task");
    // An earlier version left the key as it was.
    office.salesforce.update("Task", &task, json!({ "CallObject": office.shared_key(&call) }));
    office.quits().await;
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(office.home.path().join(file));
    }
    office.starts().await;
    office.is_live().await;
    eventually("it is put right", || async {
        office.task_of(&call.id()).await["CallObject"] == office.own_key(&call).as_str()
    })
    .await;
    assert_eq!(office.task_writes().0, 1, "nothing is inserted again");
}

#[tokio::test]
async fn a_record_that_the_agent_makes_during_the_call_is_the_calls() {
    let settings = "[pop]\nunknown = \"new_lead\"\n".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    eventually("the form opens", || async { !office.desk.opened().is_empty() }).await;
    office.answers(&call).await;
    let lead = office.salesforce.insert(
        "Lead",
        json!({ "LastName": "Neumann", "Company": "Neumann GmbH", "Phone": "+49493555990" }),
    );
    call.talked_seconds(40);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], lead.as_str());
    assert_eq!(task["Subject"], "Inbound call from Neumann");
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.record.map(|record| record.id), Some(lead));
}

#[tokio::test]
async fn what_turns_out_to_be_a_colleagues_call_is_taken_back() {
    for (hand_edited, may_delete) in [(false, true), (true, true), (false, false)] {
        let office = Office::open().await;
        office.pbx.set(|pbx| {
            pbx.end_events = false;
            pbx.cdr_finds_nothing = true;
        });
        if !may_delete {
            office.salesforce.set(|org| org.delete_denied = ["Task".to_owned()].into());
        }
        let call = office.ada_calls().await;
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["CallDisposition"], "Missed");
        let id = task["Id"].as_str().expect("an id").to_owned();
        if hand_edited {
            tokio::time::sleep(Duration::from_millis(3_500)).await;
            office.salesforce.update("Task", &id, json!({ "Description": "I called back" }));
        }
        office.pbx.emit(30012, record(&call, ADA, "4102"));
        if !may_delete {
            let says = |reason: &String| reason.contains("may not delete");
            let view = office
                .call_until(&call.id(), "kept, with a word", |call| {
                    call.journal.reason.as_ref().is_some_and(says)
                })
                .await;
            assert_eq!(view.journal.state, JournalState::Logged);
            assert_eq!(office.tasks_of(&call.id()).len(), 1);
        } else if hand_edited {
            let view = office
                .call_until(&call.id(), "kept, with a word", |call| call.journal.reason.is_some())
                .await;
            assert_eq!(view.journal.state, JournalState::Logged);
            let task = office.task_of(&call.id()).await;
            assert_eq!(task["Description"], "I called back");
            assert_eq!(
                task["CallDisposition"], "Missed",
                "no word that the contract does not know"
            );
        } else {
            eventually("the Task is gone", || async { office.tasks_of(&call.id()).is_empty() })
                .await;
            // It is gone there a moment before that is written down here.
            let view = office
                .call_until(&call.id(), "without a Task", |call| call.journal.task_id.is_none())
                .await;
            assert_eq!(view.result, CallResult::Elsewhere);
        }
    }
}

/// A call of which the events show this agent's own leg alone, so that it seems to go out. It is logged.
async fn seems_to_go_out(office: &Office) -> String {
    let id = "1790000000.900".to_owned();
    for status in ["ALERT", "ANSWER", "BYE"] {
        let own = json!({ "extension": { "number": AGENT, "channel_id": "PJSIP/4101-00000c0f", "member_status": status, "call_path": "" } });
        office.pbx.emit(30011, json!({ "call_id": id, "members": [own] }));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    office.is_logged(&id).await;
    id
}

/// The record of that call, which says that it was one between extensions.
fn between_extensions(call: &str) -> serde_json::Value {
    json!({
        "call_id": call, "uid": "20260105091523A1B2D", "time_start": "2026-01-05 09:15:23",
        "call_from": AGENT, "call_to": "4104", "call_duration": 3, "talk_duration": 1,
        "src_trunk_name": "", "dst_trunk_name": "", "pin_code": "", "status": "ANSWERED",
        "type": "Internal", "recording": "", "did_number": ""
    })
}

#[tokio::test]
async fn a_call_that_turns_out_to_be_between_extensions_is_logged_no_more() {
    let office = Office::open().await;
    let call = seems_to_go_out(&office).await;

    office.pbx.emit(30012, between_extensions(&call));

    eventually("its Task is gone", || async { office.tasks_of(&call).is_empty() }).await;
    let skipped = |view: &engine::view::CallView| view.journal.state == JournalState::Skipped;
    let view = office.call_until(&call, "not logged", skipped).await;
    assert_eq!(view.journal.reason.as_deref(), Some("the settings do not log such calls"));
}

#[tokio::test]
async fn a_task_that_a_person_has_changed_stays_where_the_call_was_between_extensions() {
    let office = Office::open().await;
    let call = seems_to_go_out(&office).await;
    // What creates a Task may change it for a moment.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let task = office.task_of(&call).await["Id"].as_str().unwrap().to_owned();
    office.salesforce.update("Task", &task, json!({ "Description": "Asked about the offer." }));

    office.pbx.emit(30012, between_extensions(&call));

    let kept = |view: &engine::view::CallView| {
        let reason = view.journal.reason.as_deref().unwrap_or_default();
        reason.contains("was changed in Salesforce and stays")
    };
    let view = office.call_until(&call, "kept", kept).await;
    assert_eq!(view.journal.state, JournalState::Logged);
    assert_eq!(office.task_of(&call).await["Description"], "Asked about the offer.");
}

#[tokio::test]
async fn a_number_that_is_learnt_after_the_task_was_written_gets_its_record() {
    let settings = "[auto_create]\ndirections = [\"outbound\"]\n".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    let call = seems_to_go_out(&office).await;
    assert_eq!(office.task_of(&call).await["WhoId"], json!(null));

    let mut record = between_extensions(&call);
    (record["type"], record["call_to"]) = ("Outbound".into(), STRANGER.into());
    office.pbx.emit(30012, record);

    eventually("the Task is on a record", || async {
        office.task_of(&call).await["WhoId"] != json!(null)
    })
    .await;
    let leads = office.salesforce.records("Lead");
    assert_eq!(leads.len(), 1);
    assert_eq!(leads[0]["Id"], office.task_of(&call).await["WhoId"]);
}
