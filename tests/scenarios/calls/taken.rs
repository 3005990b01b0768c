//! Calls that seem to be taken by nobody here, and were taken by a colleague: nothing is logged of them here.

use std::time::Duration;

use engine::{command::Command, view::CallResult};
use scenarios::{ADA, AGENT, Call, Fault, FaultRule, Office, eventually, stays};

/// Longer than an entry in doubt waits for its record, and all requests after it.
const WHOLE: Duration = Duration::from_secs(27);

/// The PBX writes its records so late, and says nothing of them by itself.
fn records_are_late(office: &Office, delay: Duration) {
    office.pbx.set(|pbx| {
        pbx.end_events = false;
        pbx.cdr_delay = delay;
    });
}

#[tokio::test]
async fn a_transfer_that_is_not_taken_is_one_task_of_who_spoke_also_when_the_record_is_late() {
    for per_call in [false, true] {
        let office = Office::open().await;
        let _colleague = office.colleague("leo.brandt@example.com").await;
        office.pbx.set(|pbx| pbx.cdr_row_per_call = per_call);
        records_are_late(&office, Duration::from_secs(6));
        let call = office.ada_calls().await;
        office.answers(&call).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        call.blind_transfer(AGENT, "4102");
        tokio::time::sleep(Duration::from_millis(800)).await;
        call.caller_hangs_up();

        eventually("the Task of who spoke", || async { office.tasks_of(&call.id()).len() == 1 })
            .await;
        stays("one Task", WHOLE, || async {
            let tasks = office.tasks_of(&call.id());
            tasks.len() == 1 && tasks[0]["CallDisposition"] == "Answered"
        })
        .await;
        assert_eq!(office.tasks_of(&call.id())[0]["CallObject"], office.own_key(&call));
    }
}

/// A colleague takes a group's call while this desk hears nothing, and its record comes so late.
async fn taken_while_nothing_is_heard(office: &Office, late: Duration) -> Call {
    records_are_late(office, late);
    let call = office.pbx.inbound_queue(ADA, "6400");
    office.shows(&call, CallResult::Ringing).await;
    office.pbx.stop_listening();
    call.answer("4102");
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.hang_up();
    office.pbx.listen_again().await;
    call
}

#[tokio::test]
async fn a_group_call_that_a_colleague_takes_while_nothing_is_heard_is_not_logged() {
    let office = Office::open().await;
    let call = taken_while_nothing_is_heard(&office, Duration::from_secs(9)).await;

    stays("nothing logged", WHOLE, || async { office.salesforce.tasks().is_empty() }).await;
    office.shows(&call, CallResult::Elsewhere).await;
}

/// The entry is written before the record is there, and taken back.
#[tokio::test]
async fn a_group_call_that_a_colleague_took_unheard_is_nobodys_task_once_its_late_record_is_there()
{
    let office = Office::open().await;
    let call = taken_while_nothing_is_heard(&office, Duration::from_secs(20)).await;

    office.shows(&call, CallResult::Elsewhere).await;
    eventually("there is no Task", || async { office.tasks_of(&call.id()).is_empty() }).await;
    let stays_so = || async { office.salesforce.tasks().is_empty() };
    stays("nothing is logged", Duration::from_secs(10), stays_so).await;
}

#[tokio::test]
async fn a_group_call_that_a_colleague_takes_while_the_integration_is_off_is_not_logged() {
    let office = Office::open().await;
    records_are_late(&office, Duration::from_secs(4));
    let call = office.pbx.inbound_queue(ADA, "6400");
    office.shows(&call, CallResult::Ringing).await;
    office.asks(Command::Disable).await.expect("switched off");
    call.answer("4102");
    tokio::time::sleep(Duration::from_secs(1)).await;
    call.hang_up();
    office.asks(Command::Enable).await.expect("switched on");
    office.is_live().await;

    stays("nothing logged", WHOLE, || async { office.salesforce.tasks().is_empty() }).await;
}

#[tokio::test]
async fn a_call_that_a_colleague_takes_while_the_pbx_is_away_at_the_start_is_not_logged() {
    let mut office = Office::open().await;
    let call = office.pbx.inbound_queue(ADA, "6400");
    office.shows(&call, CallResult::Ringing).await;
    office.is_killed();
    office.pbx.stop_listening();
    office.starts().await;
    call.answer("4102");
    tokio::time::sleep(Duration::from_secs(1)).await;
    call.hang_up();
    // The list of extensions comes long after the records.
    let late =
        FaultRule::always("/openapi/v1.0/extension/list", Fault::Slow(Duration::from_secs(4)));
    office.pbx.set(|pbx| pbx.faults.push(late));
    office.pbx.listen_again().await;
    office.is_live().await;

    stays("nothing logged", Duration::from_secs(12), || async {
        office.salesforce.tasks().is_empty()
    })
    .await;
    office.shows(&call, CallResult::Elsewhere).await;
}
