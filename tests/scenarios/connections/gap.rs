//! Asking the PBX for what was not heard: no question is repeated for nothing, and none that only the events can answer.

use std::time::Duration;

use engine::view::EventsState;
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, eventually, stays};
use simulator::{Cut, pbx::Subscribing};

#[tokio::test]
async fn a_gap_that_was_broken_off_is_read_on_from_the_page_that_could_not_be_had() {
    let mut office = Office::open().await;
    office.quits().await;
    let mut calls = Vec::new();
    for _ in 0..6 {
        let call = office.pbx.inbound(ADA, AGENT);
        call.answer(AGENT);
        call.hang_up();
        calls.push(call.id());
    }
    office.pbx.set(|pbx| {
        pbx.cdr_short_pages = Some(1);
        pbx.faults = vec![FaultRule::once("cdr/search", Fault::Reset).after(4)];
    });
    office.pbx.forget_ledger();
    office.starts().await;

    office.is_live().await;

    let asked = office.pbx_asked("cdr/search");
    assert!(asked <= 8, "six pages, one of them twice, took {asked} requests");
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 6);
}

#[tokio::test]
async fn after_a_new_connection_a_gap_is_read_from_its_beginning() {
    let mut office = Office::open().await;
    office.quits().await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let call = office.pbx.inbound(ADA, AGENT);
        call.answer(AGENT);
        call.hang_up();
        calls.push(call.id());
    }
    office.pbx.set(|pbx| {
        pbx.cdr_short_pages = Some(1);
        pbx.faults = vec![FaultRule::once("cdr/search", Fault::Reset).after(2)];
    });
    office.pbx.forget_ledger();
    office.starts().await;
    eventually("it is broken off", || async { office.pbx_asked("cdr/search") == 3 }).await;
    office.pbx.cut_sockets(Cut::Close);
    office.is_live().await;
    assert!(office.pbx_asked("cdr/search") >= 6, "three pages anew");
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 3);
}

#[tokio::test]
async fn while_the_events_are_not_heard_the_pbx_is_not_asked_for_its_calls() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.late_call_events = true;
        pbx.faults = vec![FaultRule::always("call/query", Fault::Reset)];
    });
    let call = office.pbx.inbound(ADA, AGENT);
    let before = office.pbx_asked("call/query");
    eventually("it asks what rings here", || async {
        office.pbx_asked("call/query") >= before + 2
    })
    .await;
    office.pbx.set(|pbx| pbx.subscribing = Subscribing::NeverAnswered);
    office.pbx.cut_sockets(Cut::Close);
    office.status_until("nothing is heard", |status| status.pbx.events == EventsState::Down).await;
    // One question may be under way.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = office.pbx_asked("call/query");
    stays("it does not ask", Duration::from_secs(7), || async {
        office.pbx_asked("call/query") == asked
    })
    .await;

    office.pbx.set(|pbx| {
        pbx.faults.clear();
        pbx.subscribing = Subscribing::Works;
    });
    office.is_live().await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDisposition"], "Missed");
}
