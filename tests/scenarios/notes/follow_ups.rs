//! A follow-up is one open Task of the agent with the person.

use std::time::Duration;

use engine::view::FollowUpStage;
use scenarios::{ADA, Fault, FaultRule, Office, eventually, stays};
use serde_json::Value;

use crate::verbs::{Wish, note_of, wishes};

fn follow_ups(office: &Office) -> Vec<Value> {
    let tasks = office.salesforce.tasks().into_iter();
    tasks.filter(|task| task["Subject"].as_str().is_some_and(|s| s.starts_with("Follow"))).collect()
}

async fn the_follow_up(office: &Office) -> Value {
    eventually("a follow-up", || async { !follow_ups(office).is_empty() }).await;
    stays("it stays one", Duration::from_millis(400), || async { follow_ups(office).len() == 1 })
        .await;
    follow_ups(office).remove(0)
}

/// Waits until it is known here that the follow-up is there.
async fn is_made(office: &Office, call: &str) {
    eventually("it is said", || async {
        let follow_up = note_of(office, call).await.follow_up;
        follow_up.is_some_and(|up| up.state == FollowUpStage::Made)
    })
    .await;
}

fn wish(follow_up: &str, save: bool) -> Wish<'_> {
    Wish { follow_up: Some(follow_up), save, ..Wish::default() }
}

#[tokio::test]
async fn in_two_days_becomes_an_open_task_of_the_agent_with_the_contact() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    let note = wishes(&office, &call.id(), wish("in 2 days", false)).await.expect("kept");
    let day = note.follow_up.expect("a follow-up").on.expect("a day");
    office.answers(&call).await;
    wishes(&office, &call.id(), Wish { save: true, ..Wish::default() }).await.expect("saved");
    call.hang_up();
    let task = the_follow_up(&office).await;
    assert_eq!(task["Subject"], "Follow up with Ada Moreno");
    assert_eq!(task["ActivityDate"], day.as_str());
    assert_eq!(task["WhoId"], office.ada);
    assert_eq!(task["IsClosed"], false);
    assert_eq!(
        Some(task["OwnerId"].as_str().expect("an owner")),
        office.salesforce.user_id("mara.voss@example.com").as_deref()
    );
    office.task_of(&call.id()).await;
    is_made(&office, &call.id()).await;
}

#[tokio::test]
async fn a_day_that_is_not_understood_keeps_everything_and_says_so() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    let with_text = Wish { text: Some("offer"), ..wish("soon", true) };
    let refused = wishes(&office, &call, with_text).await.expect_err("no day");
    assert_eq!(refused.code, "note.follow_up");
    let note = note_of(&office, &call).await;
    assert_eq!((note.text.as_str(), note.open), ("offer", true));
    assert_eq!(note.follow_up.map(|up| (up.wish, up.on)), Some(("soon".to_owned(), None)));
    wishes(&office, &call, wish("下周一", true)).await.expect("a day");
    the_follow_up(&office).await;
}

#[tokio::test]
async fn a_lost_answer_or_a_kill_makes_no_second_follow_up() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    for fault in [Fault::LostAnswer, Fault::LostBehindProxy(502)] {
        office.salesforce.set(|org| {
            org.faults = vec![FaultRule::once("/sobjects/Task", fault.clone()).on("POST")];
        });
        let call = office.has_spoken_with(ADA).await;
        office.is_logged(&call).await;
        for task in follow_ups(&office) {
            office.salesforce.delete("Task", task["Id"].as_str().expect("an id"));
        }
        office.salesforce.set(|org| {
            org.faults = vec![FaultRule::once("/sobjects/Task", fault).on("POST")];
        });
        wishes(&office, &call, wish("tomorrow", true)).await.expect("kept");
        is_made(&office, &call).await;
        the_follow_up(&office).await;
    }
    for task in follow_ups(&office) {
        office.salesforce.delete("Task", task["Id"].as_str().expect("an id"));
    }
    // Killed while the request is under way: Salesforce goes on with it.
    let slow = Fault::Slow(Duration::from_secs(2));
    office
        .salesforce
        .set(|org| org.faults = vec![FaultRule::once("/sobjects/Task", slow).on("POST")]);
    let before = office.salesforce.arrivals("POST", "/sobjects/Task");
    wishes(&office, &call, wish("in 3 weeks", true)).await.expect("kept");
    eventually("it is under way", || async {
        office.salesforce.arrivals("POST", "/sobjects/Task") > before
    })
    .await;
    office.is_killed();
    tokio::time::sleep(Duration::from_secs(3)).await;
    office.starts().await;
    is_made(&office, &call).await;
    the_follow_up(&office).await;
}

#[tokio::test]
async fn a_follow_up_wished_while_salesforce_is_away_is_made_when_it_is_back() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    wishes(&office, &call, wish("2099-01-01", true)).await.expect_err("too far");
    wishes(&office, &call, wish("in a month", true)).await.expect("kept");
    office.is_killed();
    office.salesforce.listen_again().await;
    office.starts().await;
    office.task_of(&call).await;
    assert_eq!(the_follow_up(&office).await["WhoId"], office.ada);
}
