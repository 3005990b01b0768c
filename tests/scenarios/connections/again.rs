//! A PBX that stopped us is tried again: when a person asks, when the network is another one, and now and then.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{CallResult, EventsState, LinkState},
};
use scenarios::{Cut, Fault, FaultRule, Office, stays};
use serde_json::json;

async fn says(office: &Office, code: &str) {
    office
        .status_until(code, |status| {
            status.pbx.events == EventsState::Down
                && status.pbx.problem.as_ref().is_some_and(|problem| problem.code == code)
        })
        .await;
}

#[tokio::test]
async fn a_person_who_asks_again_need_not_wait_for_a_free_token() {
    let office = Office::open().await;
    office.pbx.expire_all_tokens();
    office.pbx.occupy_tokens(8);
    office.pbx.cut_sockets(Cut::Reset);
    says(&office, "pbx.token_limit").await;
    office.pbx.expire_all_tokens();
    stays("nobody asks by itself", Duration::from_secs(2), || async {
        office.status().await.pbx.events == EventsState::Down
    })
    .await;
    office.retries().await;
    office.is_live().await;
}

#[tokio::test]
async fn an_api_that_was_off_is_tried_again_on_another_network_for_a_person_and_by_itself() {
    let office = Office::open().await;
    for way in 0..3 {
        office.pbx.set(|pbx| pbx.api_off = true);
        office.pbx.cut_sockets(Cut::Reset);
        says(&office, "pbx.api_off").await;
        office.pbx.set(|pbx| pbx.api_off = false);
        stays("it is not asked all the time", Duration::from_secs(2), || async {
            office.status().await.pbx.events == EventsState::Down
        })
        .await;
        match way {
            0 => office.network_changes(),
            1 => office.retries().await,
            _ => office.clock.passes(Duration::from_secs(721)),
        }
        office.is_live().await;
    }
}

#[tokio::test]
async fn a_secret_that_was_refused_is_tried_again_by_nobody_but_who_connects_anew() {
    let office = Office::open().await;
    office.pbx.change_secret("another");
    office.pbx.expire_all_tokens();
    office.pbx.cut_sockets(Cut::Reset);
    says(&office, "pbx.credentials_refused").await;
    let asked = office.pbx_asked("get_token");
    office.retries().await;
    office.network_changes();
    office.clock.passes(Duration::from_secs(1_500));
    stays("it is left alone", Duration::from_secs(3), || async {
        office.pbx_asked("get_token") == asked
    })
    .await;
}

#[tokio::test]
async fn one_refused_question_among_events_that_are_heard_is_no_trouble() {
    let office = Office::open().await;
    let refused = Fault::Json(200, json!({ "errcode": 70123, "errmsg": "API DISABLED" }));
    office.pbx.set(|pbx| pbx.faults = vec![FaultRule::once("call/dial", refused)]);
    let dial = Command::Dial { number: "030 555 0199".to_owned(), confirmed: true };
    office.asks(dial).await.expect_err("the PBX has refused it");
    stays("the PBX is well", Duration::from_secs(3), || async {
        let status = office.status().await;
        status.pbx.state == LinkState::Connected && status.pbx.problem.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_pbx_that_refuses_every_question_while_its_events_are_heard_is_well_again_by_itself() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.api_off = true);
    let dial = Command::Dial { number: "030 555 0199".to_owned(), confirmed: true };
    office.asks(dial).await.expect_err("the API is off");
    office
        .status_until("it is told", |status| {
            status.pbx.problem.as_ref().is_some_and(|problem| problem.code == "pbx.api_off")
        })
        .await;
    office.pbx.set(|pbx| pbx.api_off = false);
    office
        .status_until("it goes with its cause", |status| {
            status.pbx.problem.is_none() && status.pbx.state == LinkState::Connected
        })
        .await;
    assert_eq!(office.status().await.pbx.events, EventsState::Live);
}

#[tokio::test]
async fn a_person_who_asks_again_is_told_what_is_tried() {
    let office = Office::open().await;
    let retry = || office.asks(Command::Retry { call: None });
    let nothing = Reply::Retried { count: 0, pbx: false, salesforce: false };
    assert_eq!(retry().await, Ok(nothing));
    office.pbx.stop_listening();
    says(&office, "pbx.unreachable").await;
    let pbx = Reply::Retried { count: 0, pbx: true, salesforce: false };
    assert_eq!(retry().await, Ok(pbx));
}

#[tokio::test]
async fn a_call_that_one_list_lacks_goes_on() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "it rings", |view| view.result == CallResult::Ringing).await;
    // The connection breaks for a moment, and the list that follows is behind.
    office.pbx.set(|pbx| pbx.query_omits = 1);
    office.pbx.cut_sockets(Cut::Reset);
    office.is_live().await;
    stays("it rings on", Duration::from_secs(3), || async {
        office.call(&call.id()).await.is_some_and(|view| view.result == CallResult::Ringing)
    })
    .await;
    assert_eq!(office.talks(&call, 9).await["CallDisposition"], "Answered");
    office.holds_its_promises();
}

/// The connection shows what is amiss by then, and is tried again in its own time.
#[tokio::test]
async fn a_pbx_whose_events_are_not_heard_is_asked_no_further_whether_it_refuses_everything() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.api_off = true);
    let dial = Command::Dial { number: "030 555 0199".to_owned(), confirmed: true };
    office.asks(dial).await.expect_err("the API is off");
    office.status_until("it is told", |status| status.says("pbx.api_off")).await;
    office.pbx.cut_sockets(Cut::Reset);
    says(&office, "pbx.api_off").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    office.pbx.forget_ledger();
    stays("it is asked nothing", Duration::from_secs(17), || async {
        office.pbx.ledger().is_empty()
    })
    .await;
}
