//! A Task was written and its answer was lost: there is one Task all the same.

use std::time::Duration;

use scenarios::{ADA, Fault, FaultRule, Office};
use serde_json::{Value, json};

fn meets_the_next_task(office: &Office, fault: Fault) {
    office.salesforce.forget_ledger();
    office
        .salesforce
        .set(|org| org.faults = vec![FaultRule::once("/sobjects/Task", fault).on("POST")]);
}

/// Requests that went out for the one call since: inserts, and updates of its Task, answered or not. The Task of the call
/// before may be brought up to date meanwhile.
fn writes(office: &Office, task: &Value) -> (usize, usize) {
    let ledger = office.salesforce.ledger();
    let of = |method: &str, path: &str| {
        let asked = ledger.iter().filter(|request| request.path.contains(path));
        asked.filter(|request| request.method == method).count()
    };
    let id = task["Id"].as_str().expect("a Task has one");
    (of("POST", "/sobjects/Task"), of("PATCH", &format!("/sobjects/Task/{id}")))
}

/// One insert, for it has reached the org; and a call that was corrected since is brought up to date once.
fn is_inserted_once(office: &Office, task: &Value, what: &str) {
    let (inserts, updates) = writes(office, task);
    assert_eq!(inserts, 1, "{what}: inserts");
    assert!(updates <= 1, "{what}: {updates} updates");
}

/// Questions for the key of a call.
fn asked_for(office: &Office, call: &str) -> usize {
    office
        .salesforce
        .ledger()
        .iter()
        .filter_map(|request| request.query.clone())
        .filter(|query| query.contains("FROM Task ") && query.contains(call))
        .count()
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_a_question_and_not_by_a_second_task() {
    let office = Office::open().await;
    for (fault, written) in [
        (Fault::LostAnswer, true),
        (Fault::LostBehindProxy(502), true),
        (Fault::LostBehindProxy(500), true),
        (Fault::Truncated, true),
        (Fault::Json(201, json!({ "id": "../../evil", "success": true })), false),
        (Fault::Html(504), false),
    ] {
        meets_the_next_task(&office, fault.clone());
        let call = office.has_spoken_with(ADA).await;
        let task = office.task_of(&call).await;
        let view = office.is_logged(&call).await;
        assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str(), "{fault:?}");
        assert!(asked_for(&office, &call) >= 1, "{fault:?}: it is asked for first");
        if written {
            is_inserted_once(&office, &task, &format!("{fault:?}"));
        } else {
            let (inserts, updates) = writes(&office, &task);
            assert!(
                inserts == 2 && updates <= 1,
                "{fault:?}: {inserts} inserts, {updates} updates"
            );
        }
        assert_eq!(office.tasks_of(&call).len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_lost_one() {
    let office = Office::open().await;
    meets_the_next_task(&office, Fault::Slow(Duration::from_secs(60)));
    let call = office.has_spoken_with(ADA).await;
    let task = office.task_of(&call).await;
    let view = office.is_logged(&call).await;
    assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(office.tasks_of(&call).len(), 1, "the first one has written it");
    is_inserted_once(&office, &task, "too slow");
}

#[tokio::test]
async fn killed_between_the_request_and_its_answer_there_is_one_task() {
    let mut office = Office::open().await;
    meets_the_next_task(&office, Fault::Slow(Duration::from_secs(60)));
    let call = office.has_spoken_with(ADA).await;
    let task = office.task_of(&call).await;
    office.is_killed();
    office.starts().await;
    let view = office.is_logged(&call).await;
    assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(office.tasks_of(&call).len(), 1);
    is_inserted_once(&office, &task, "killed");
}

#[tokio::test]
async fn where_the_org_has_a_unique_key_the_entry_is_an_upsert_by_it() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.call_key_field = true);
    // What an org offers is learnt at the start.
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    office.salesforce.forget_ledger();

    let call = office.has_spoken_with(ADA).await;
    let task = office.task_of(&call).await;
    let key = format!("ys:{}:{call}:4101", office.pbx.serial());
    assert_eq!(task["PBX_Call_Key__c"], key);
    assert_eq!(task["CallObject"], key);
    let ledger = office.salesforce.ledger();
    assert!(!ledger.iter().any(|asked| asked.method == "POST" && asked.path.contains("Task")));

    for fault in [Fault::LostAnswer, Fault::LostBehindProxy(502)] {
        office.salesforce.set(|org| {
            org.faults = vec![FaultRule::once("/sobjects/Task", fault).on("PATCH")];
        });
        let call = office.has_spoken_with(ADA).await;
        office.all_logged(std::slice::from_ref(&call)).await;
    }
}

#[tokio::test]
async fn an_upsert_that_meets_the_same_key_is_read_back_and_done() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.call_key_field = true);
    office.quits().await;
    office.starts().await;
    office.is_live().await;

    let call = office.pbx.inbound(ADA, "4101");
    office.answers(&call).await;
    let key = office.own_key(&call);
    // Another desktop's request of the same moment has won.
    let theirs = office.salesforce.insert(
        "Task",
        json!({ "Subject": "Inbound call from Ada Moreno", "CallObject": key, "PBX_Call_Key__c": key,
            "Status": "Completed", "TaskSubtype": "Call" }),
    );
    let repeat = json!([{ "errorCode": "DUPLICATE_VALUE", "fields": [],
        "message": format!("duplicate value found: PBX_Call_Key__c duplicates value on record with id: {theirs}") }]);
    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::once("/sobjects/Task", Fault::Json(400, repeat)).on("PATCH")];
    });
    call.hang_up();
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.journal.task_id.as_deref(), Some(theirs.as_str()));
    assert_eq!(office.tasks_of(&call.id()).len(), 1);
}
