use std::time::Duration;

use engine::{
    command::Command,
    view::{EventsState, Integration, LinkState},
};
use scenarios::{Cut, Office, stays};
use tokio::time::sleep;

use super::{attempts, is_back_within, is_calm, was_calm};

#[tokio::test]
async fn after_a_long_outage_both_sides_are_back_within_three_seconds_of_the_link() {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(scenarios::ADA).await;
    office.waits(&call).await;
    office.pbx.stop_listening();
    office.network_is(false);
    // Long enough for waits of half a minute.
    sleep(Duration::from_secs(25)).await;
    let status = office.status().await;
    assert_eq!(status.pbx.events, EventsState::Down);
    assert_eq!(status.journal.waiting, 1);

    office.pbx.listen_again().await;
    office.salesforce.listen_again().await;
    office.network_is(true);
    let took = is_back_within(&office, Duration::from_secs(3)).await;
    println!("back after {took:?}");
    office.all_logged(&[call]).await;
}

#[tokio::test]
async fn a_connection_that_died_with_the_old_network_is_made_anew_and_the_call_goes_on() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    office.pbx.forget_ledger();
    office.pbx.cut_sockets(Cut::BlackHole);
    call.talked_seconds(33);
    call.hang_up();
    office.network_changes();
    let began = tokio::time::Instant::now();
    scenarios::eventually("a new connection", || async { office.pbx.subscribers() == 1 }).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 33);
    assert_eq!(attempts(&office), (1, 0), "the token is the same");
}

#[tokio::test]
async fn a_start_without_a_network_is_silent_and_connects_with_the_link() {
    let mut office = Office::open().await;
    office.quits().await;
    office.pbx.stop_listening();
    office.salesforce.stop_listening();
    office.network_is(false);
    office.starts().await;
    let mut events = office.events();
    // Longer than anything is kept from a person that may mend itself.
    sleep(Duration::from_secs(14)).await;
    was_calm(&mut events);
    let status = office.status().await;
    is_calm(&status);
    assert_eq!(status.integration, Integration::Connecting);
    assert_eq!(status.salesforce.state, LinkState::Connecting);
    assert_eq!(office.desk.tray().expect("it is shown").line, "Waiting for the network");

    office.pbx.listen_again().await;
    office.salesforce.listen_again().await;
    office.network_is(true);
    let took = is_back_within(&office, Duration::from_secs(5)).await;
    println!("connected after {took:?}");
    was_calm(&mut events);
}

#[tokio::test]
async fn a_pbx_that_is_away_while_the_network_is_there_is_still_said() {
    let office = Office::open().await;
    office.network_is(false);
    office.pbx.stop_listening();
    sleep(Duration::from_secs(11)).await;
    is_calm(&office.status().await);
    office.network_is(true);
    office
        .status_until("it is said", |status| {
            status.pbx.problem.as_ref().is_some_and(|problem| problem.code == "pbx.unreachable")
        })
        .await;
}

#[tokio::test]
async fn salesforce_is_shown_as_it_is_although_nobody_asks_it_anything() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let call = office.pbx.inbound("0305550123", scenarios::AGENT);
    office.status_until("away", |status| status.salesforce.state == LinkState::Unreachable).await;
    call.caller_hangs_up();
    office.salesforce.listen_again().await;
    office.network_changes();
    is_back_within(&office, Duration::from_secs(3)).await;
}

#[tokio::test]
async fn a_flapping_link_makes_few_connections_and_no_log_in() {
    let office = Office::open().await;
    office.pbx.forget_ledger();
    office.salesforce.forget_ledger();
    for _ in 0..50 {
        office.pbx.cut_sockets(Cut::BlackHole);
        office.network_is(false);
        sleep(Duration::from_millis(300)).await;
        office.network_is(true);
        sleep(Duration::from_millis(300)).await;
    }
    let (connections, log_ins) = attempts(&office);
    println!("{connections} connections, {} requests to Salesforce", office.rest_requests());
    // Four at once, then one in five seconds.
    assert!((2..=12).contains(&connections), "{connections} connections in half a minute");
    assert_eq!(log_ins, 0);
    assert_eq!(office.renewals(), 0);
    assert!(office.rest_requests() <= 12, "{}", office.rest_requests());
    is_back_within(&office, Duration::from_secs(10)).await;
}

#[tokio::test]
async fn what_was_refused_or_switched_off_stays_so_whatever_the_link_does() {
    let office = Office::open().await;
    office.pbx.change_secret("another");
    office.pbx.expire_all_tokens();
    office.pbx.cut_sockets(Cut::Reset);
    office.status_until("refused", |status| status.pbx.state == LinkState::SignedOut).await;
    flaps_in_vain(&office).await;

    let office = Office::open().await;
    office.asks(Command::Disable).await.expect("it can be switched off");
    scenarios::eventually("nobody listens", || async { office.pbx.subscribers() == 0 }).await;
    flaps_in_vain(&office).await;
}

async fn flaps_in_vain(office: &Office) {
    let asked = || office.pbx.ledger().len() + office.rest_requests();
    sleep(Duration::from_millis(300)).await;
    let before = asked();
    for _ in 0..5 {
        office.network_is(false);
        sleep(Duration::from_millis(300)).await;
        office.network_is(true);
        stays("nothing is asked", Duration::from_millis(700), || async { asked() == before }).await;
    }
}
