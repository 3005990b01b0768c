//! An outcome that the org does not take is told where the call is, and goes out once it is taken.

use engine::view::{CallRow, JournalState};
use scenarios::{ADA, Fault, FaultRule, Office, eventually};
use serde_json::{Value, json};
use simulator::salesforce::HiddenField;

use crate::verbs::{Wish, row, task_until, wishes};

async fn chooses(office: &Office, call: &str, outcome: &str) {
    let wish = Wish { outcome: Some(outcome), save: true, ..Wish::default() };
    wishes(office, call, wish).await.expect("it is kept");
}

/// Waits until the list says of a call what the Task lacks.
async fn says(office: &Office, call: &str, code: Option<&str>) -> CallRow {
    eventually(&format!("the list says {code:?}"), || async {
        row(office, call).is_some_and(|row| {
            row.call.journal.state == JournalState::Logged && row.reason_code.as_deref() == code
        })
    })
    .await;
    row(office, call).expect("it is in the list")
}

fn listed(results: &[&str]) -> Option<Vec<String>> {
    Some(results.iter().map(|&result| result.to_owned()).collect())
}

#[tokio::test]
async fn an_outcome_that_a_restricted_list_lacks_is_told_and_sent_once_it_is_there() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.call_results = listed(&["Answered"]));
    let call = office.ada_calls().await;
    chooses(&office, &call.id(), "Reached").await;
    let task = office.talks(&call, 3).await;
    assert_eq!(task["CallDisposition"], Value::Null, "the call is logged all the same");
    let shown = says(&office, &call.id(), Some("journal.outcome_left_out")).await;
    let reason = shown.call.journal.reason.expect("a reason");
    assert!(reason.contains("“Reached”") && reason.contains("Call Result"), "{reason}");

    // It is still so when the Task is changed for another reason.
    let wish = Wish { text: Some("Wants an offer."), save: true, ..Wish::default() };
    wishes(&office, &call.id(), wish).await.expect("it is kept");
    task_until(&office, &call.id(), "the note", |task| !task["Description"].is_null()).await;
    says(&office, &call.id(), Some("journal.outcome_left_out")).await;

    // The administrator adds it, and the agent does what was said.
    office.salesforce.set(|org| org.call_results = listed(&["Answered", "Reached"]));
    office.examines().await;
    chooses(&office, &call.id(), "Reached").await;
    task_until(&office, &call.id(), "the outcome", |task| task["CallDisposition"] == "Reached")
        .await;
    says(&office, &call.id(), None).await;
}

#[tokio::test]
async fn an_outcome_chosen_after_the_call_is_told_as_well_and_another_one_mends_it() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.call_results = listed(&["Answered", "No answer"]));
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    assert_eq!(says(&office, &call, None).await.call.journal.reason, None);
    chooses(&office, &call, "Wrong number").await;
    says(&office, &call, Some("journal.outcome_left_out")).await;
    chooses(&office, &call, "No answer").await;
    task_until(&office, &call, "the outcome", |task| task["CallDisposition"] == "No answer").await;
    says(&office, &call, None).await;
}

#[tokio::test]
async fn an_outcome_in_a_field_that_the_agent_may_not_set_is_told_and_a_call_without_one_is_not() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.hidden_fields.push(HiddenField::new("Task", "CallDisposition"));
    });
    let call = office.ada_calls().await;
    chooses(&office, &call.id(), "Reached").await;
    office.talks(&call, 3).await;
    says(&office, &call.id(), Some("journal.outcome_left_out")).await;
    let plain = office.has_spoken_with(ADA).await;
    says(&office, &plain, None).await;
}

/// A record type offers less than what is described.
#[tokio::test]
async fn an_outcome_that_only_the_answer_refuses_is_told() {
    let office = Office::open().await;
    let words = json!([{
        "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "message": "Call Result: bad value for restricted picklist field: Reached",
        "fields": ["CallDisposition"],
    }]);
    let refusal = Fault::Json(400, words);
    office
        .salesforce
        .set(|org| org.faults = vec![FaultRule::once("/sobjects/Task", refusal).on("POST")]);
    let call = office.ada_calls().await;
    chooses(&office, &call.id(), "Reached").await;
    office.talks(&call, 3).await;
    says(&office, &call.id(), Some("journal.outcome_left_out")).await;
}
