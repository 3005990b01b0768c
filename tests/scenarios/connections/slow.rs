//! Every request to either side takes up to three seconds: answers come after what has happened since, and each call is one
//! Task all the same, with what it was.

use std::time::Duration;

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, AGENT, Office, Options};
use simulator::{Cut, Latency};

const LEO: &str = "leo.brandt@example.com";
const LEOS: &str = "4102";
const GROUP: &str = "6400";
const STRANGER: &str = "0493555990";

/// The slowest answer.
const SLOWEST: Duration = Duration::from_secs(3);

fn slow(seed: u64) -> Option<Latency> {
    Some(Latency::between(Duration::ZERO, SLOWEST, seed))
}

/// Both sides are slow from now on.
fn become_slow(office: &Office, seed: u64) {
    office.pbx.set(|pbx| pbx.latency = slow(seed));
    office.salesforce.set(|org| org.latency = slow(seed + 100));
}

#[tokio::test]
async fn calls_answered_and_missed_are_what_they_were() {
    for seed in [1, 2] {
        let office = Office::open().await;
        become_slow(&office, seed);
        let answered = office.pbx.inbound(ADA, AGENT);
        office.shows(&answered, CallResult::Ringing).await;
        let task = office.talks(&answered, 42).await;
        assert_eq!(task["Subject"], "Inbound call from Ada Moreno", "{seed}");
        assert_eq!(task["CallDurationInSeconds"], 42, "{seed}");
        let missed = office.pbx.inbound(ADA, AGENT);
        office.shows(&missed, CallResult::Ringing).await;
        missed.caller_hangs_up();
        let task = office.task_of(&missed.id()).await;
        assert_eq!(task["Subject"], "Missed call from Ada Moreno", "{seed}");
        assert_eq!(office.salesforce.tasks().len(), 2, "{seed}");
    }
}

#[tokio::test]
async fn a_call_that_is_answered_while_the_list_of_calls_is_on_its_way_is_answered() {
    for seed in [3, 4] {
        let office = Office::open().await;
        let call = office.pbx.inbound(ADA, AGENT);
        office.shows(&call, CallResult::Ringing).await;
        become_slow(&office, seed);
        office.pbx.cut_sockets(Cut::Close);
        tokio::time::sleep(Duration::from_millis(700 * seed)).await;
        call.answer(AGENT);
        tokio::time::sleep(Duration::from_secs(2)).await;
        call.talked_seconds(30);
        call.hang_up();

        let task = office.task_of(&call.id()).await;
        let view = office.is_logged(&call.id()).await;
        assert_eq!(view.result, CallResult::Answered, "{seed}");
        let seconds = task["CallDurationInSeconds"].as_u64().unwrap_or_default();
        assert!((28..=36).contains(&seconds), "{seed}: {seconds} s");
        assert_eq!(office.salesforce.tasks().len(), 1, "{seed}");
    }
}

#[tokio::test]
async fn what_was_missed_while_the_program_was_away_is_read_slowly_and_logged_once() {
    let mut office = Office::open().await;
    office.quits().await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        let call = office.pbx.inbound(ADA, AGENT);
        call.answer(AGENT);
        call.talked_seconds(9);
        call.hang_up();
        calls.push(call.id());
    }
    office.pbx.set(|pbx| pbx.cdr_short_pages = Some(1));
    become_slow(&office, 5);
    office.starts().await;
    // One more while the gap is being read.
    let live = office.pbx.inbound(ADA, AGENT);
    live.answer(AGENT);
    live.talked_seconds(9);
    live.hang_up();
    calls.push(live.id());
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 4);
}

#[tokio::test]
async fn a_group_call_that_the_colleague_takes_is_the_colleagues() {
    let mara = Office::open().await;
    let mut leo = mara.colleague(LEO).await;
    become_slow(&mara, 6);
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    call.answer(LEOS);
    leo.shows(&call, CallResult::Talking).await;
    call.talked_seconds(33);
    call.caller_hangs_up();

    let task = leo.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 33);
    let view = mara.shows(&call, CallResult::Elsewhere).await;
    assert_eq!(view.journal.state, JournalState::None);
    // Alone, Mara's desk reads the records once more: the last news of the call that it can get. What followed from it
    // would wait in its journal, and be written within one more answer.
    leo.quits().await;
    mara.has_read_the_records(SLOWEST + Duration::from_millis(500)).await;
    assert_eq!(mara.status().await.journal.waiting, 0);
    assert_eq!(mara.shows(&call, CallResult::Elsewhere).await.journal.state, JournalState::None);
    assert_eq!(mara.tasks_of(&call.id()).len(), 1, "Mara's desk logs nothing");
}

#[tokio::test]
async fn a_stranger_who_becomes_a_lead_is_made_once() {
    let settings = "[auto_create]\ndirections = [\"inbound\"]\n".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    become_slow(&office, 7);
    let first = office.pbx.inbound(STRANGER, AGENT);
    let task = office.talks(&first, 12).await;
    let again = office.pbx.inbound(STRANGER, AGENT);
    let other = office.talks(&again, 13).await;
    assert_eq!(office.salesforce.records("Lead").len(), 1);
    assert_eq!((&task["WhoId"], task["WhoId"].is_string()), (&other["WhoId"], true));
    assert_eq!(office.salesforce.tasks().len(), 2);
}
