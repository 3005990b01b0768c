//! Salesforce fails at an entry and says so: HTTP 500 with a code. That entry waits for a person, and nothing else does.

use std::time::Duration;

use engine::view::{CallView, JournalState, LinkState};
use scenarios::{ADA, Fault, FaultRule, Office, eventually};
use serde_json::json;

/// A trigger of the org that breaks.
fn failure() -> Fault {
    let words = "System.NullPointerException: Attempt to de-reference a null object";
    Fault::Json(500, json!([{ "errorCode": "UNKNOWN_EXCEPTION", "message": words }]))
}

const STRANGER: &str = "0305550123";

/// The entry needs a person. Returns its reason.
async fn needs_a_person(office: &Office, call: &str) -> String {
    let is_stuck = |call: &CallView| call.journal.state == JournalState::Stuck;
    let stuck = office.call_within(call, "stuck", Duration::from_secs(90), is_stuck).await;
    stuck.journal.reason.expect("a reason")
}

#[tokio::test]
async fn an_entry_at_which_salesforce_fails_each_time_is_left_to_a_person_with_the_orgs_words() {
    let office = Office::open().await;
    let poison = FaultRule::always("/sobjects/Task", failure()).holding("305550123");
    office.salesforce.set(|org| org.faults = vec![poison]);
    let refused = office.has_spoken_with(STRANGER).await;
    let told = |call: &CallView| {
        let reason = call.journal.reason.as_deref().unwrap_or_default();
        call.journal.state == JournalState::Waiting && reason.contains("NullPointerException")
    };
    office.call_until(&refused, "it waits, with the org's words", told).await;

    let fine = office.has_spoken_with(ADA).await;
    office.all_logged(&[fine]).await;
    let status = office.status().await;
    assert_eq!(status.salesforce.state, LinkState::Connected);
    assert_eq!(status.salesforce.problem, None, "Salesforce itself is well");

    let said = needs_a_person(&office, &refused).await;
    assert!(said.contains("NullPointerException"), "{said}");
    assert_eq!(office.attempts_at(&refused), 3);

    // The administrator has mended the trigger.
    office.salesforce.set(|org| org.faults.clear());
    office.retries().await;
    office.all_logged(&[refused]).await;
    office.holds_its_promises();
}

#[tokio::test]
async fn an_entry_at_which_salesforce_failed_after_it_was_written_stays_one_task() {
    let office = Office::open().await;
    // The Task is there, and what runs after it has broken.
    let lost = FaultRule::times("/sobjects/Task", 1, Fault::LostBehindProxy(500)).on("POST");
    office.salesforce.set(|org| org.faults = vec![lost]);
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    office.holds_its_promises();
}

#[tokio::test]
async fn one_entry_at_which_salesforce_fails_holds_up_no_backlog() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let mut calls = Vec::new();
    for turn in 0..14 {
        let number = if turn == 7 { STRANGER } else { ADA };
        calls.push(office.has_spoken_with(number).await);
    }
    let poison = |path| FaultRule::always(path, failure()).holding("305550123").on("POST");
    office
        .salesforce
        .set(|org| org.faults = vec![poison("/composite/sobjects"), poison("/sobjects/Task")]);
    office.salesforce.listen_again().await;
    office.retries().await;
    let refused = calls.remove(7);
    eventually("the others are logged", || async {
        calls.iter().all(|call| office.tasks_of(call).len() == 1)
    })
    .await;
    needs_a_person(&office, &refused).await;
    office.holds_its_promises();
}

#[tokio::test]
async fn where_salesforce_fails_at_everything_no_entry_is_left_to_a_person() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.faults = vec![FaultRule::always("/services/data", failure())]);
    let call = office.has_spoken_with(ADA).await;
    office
        .status_within("it is told", Duration::from_secs(60), |status| {
            status.salesforce.state == LinkState::Unreachable
        })
        .await;
    let view = office.call(&call).await.expect("it is in the list");
    assert_eq!(view.journal.state, JournalState::Waiting);
    office.salesforce.set(|org| org.faults.clear());
    office.retries().await;
    office.all_logged(&[call]).await;
    office.holds_its_promises();
}
