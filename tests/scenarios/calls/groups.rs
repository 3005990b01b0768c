//! Somebody outside calls a queue or ring group of which this extension is a part.

use std::time::Duration;

use engine::view::{CallResult, EventsState, JournalState};
use scenarios::{ADA, AGENT, Call, InboundSpec, Office, eventually};
use simulator::pbx::EndNames;

/// The queue whose agents are 4101 (this desk), 4102 and 4103.
const SALES: &str = "6400";

#[tokio::test]
async fn a_group_call_that_this_agent_takes_names_the_queue() {
    let office = Office::open().await;
    let call = office.pbx.inbound_queue(ADA, SALES);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    let task = office.talks(&call, 44).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["CallDurationInSeconds"], 44);
    let description = task["Description"].as_str().expect("a description");
    assert!(description.contains("Queue: 6400"), "{description}");
    assert_eq!(office.is_logged(&call.id()).await.queue.as_deref(), Some(SALES));
}

#[tokio::test]
async fn a_group_call_that_a_colleague_takes_is_elsewhere_and_not_logged_here() {
    let office = Office::open().await;
    let call = office.pbx.inbound_queue(ADA, SALES);
    office.shows(&call, CallResult::Ringing).await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.answer("4102");
    let view = office.shows(&call, CallResult::Elsewhere).await;
    assert_eq!(view.journal.state, JournalState::None);

    call.talked_seconds(30);
    call.hang_up();
    is_the_colleagues(&office, &call).await;
    assert!(office.desk.withdrawn().contains(&call.id()));
}

#[tokio::test]
async fn a_queue_call_that_nobody_takes_is_one_missed_call() {
    let office = Office::open().await;
    let call = office.pbx.inbound_queue(ADA, SALES);
    office.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallDisposition"], "Missed");
    assert_eq!(task["CallObject"], office.shared_key(&call));
    let description = task["Description"].as_str().expect("a description");
    assert!(description.contains("Queue: 6400"), "{description}");
}

#[tokio::test]
async fn a_missed_call_that_another_desktop_has_logged_is_not_logged_again() {
    let office = Office::open().await;
    let call = office.pbx.inbound_queue(ADA, SALES);
    office.shows(&call, CallResult::Ringing).await;
    let theirs = office.salesforce.insert(
        "Task",
        serde_json::json!({
            "Subject": "Missed call from Ada Moreno", "Status": "Completed", "TaskSubtype": "Call",
            "CallObject": office.shared_key(&call)
        }),
    );
    call.caller_hangs_up();

    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.journal.task_id.as_deref(), Some(theirs.as_str()));
    assert_eq!(office.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn a_queue_that_tries_one_phone_after_the_other_ends_with_who_answers() {
    let office = Office::open().await;
    let call = office.pbx.inbound_with(InboundSpec {
        from: ADA.to_owned(),
        extensions: vec![AGENT.to_owned()],
        via: Some(SALES.to_owned()),
        answered_by_pbx: true,
        ..InboundSpec::default()
    });
    office.shows(&call, CallResult::Ringing).await;
    call.stops_ringing(AGENT);
    call.rings("4102");
    // Before it decides anything about a call that has left this phone, it asks whether somebody else has it.
    let before = office.pbx_asked("call/query");
    eventually("it asks", || async { office.pbx_asked("call/query") > before }).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(office.status().await.journal.waiting, 0, "a colleague's phone rings");
    assert_eq!(office.salesforce.tasks(), Vec::<serde_json::Value>::new());
    call.answer("4102");
    office.shows(&call, CallResult::Elsewhere).await;
    call.hang_up();
    is_the_colleagues(&office, &call).await;
}

#[tokio::test]
async fn a_queue_that_tries_one_phone_after_the_other_in_vain_is_one_missed_call() {
    let office = Office::open().await;
    let call = office.pbx.inbound_with(InboundSpec {
        from: ADA.to_owned(),
        extensions: vec![AGENT.to_owned()],
        via: Some(SALES.to_owned()),
        answered_by_pbx: true,
        ..InboundSpec::default()
    });
    office.shows(&call, CallResult::Ringing).await;
    call.stops_ringing(AGENT);
    call.rings("4102");
    call.stops_ringing("4102");
    // The queue begins anew: the same call rings here a second time.
    call.rings(AGENT);
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.stops_ringing(AGENT);
    call.caller_hangs_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallObject"], office.shared_key(&call));
    assert_eq!(office.desk.opened().len(), 1, "one call opens one page");
}

#[tokio::test]
async fn the_second_phone_of_a_queue_takes_the_call() {
    let office = Office::open().await;
    let call = office.pbx.inbound_with(InboundSpec {
        from: ADA.to_owned(),
        extensions: vec!["4102".to_owned()],
        via: Some(SALES.to_owned()),
        answered_by_pbx: true,
        ..InboundSpec::default()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(office.call(&call.id()).await.is_none(), "not this agent's call yet");
    call.stops_ringing("4102");
    call.rings(AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    let task = office.talks(&call, 25).await;
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["CallDurationInSeconds"], 25);
    assert_eq!(task["WhoId"], office.ada);
}

/// A colleague takes the call of a group, and its record may name this phone, which only rang.
async fn a_colleague_takes_it(office: &Office, unheard: bool) -> Call {
    let call = office.pbx.inbound_with(InboundSpec {
        from: ADA.to_owned(),
        extensions: vec!["4102".to_owned(), AGENT.to_owned()],
        via: Some(SALES.to_owned()),
        answered_by_pbx: true,
        ..Default::default()
    });
    if !unheard {
        office.shows(&call, CallResult::Ringing).await;
    }
    call.answer("4102");
    if unheard {
        office.pbx.listen_again().await;
        office.is_live().await;
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    call.caller_hangs_up();
    call
}

/// Waits until a call is a colleague's for good: all that can be heard of it has been heard, and nothing of it waits.
async fn is_the_colleagues(office: &Office, call: &Call) {
    office.shows(call, CallResult::Elsewhere).await;
    // The records are the last that is heard of it, and what they change waits in the journal at once.
    office.has_read_the_records(Duration::from_millis(500)).await;
    let view = office.shows(call, CallResult::Elsewhere).await;
    assert_eq!(view.journal.state, JournalState::None);
    assert_eq!(office.status().await.journal.waiting, 0);
    assert_eq!(office.salesforce.tasks(), Vec::<serde_json::Value>::new());
}

async fn two_calls_are_a_colleagues_where_the_summary_names(names: EndNames) {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.end_names = names;
        pbx.cdr_for_unanswered_agents = true;
    });
    let heard = a_colleague_takes_it(&office, false).await;
    office.shows(&heard, CallResult::Elsewhere).await;
    // This desk hears nothing of the second one but its summary.
    office.pbx.stop_listening();
    let down = |status: &engine::view::Status| status.pbx.events == EventsState::Down;
    office.status_until("the events are down", down).await;
    let unheard = a_colleague_takes_it(&office, true).await;
    is_the_colleagues(&office, &unheard).await;
    let view = office.shows(&heard, CallResult::Elsewhere).await;
    assert_eq!(view.journal.state, JournalState::None);
}

#[tokio::test]
async fn a_group_call_that_a_colleague_takes_is_not_logged_here_whomever_its_summary_names() {
    tokio::join!(
        two_calls_are_a_colleagues_where_the_summary_names(EndNames::LastRung),
        two_calls_are_a_colleagues_where_the_summary_names(EndNames::First),
    );
}
