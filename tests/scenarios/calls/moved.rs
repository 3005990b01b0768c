//! Calls that change hands.

use std::time::Duration;

use engine::view::CallResult;
use scenarios::{ADA, AGENT, Office, stays};
use simulator::pbx::EndNames;

/// How long the agent of a transferred call really speaks here: no record tells it apart from the colleague's talk.
const SPOKEN: Duration = Duration::from_millis(2_300);

fn assert_own_talk(task: &serde_json::Value) {
    let seconds = task["CallDurationInSeconds"].as_u64().expect("a duration");
    assert!((2..=6).contains(&seconds), "this agent spoke two seconds, not {seconds}");
}

#[tokio::test]
async fn a_call_transferred_blindly_is_logged_with_what_this_agent_spoke() {
    let office = Office::open().await;
    // The one record of such a call counts the colleague's talk too, and names the one or the other.
    for names in [EndNames::Last, EndNames::First] {
        office.pbx.set(|pbx| pbx.end_names = names);
        let call = office.ada_calls().await;
        office.answers(&call).await;
        tokio::time::sleep(SPOKEN).await;
        call.blind_transfer(AGENT, "4102");
        call.answer("4102");
        call.talked_seconds(300);
        tokio::time::sleep(Duration::from_millis(300)).await;
        call.hang_up();

        let task = office.task_of(&call.id()).await;
        assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
        assert_eq!(task["CallDisposition"], "Answered");
        assert_eq!(task["CallObject"], office.own_key(&call));
        assert_own_talk(&task);
        assert_eq!(office.is_logged(&call.id()).await.result, CallResult::Answered);
    }
}

#[tokio::test]
async fn a_call_transferred_blindly_to_this_agent_pops_and_is_logged() {
    let office = Office::open().await;
    let call = office.pbx.inbound(ADA, "4102");
    call.answer("4102");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(office.desk.opened().is_empty(), "not this agent's call yet");
    call.blind_transfer("4102", AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    office.answers(&call).await;
    tokio::time::sleep(SPOKEN).await;
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    assert_own_talk(&task);
}

#[tokio::test]
async fn a_call_transferred_after_a_word_with_the_colleague_is_one_task_here() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    tokio::time::sleep(SPOKEN).await;
    let asked = call.consult(AGENT, "4102");
    office.shows(&asked, CallResult::Ringing).await;
    asked.answer("4102");
    office.shows(&asked, CallResult::Talking).await;
    call.complete_transfer(AGENT, "4102", &asked);
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.talked_seconds(300);
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    assert_own_talk(&task);
    assert_eq!(office.salesforce.tasks().len(), 1, "asking the colleague is no customer's call");
}

#[tokio::test]
async fn a_call_picked_up_for_a_colleague_pops_although_it_never_rang_here() {
    let office = Office::open().await;
    let call = office.pbx.inbound(ADA, "4102");
    call.pickup(AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    office.shows(&call, CallResult::Talking).await;
    tokio::time::sleep(SPOKEN).await;
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_own_talk(&task);
    assert_eq!(task["CallObject"], office.own_key(&call));
}

#[tokio::test]
async fn a_call_that_a_colleague_picks_up_here_is_not_logged_here() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    call.pickup("4102");
    office.shows(&call, CallResult::Elsewhere).await;
    call.hang_up();
    stays("nothing logged", Duration::from_secs(3), || async {
        office.salesforce.tasks().is_empty()
    })
    .await;
    assert_eq!(office.call(&call.id()).await.map(|view| view.result), Some(CallResult::Elsewhere));
}

#[tokio::test]
async fn time_on_hold_belongs_to_the_call() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    for _ in 0..2 {
        call.hold(AGENT);
        tokio::time::sleep(Duration::from_millis(200)).await;
        call.unhold(AGENT);
    }
    call.talked_seconds(75);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 75);
    assert_eq!(office.desk.opened().len(), 1);
}
