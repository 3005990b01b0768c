//! Two calls at once, of which one waits.

use engine::{
    command::{Command, Reply},
    view::{CallResult, EventsState},
};
use scenarios::{AGENT, Cut, Office, eventually};
use simulator::pbx::Subscribing;

fn states(status: &engine::view::Status) -> Vec<(&str, &str)> {
    status.calls.iter().map(|call| (call.id.as_str(), call.state.as_str())).collect()
}

#[tokio::test]
async fn to_hang_up_ends_the_conversation_and_not_the_caller_on_hold() {
    let office = Office::open().await;
    let held = office.ada_calls().await;
    office.answers(&held).await;
    held.hold(AGENT);
    let (waits, talks) = (held.id(), office.pbx.inbound("+491701234567", AGENT));
    office.answers(&talks).await;
    let status = office
        .status_until("both are shown", |status| {
            states(status) == [(waits.as_str(), "held"), (talks.id().as_str(), "talking")]
        })
        .await;
    assert_eq!(status.calls[0].name.as_deref(), Some("Ada Moreno"));

    let Ok(Reply::Ended(ended)) = office.asks(Command::HangUp { call: None }).await else {
        panic!("a call was ended");
    };

    assert_eq!((ended.id, ended.state.as_str()), (talks.id(), "talking"));
    eventually("the conversation is over", || async { !talks.is_live() }).await;
    assert!(held.is_live(), "the caller on hold still waits");
    office.shows(&talks, CallResult::Answered).await;
    assert_eq!(states(&office.status().await), [(waits.as_str(), "held")]);

    // Where there is no other, it is the one that is meant, and that is said.
    let Ok(Reply::Ended(ended)) = office.asks(Command::HangUp { call: None }).await else {
        panic!("a call was ended");
    };
    assert_eq!((ended.id, ended.state.as_str()), (waits, "held"));
    assert_eq!(ended.name.as_deref(), Some("Ada Moreno"));
}

#[tokio::test]
async fn the_end_of_a_card_is_the_end_of_its_own_call() {
    let office = Office::open().await;
    let held = office.ada_calls().await;
    office.answers(&held).await;
    held.hold(AGENT);
    let talks = office.pbx.inbound("+491701234567", AGENT);
    office.answers(&talks).await;

    let Ok(Reply::Ended(ended)) = office.asks(Command::HangUp { call: Some(held.id()) }).await
    else {
        panic!("a call was ended");
    };

    assert_eq!(ended.id, held.id());
    eventually("the caller on hold is gone", || async { !held.is_live() }).await;
    assert!(talks.is_live(), "the conversation goes on");
}

#[tokio::test]
async fn to_hang_up_while_the_events_are_not_heard_ends_the_conversation_too() {
    let office = Office::open().await;
    let held = office.ada_calls().await;
    office.answers(&held).await;
    // The events' connection is refused from now on; questions are answered.
    office.pbx.set(|pbx| pbx.subscribing = Subscribing::Http(503, "busy".to_owned()));
    office.pbx.cut_sockets(Cut::Close);
    office.status_until("nothing is heard", |status| status.pbx.events == EventsState::Down).await;
    held.hold(AGENT);
    let talks = office.pbx.inbound("+491701234567", AGENT);
    talks.answer(AGENT);

    let Ok(Reply::Ended(ended)) = office.asks(Command::HangUp { call: None }).await else {
        panic!("a call was ended");
    };

    assert_eq!(ended.id, talks.id());
    eventually("the conversation is over", || async { !talks.is_live() }).await;
    assert!(held.is_live(), "the caller on hold still waits");
}

#[tokio::test]
async fn the_caller_on_hold_who_is_taken_back_is_the_one_that_is_meant() {
    let office = Office::open().await;
    let first = office.ada_calls().await;
    office.answers(&first).await;
    first.hold(AGENT);
    let second = office.pbx.inbound("+491701234567", AGENT);
    office.answers(&second).await;
    second.hold(AGENT);
    first.unhold(AGENT);
    let shown = [(first.id(), "talking"), (second.id(), "held")];
    office
        .status_until("they have changed places", |status| {
            states(status) == shown.each_ref().map(|(id, state)| (id.as_str(), *state))
        })
        .await;

    let ended = office.asks(Command::HangUp { call: None }).await;

    assert!(matches!(&ended, Ok(Reply::Ended(call)) if call.id == first.id()), "{ended:?}");
    eventually("the first is over", || async { !first.is_live() }).await;
    assert!(second.is_live());
}
