//! People who may not delete: a created record stays, and nothing else is spoilt by that.

use std::time::Duration;

use engine::{command::Command, view::JournalState};
use scenarios::{AGENT, Fault, FaultRule, Office, Options, eventually};
use serde_json::json;

const LEO: &str = "leo.brandt@example.com";
/// A number that no record has.
const STRANGER: &str = "0493555990";
const LEADS: &str = "[auto_create]\ndirections = [\"inbound\"]\n";

async fn creating() -> Office {
    let office = Office::with(Options { settings: LEADS.to_owned(), ..Options::default() }).await;
    office.salesforce.set(|org| org.delete_denied = ["Lead".to_owned()].into());
    office
}

/// Mara's desk creates a record for a caller while Leo's has made one a moment earlier. Returns the call and Leo's.
async fn second_to_create(mara: &Office) -> (String, String) {
    mara.salesforce.set(|org| {
        let slow = Fault::Late(Duration::from_secs(1));
        org.faults = vec![FaultRule::once("/sobjects/Lead", slow).on("POST")];
    });
    let call = mara.pbx.inbound(STRANGER, AGENT);
    mara.answers(&call).await;
    call.talked_seconds(4);
    call.hang_up();
    eventually("the record is on its way", || async {
        mara.salesforce.arrivals("POST", "/sobjects/Lead") > 0
    })
    .await;
    let older = mara.salesforce.made_by(
        LEO,
        "Lead",
        json!({ "FirstName": "Automatic New Contact", "LastName": format!("-{STRANGER}"),
            "Company": "Unknown", "Phone": "+49493555990" }),
    );
    (call.id(), older)
}

#[tokio::test]
async fn a_record_that_may_not_be_taken_back_stays_and_the_call_is_on_the_older_one() {
    let mara = creating().await;
    let (call, older) = second_to_create(&mara).await;
    let view = mara.is_logged(&call).await;
    assert_eq!(mara.task_of(&call).await["WhoId"], older);
    assert_eq!(view.record.map(|record| record.id), Some(older));
    assert_eq!(mara.salesforce.records("Lead").len(), 2, "ours stays");
    let reason = view.journal.reason.unwrap_or_default();
    let ours = mara.salesforce.records("Lead")[1]["Id"].as_str().unwrap().to_owned();
    assert!(reason.contains(&ours) && reason.contains("stays"), "{reason}");
    let undone = mara.asks(Command::UndoCreated { call }).await.expect_err("it is not ours");
    assert_eq!(undone.code, "call.nothing_to_undo");
}

#[tokio::test]
async fn whatever_keeps_a_record_from_being_taken_back_the_call_is_logged() {
    for fault in [Fault::Empty(503), Fault::LostAnswer, Fault::Html(200)] {
        let mara = creating().await;
        mara.salesforce.set(|org| org.delete_denied.clear());
        let (call, older) = second_to_create(&mara).await;
        mara.salesforce.set(|org| {
            org.faults.push(FaultRule::once("/sobjects/Lead", fault.clone()).on("DELETE"));
        });
        mara.is_logged(&call).await;
        assert_eq!(mara.task_of(&call).await["WhoId"], older, "{fault:?}");
        assert_eq!(mara.salesforce.records("Lead").len(), 1, "it is tried again: {fault:?}");
    }
}

#[tokio::test]
async fn a_person_who_may_not_delete_hears_why_the_record_stays_and_the_task_stays_on_it() {
    let mara = creating().await;
    let call = mara.pbx.inbound(STRANGER, AGENT);
    let task = mara.talks(&call, 4).await;
    let lead = mara.salesforce.records("Lead")[0]["Id"].clone();
    assert_eq!(task["WhoId"], lead);
    let problem = mara
        .asks(Command::UndoCreated { call: call.id() })
        .await
        .expect_err("the user may not delete");
    assert_eq!(problem.code, "call.record_left");
    assert!(problem.action.contains("administrator"), "{problem:?}");
    assert_eq!(mara.task_of(&call.id()).await["WhoId"], lead, "the Task stays as it was");

    // The right is taken away between the look and the deed.
    mara.salesforce.set(|org| {
        org.delete_denied.clear();
        let refused = json!([{ "errorCode": "INSUFFICIENT_ACCESS_OR_READONLY",
            "message": "insufficient access rights on object id", "fields": [] }]);
        let refused = FaultRule::always("/sobjects/Lead", Fault::Json(403, refused));
        org.faults = vec![refused.on("DELETE")];
    });
    let undo = Command::UndoCreated { call: call.id() };
    let problem = mara.asks(undo.clone()).await.expect_err("it is refused");
    assert_eq!(problem.code, "call.record_left");
    assert_eq!(mara.task_of(&call.id()).await["WhoId"], lead, "the Task is on it again");

    mara.salesforce.set(|org| org.faults.clear());
    mara.asks(undo).await.expect("the right is there");
    mara.call_until(&call.id(), "without a record", |view| {
        view.record.is_none() && view.journal.state == JournalState::Logged
    })
    .await;
    assert!(mara.salesforce.records("Lead").is_empty());
}
