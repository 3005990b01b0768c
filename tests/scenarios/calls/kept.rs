//! How long a call stays in the list, whatever the clock says.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::JournalState,
};
use scenarios::{ADA, Fault, FaultRule, Office, eventually, stays};
use serde_json::json;

const DAY: Duration = Duration::from_secs(86_400);

/// So many days go by, at the desk and at the PBX.
fn days_pass(office: &Office, days: u32) {
    office.pbx.advance(DAY * days);
    office.clock.passes(DAY * days);
}

/// Waits until the PBX was asked for the time since `before` requests: the journal is tidied then.
async fn is_tidied(office: &Office, before: usize) {
    eventually("the PBX is asked for the time", || async {
        // Whatever wakes the program: it has slept through the days.
        office.status().await;
        office.pbx.ledger()[before..].iter().any(|it| it.path.ends_with("/system/information"))
    })
    .await;
}

async fn ids(office: &Office) -> Vec<String> {
    office.calls().await.into_iter().map(|call| call.id).collect()
}

#[tokio::test]
async fn calls_go_after_ninety_days_with_what_was_chosen_and_what_waits_stays() {
    let office = Office::open().await;
    let luis = office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Luis", "LastName": "Moreno", "Phone": "+49493555017" }),
    );
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 2).await;
    office.talks(&call, 40).await;
    let chosen = Command::Choose { call: call.id(), record: luis, remember: true, open: false };
    office.asks(chosen).await.expect("it is kept");
    office.is_logged(&call.id()).await;
    office.salesforce.set(|org| {
        org.create_denied.insert("Task".to_owned());
    });
    let stuck = office.has_spoken_with(ADA).await;
    office.call_until(&stuck, "stuck", |call| call.journal.state == JournalState::Stuck).await;

    let before = office.pbx.ledger().len();
    days_pass(&office, 89);
    is_tidied(&office, before).await;
    assert_eq!(ids(&office).await, [stuck.clone(), call.id()]);
    days_pass(&office, 2);

    eventually("the old call has gone", || async { ids(&office).await == [stuck.as_str()] }).await;
    // It waits for a person, and it is one of the number's.
    let choices = async || match office.asks(Command::RememberedChoices).await {
        Ok(Reply::Choices(choices)) => choices.len(),
        other => panic!("no choices but {other:?}"),
    };
    assert_eq!(choices().await, 1);
    office.salesforce.set(|org| org.create_denied.clear());
    office.retries().await;
    office.all_logged(std::slice::from_ref(&stuck)).await;
    days_pass(&office, 2);
    eventually("all has gone", || async { ids(&office).await.is_empty() }).await;
    eventually("and the choice", || async { choices().await == 0 }).await;
    assert_eq!(office.salesforce.tasks().len(), 2, "in Salesforce everything stays");
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_takes_nothing_and_neither_does_a_pbx_that_is_away() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(std::slice::from_ref(&call)).await;

    let before = office.pbx.ledger().len();
    office.clock.is_wrong_by_days(3 * 365);
    days_pass(&office, 1);
    is_tidied(&office, before).await;
    stays("in the list", Duration::from_secs(1), || async {
        ids(&office).await == [call.as_str()]
    })
    .await;

    // And where the desk's clock alone could say that it is old.
    let refused = Fault::Json(200, json!({ "errcode": 60_001, "errmsg": "BUSY" }));
    office.pbx.set(|pbx| pbx.faults.push(FaultRule::always("system/information", refused)));
    let before = office.pbx.ledger().len();
    days_pass(&office, 1);
    is_tidied(&office, before).await;
    stays("in the list", Duration::from_secs(1), || async {
        ids(&office).await == [call.as_str()]
    })
    .await;
}
