//! C1 to C5: whose call it is, who calls, and when that is known.

use std::time::Duration;

use engine::view::CallResult;
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, Options, stays};
use serde_json::json;
use simulator::{
    PbxConfig,
    pbx::{Extension, Queue},
};

/// A queue of twenty, this agent the tenth of them.
fn twenty() -> PbxConfig {
    let agents: Vec<String> = (4092..4112).map(|number: u32| number.to_string()).collect();
    let mut pbx = PbxConfig::default();
    for number in &agents {
        if !pbx.extensions.iter().any(|known| known.number == *number) {
            pbx.extensions.push(Extension::new(number, "", ""));
        }
    }
    pbx.queues.push(Queue { number: "6500".to_owned(), name: "All".to_owned(), agents });
    pbx
}

#[tokio::test]
async fn a_queue_of_twenty_pops_on_answer_only_for_who_answers() {
    let settings = "[pop]\nwhen = \"answer\"\n".to_owned();
    let office = Office::with(Options { pbx: twenty(), settings, ..Options::default() }).await;
    let theirs = office.pbx.inbound_queue(ADA, "6500");
    office.shows(&theirs, CallResult::Ringing).await;
    theirs.answer("4099");
    office.shows(&theirs, CallResult::Elsewhere).await;
    theirs.hang_up();
    let ours = office.pbx.inbound_queue(ADA, "6500");
    office.shows(&ours, CallResult::Ringing).await;
    assert!(office.desk.opened().is_empty());
    let task = office.talks(&ours, 20).await;
    assert_eq!(task["CallObject"], office.own_key(&ours));
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(office.tasks_of(&theirs.id()).is_empty());
}

#[tokio::test]
async fn a_queue_of_twenty_that_nobody_takes_is_one_task_within_its_time() {
    let office = Office::with(Options { pbx: twenty(), ..Options::default() }).await;
    let call = office.pbx.inbound_queue(ADA, "6500");
    office.shows(&call, CallResult::Ringing).await;
    let ended = std::time::Instant::now();
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert!(ended.elapsed() < Duration::from_secs(25), "{:?}", ended.elapsed());
    assert_eq!(task["CallObject"], office.shared_key(&call));
    assert_eq!(task["CallDisposition"], "Missed");
}

#[tokio::test]
async fn two_desks_of_a_group_log_a_missed_call_once() {
    let office = Office::open().await;
    let colleague = office.colleague("leo.brandt@example.com").await;
    let call = office.pbx.inbound_queue(ADA, "6400");
    office.shows(&call, CallResult::Ringing).await;
    colleague.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    let ours = office.is_logged(&call.id()).await;
    let theirs = colleague.is_logged(&call.id()).await;
    assert_eq!(ours.journal.task_id, theirs.journal.task_id);
    assert_eq!(ours.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(office.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn a_transferred_call_is_a_task_for_each_agent_who_spoke() {
    let office = Office::open().await;
    // Whoever sees the account sees the contact.
    let account = office.salesforce.insert("Account", json!({ "Name": "Moreno GmbH" }));
    office.salesforce.update("Contact", &office.ada, json!({ "AccountId": account }));
    let colleague = office.colleague("leo.brandt@example.com").await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    call.blind_transfer(AGENT, "4102");
    colleague.shows(&call, CallResult::Ringing).await;
    call.answer("4102");
    colleague.shows(&call, CallResult::Talking).await;
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    call.hang_up();

    let ours = office.is_logged(&call.id()).await;
    let theirs = colleague.is_logged(&call.id()).await;
    assert_eq!(office.tasks_of(&call.id()).len(), 2);
    let key = |extension: &str| format!("ys:{}:{}:{extension}", office.pbx.serial(), call.id());
    assert_eq!((ours.key, theirs.key), (Some(key("4101")), Some(key("4102"))));
    assert!((1..=2).contains(&ours.talk_seconds), "{} seconds", ours.talk_seconds);
    assert!((3..=5).contains(&theirs.talk_seconds), "{} seconds", theirs.talk_seconds);
    assert_eq!(office.desk.opened().len(), 1);
    assert_eq!(colleague.desk.opened().len(), 1);
}

#[tokio::test]
async fn a_parked_call_that_is_taken_back_is_one_task_with_both_halves() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.stops_ringing(AGENT);
    tokio::time::sleep(Duration::from_secs(3)).await;
    call.rings(AGENT);
    call.answer(AGENT);
    office.shows(&call, CallResult::Talking).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    let seconds = task["CallDurationInSeconds"].as_u64().expect("a talk time");
    assert!((4..=6).contains(&seconds), "both halves, and not what lay between: {seconds} s");
    assert_eq!(office.desk.opened().len(), 1);
}

#[tokio::test]
async fn a_call_that_ends_before_the_lookup_answers_opens_nothing_and_is_logged_right() {
    let office = Office::open().await;
    // With its record the call is over at once; without, it is still waited for when the answer comes.
    for recorded in [true, false] {
        office.pbx.set(|pbx| {
            pbx.end_events = recorded;
            pbx.cdr_finds_nothing = !recorded;
        });
        let number = if recorded { ADA } else { "0493555028" };
        let bruno = office.knows("Bruno", "Lind", "+49493555028");
        let slow = Fault::Slow(Duration::from_secs(2));
        office.salesforce.set(|org| org.faults = vec![FaultRule::once("/search", slow)]);
        let call = office.pbx.inbound(number, AGENT);
        office.shows(&call, CallResult::Ringing).await;
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["WhoId"], if recorded { &office.ada } else { &bruno }.as_str());
        stays("no late page", Duration::from_secs(2), || async { office.desk.opened().is_empty() })
            .await;
        assert_eq!(office.tasks_of(&call.id()).len(), 1);
        if recorded {
            office.salesforce.delete("Contact", &bruno);
        }
    }
    assert_eq!(office.task_writes(), (2, 0));
}

#[tokio::test]
async fn an_answer_does_not_wait_for_a_slow_lookup_which_still_pops() {
    let office = Office::open().await;
    let slow = Fault::Slow(Duration::from_secs(5));
    office.salesforce.set(|org| org.faults = vec![FaultRule::once("/search", slow)]);
    let call = office.ada_calls().await;
    office.answers(&call).await;
    assert!(office.desk.opened().is_empty());
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(call.is_live());
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], office.ada);
}

#[tokio::test]
async fn strange_callers_are_logged_without_a_contact_and_searched_for_only_by_number() {
    let office = Office::open().await;
    let callers = [
        ("anonymous", "a withheld number"),
        ("", "a withheld number"),
        ("Unknown", "a withheld number"),
        ("sip:anonymous@anonymous.invalid", "a withheld number"),
        ("4102", "4102"),
        ("110", "110"),
        ("112", "112"),
        ("support", "support"),
        ("1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890"),
    ];
    for (from, shown) in callers {
        let call = office.pbx.inbound(from, AGENT);
        office.shows(&call, CallResult::Ringing).await;
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["Subject"], format!("Missed call from {shown}"), "{from}");
        assert!(task["WhoId"].is_null() && task["WhatId"].is_null(), "{from}");
    }
    assert!(office.searches().is_empty(), "{:?}", office.searches());
    assert!(office.desk.opened().is_empty());
    assert_eq!(office.salesforce.records("Contact").len(), 1, "nobody was created");
    assert!(office.salesforce.records("Lead").is_empty());

    for from in ["sip:+49493555017@sbc.example.com;user=phone", "\"Ada\" <sip:0493555017@trunk>"] {
        let before = office.desk.opened().len();
        let call = office.pbx.inbound(from, AGENT);
        office.call_until(&call.id(), from, |view| view.popped.is_some()).await;
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["WhoId"], office.ada, "{from}");
        assert_eq!(office.desk.opened().len(), before + 1);
    }
}
