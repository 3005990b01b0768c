//! Many calls wait when Salesforce comes back: they go out together, and each is one Task, whatever becomes of the request.

use std::time::Duration;

use engine::view::JournalState;
use scenarios::{Fault, FaultRule, Office, Options, eventually, stays};
use serde_json::json;
use simulator::salesforce::ValidationRule;

/// Eva Ruiz's number: the contact index knows it.
const EVA: &str = "0305550001";
const CALLS: usize = 24;
/// Where many Tasks are made at once.
const TOGETHER: &str = "/composite/sobjects";

async fn office() -> Office {
    let office = unconnected().await;
    office.connects().await;
    office
}

async fn unconnected() -> Office {
    let options = Options {
        connected: false,
        org: |org| {
            let eva = json!({ "FirstName": "Eva", "LastName": "Ruiz", "Phone": "030 5550001" });
            org.records = vec![("Contact".to_owned(), eva)];
        },
        ..Options::default()
    };
    Office::with(options).await
}

/// Salesforce is away, and so many calls wait for it.
async fn many_wait(office: &Office) -> Vec<String> {
    office.salesforce.stop_listening();
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        calls.push(office.has_spoken_with(EVA).await);
    }
    wait(office, CALLS).await;
    calls
}

async fn wait(office: &Office, calls: usize) {
    let calls = u64::try_from(calls).expect("a number");
    office.status_until("all wait", |status| status.journal.waiting == calls).await;
}

async fn is_back(office: &Office) {
    office.salesforce.forget_ledger();
    office.salesforce.listen_again().await;
    office.retries().await;
}

/// Each call is one Task, and there is no other.
async fn each_is_one_task(office: &Office, calls: &[String]) {
    office.all_logged(calls).await;
    assert_eq!(office.salesforce.tasks().len(), calls.len());
}

#[tokio::test]
async fn they_go_out_with_one_request_and_say_what_each_says_alone() {
    let office = office().await;
    let calls = many_wait(&office).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    let writes = office.salesforce.arrivals("POST", "/sobjects");
    assert!(writes <= 2, "{writes} requests for {CALLS} Tasks");
    for task in office.salesforce.tasks() {
        assert_eq!(task["Subject"], "Inbound call from Eva Ruiz");
        assert_eq!(
            (&task["CallDurationInSeconds"], &task["Status"]),
            (&json!(7), &json!("Completed"))
        );
        assert!(task["WhoId"].is_string(), "{task}");
    }
}

#[tokio::test]
async fn with_a_unique_key_they_are_upserted_together() {
    let office = unconnected().await;
    office.salesforce.set(|org| org.call_key_field = true);
    office.connects().await;
    let calls = many_wait(&office).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    assert_eq!(office.salesforce.arrivals("PATCH", TOGETHER), 1);
}

#[tokio::test]
async fn what_may_have_been_written_is_asked_for_and_not_written_again() {
    for fault in [Fault::LostAnswer, Fault::LostBehindProxy(502), Fault::Truncated] {
        let office = office().await;
        let calls = many_wait(&office).await;
        let rule = FaultRule::once(TOGETHER, fault.clone());
        office.salesforce.set(|org| org.faults = vec![rule]);
        is_back(&office).await;
        eventually("they are there", || async { office.salesforce.tasks().len() >= CALLS - 1 })
            .await;
        stays("nobody knows for a while", Duration::from_secs(1), || async {
            office.status().await.journal.waiting > 10
        })
        .await;
        assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1, "{fault:?}");

        office.retries().await;

        each_is_one_task(&office, &calls).await;
        assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn one_that_is_refused_stops_none_of_the_others() {
    let office = office().await;
    office.salesforce.set(|org| {
        org.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: Some("WhoId".to_owned()),
            message: "Every call needs a contact.".to_owned(),
        }];
    });
    let calls = many_wait(&office).await;
    let nobody = office.has_spoken_with("anonymous").await;
    wait(&office, CALLS + 1).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    let view =
        office.call_until(&nobody, "stuck", |call| call.journal.state == JournalState::Stuck).await;
    let reason = view.journal.reason.expect("the org's words");
    assert!(reason.contains("Every call needs a contact."), "{reason}");
}

#[tokio::test]
async fn those_that_meet_a_locked_record_follow_alone() {
    let office = office().await;
    let calls = many_wait(&office).await;
    office.salesforce.set(|org| org.locked_rows = 3);
    is_back(&office).await;
    each_is_one_task(&office, &calls).await;
}

#[tokio::test]
async fn killed_while_salesforce_works_on_them_the_next_start_doubles_none() {
    let mut office = office().await;
    let calls = many_wait(&office).await;
    let late = FaultRule::once(TOGETHER, Fault::Late(Duration::from_secs(4)));
    office.salesforce.set(|org| org.faults = vec![late]);
    is_back(&office).await;
    eventually("it is under way", || async { office.salesforce.arrivals("POST", TOGETHER) > 0 })
        .await;
    office.is_killed();
    office.starts().await;
    stays("it is not tried at once", Duration::from_secs(12), || async {
        office.salesforce.arrivals("POST", TOGETHER) == 1
    })
    .await;
    office.clock.passes(Duration::from_secs(60));
    office.retries().await;
    each_is_one_task(&office, &calls).await;
    assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1);
}
