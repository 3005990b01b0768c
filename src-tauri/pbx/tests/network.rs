//! The network changes under a listener, and a PBX ends the connections of a whole office at once.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::Extension;
use office::{Drawer, Listening, client, client_with, count, options, pbx, requests};
use pbx::{Error, Input, Listener};
use simulator::Cut;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Source: faults.md B13.
const BACK: Duration = Duration::from_secs(3);

async fn down(listening: &mut Listening) -> (Error, Option<Duration>) {
    loop {
        if let Input::Down { error, retry_in } =
            listening.next_within(Duration::from_secs(20)).await
        {
            return (error, retry_in);
        }
    }
}

#[tokio::test]
async fn a_connection_that_died_with_the_old_network_is_made_anew() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    pbx.cut_sockets(Cut::BlackHole);
    listening.handle.network_changed();
    let took = listening.subscribed_again().await;
    assert!(took < BACK, "{took:?}");
    assert_eq!(count(&pbx, "get_token"), 1, "the token is the same");
    listening.stop().await;
}

#[tokio::test]
async fn a_connection_that_outlives_a_change_is_kept() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    for _ in 0..5 {
        listening.handle.network_changed();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    listening.silent().await;
    assert_eq!(pbx.subscribers(), 1);
    listening.stop().await;
}

#[tokio::test]
async fn a_long_wait_ends_when_the_network_changes() {
    let pbx = pbx().await;
    let mut options = options(&pbx);
    options.timeouts.first_wait = Duration::from_secs(3_600);
    options.timeouts.longest_wait = Duration::from_secs(3_600);
    let mut listening = Listening::hearing(client_with(&pbx, options, &Drawer::default())).await;
    pbx.stop_listening();
    let (_, wait) = down(&mut listening).await;
    assert!(wait.unwrap() > BACK, "one in a thousand: {wait:?}");
    pbx.listen_again().await;
    listening.handle.network_changed();
    let took = listening.subscribed_again().await;
    assert!(took < BACK, "{took:?}");
    listening.stop().await;
}

#[tokio::test]
async fn refused_credentials_are_not_shown_again_because_of_a_link() {
    let pbx = pbx().await;
    let client = client(&pbx);
    pbx.change_secret("another");
    let mut listening = Listening::start(client);
    let (error, wait) = down(&mut listening).await;
    assert!(matches!(error, Error::CredentialsRefused { .. }), "{error}");
    assert_eq!(wait, None);
    let before = pbx.ledger().len();
    for _ in 0..20 {
        listening.handle.network_changed();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(pbx.ledger().len(), before, "not one packet more");
    listening.stop().await;
}

/// Source: faults.md B6 and B1. Whoever is in a call comes back at once; the others let one another by.
async fn two_hundred_desktops_are_cut_off(how: Cut, spread: Duration) -> BTreeMap<i64, usize> {
    const IN_A_CALL: usize = 5;
    let pbx = pbx().await;
    // One token for all: the simulator has eight, as the PBX does.
    let client = client(&pbx);
    let cancel = CancellationToken::new();
    let mut desks = Vec::new();
    for desk in 0..DESKS {
        let (out, inputs) = mpsc::channel(64);
        let listener =
            Listener::new(client.clone(), Extension::new(format!("{}", 5_000 + desk)), out);
        listener.handle().may_put_off(if desk < IN_A_CALL { Duration::ZERO } else { spread });
        tokio::spawn(listener.run(cancel.clone()));
        desks.push(inputs);
    }
    let everybody = async |limit: Duration| {
        let began = Instant::now();
        while pbx.subscribers() < DESKS {
            assert!(began.elapsed() < limit, "{} of {DESKS} are there", pbx.subscribers());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    everybody(Duration::from_secs(30)).await;
    for inputs in &mut desks {
        while inputs.try_recv().is_ok() {}
    }
    pbx.forget_ledger();
    let cut_at = office::now().as_millis();
    pbx.cut_sockets(how);
    for inputs in desks.iter_mut().take(IN_A_CALL) {
        let back = async { while !matches!(inputs.recv().await, Some(Input::Subscribed)) {} };
        tokio::time::timeout(Duration::from_secs(2), back).await.expect("in a call, in time");
    }
    everybody(spread + Duration::from_secs(5)).await;
    let attempts: Vec<_> =
        pbx.ledger().into_iter().filter(|request| request.method == "OPEN").collect();
    assert_eq!(attempts.len(), DESKS, "one try each");
    assert!(requests(&pbx, "get_token").is_empty(), "no token was fetched for it");
    cancel.cancel();
    let mut seconds = BTreeMap::new();
    for attempt in &attempts {
        *seconds.entry((attempt.at_ms - cut_at).div_euclid(1_000)).or_default() += 1;
    }
    println!("{how:?}: {seconds:?}");
    seconds
}

const DESKS: usize = 200;
/// What the engine grants an office of this size.
const SPREAD: Duration = Duration::from_secs(25);

fn most(seconds: &BTreeMap<i64, usize>) -> usize {
    seconds.values().max().copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_desktops_come_back_without_a_rush_to_a_pbx_that_said_good_bye() {
    let seconds = two_hundred_desktops_are_cut_off(Cut::Close, SPREAD).await;
    assert!(most(&seconds) <= DESKS / 10, "more than a tenth in one second: {seconds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_desktops_come_back_without_a_rush_to_a_pbx_that_reset_their_connections() {
    let seconds = two_hundred_desktops_are_cut_off(Cut::Reset, SPREAD).await;
    assert!(most(&seconds) <= DESKS / 10, "more than a tenth in one second: {seconds:?}");
}

/// What the two above are worth: the same without the wait.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_spread_they_all_come_at_once() {
    let seconds = two_hundred_desktops_are_cut_off(Cut::Reset, Duration::ZERO).await;
    assert!(most(&seconds) > DESKS / 2, "{seconds:?}");
}
