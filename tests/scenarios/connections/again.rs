//! A PBX that stopped us is tried again: when a person asks, when the network is another one, and now and then.

use std::time::Duration;

use engine::view::EventsState;
use scenarios::{Cut, Office, stays};

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
