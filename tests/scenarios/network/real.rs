//! Links that really go down, in a network of their own: `cargo xtask test network` makes it, and runs these there.

use std::{process::Command, time::Duration};

use scenarios::{Office, Options};
use tokio::time::sleep;

use super::{attempts, is_back_within, is_calm, was_calm};

/// Set by whoever has made a network for these tests.
const OWN: &str = "PATCHCORD_OWN_NETWORK";

fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).status().expect("there is ip");
    assert!(done.success(), "ip {words}");
}

/// A computer of which only loopback (where the simulator lives) and a link to the world exist.
struct Computer;

impl Computer {
    fn new() -> Self {
        // These tests switch the network off. Not this computer's, please.
        assert!(std::env::var_os(OWN).is_some(), "run `cargo xtask test network`");
        let links = Command::new("ip").args(["-o", "link"]).output().expect("there is ip");
        let links = String::from_utf8(links.stdout).expect("text");
        assert_eq!(links.lines().count(), 1, "not in a network of its own: {links}");
        ip("link set lo up");
        ip("link add wifi type veth peer name router");
        ip("link set router up");
        ip("addr add 192.168.77.2/24 dev wifi");
        let computer = Self;
        computer.connects();
        computer
    }

    fn connects(&self) {
        ip("link set lo up");
        ip("link set wifi up");
        ip("route add default via 192.168.77.1");
    }

    /// The route goes with the link.
    fn disconnects(&self) {
        ip("link set wifi down");
        ip("link set lo down");
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["link", "del", "wifi"]).status();
        let _ = Command::new("ip").args(["link", "set", "lo", "down"]).status();
    }
}

async fn office() -> Office {
    Office::with(Options { real_network: true, ..Options::default() }).await
}

#[tokio::test]
#[ignore = "takes links down: cargo xtask test network"]
async fn after_a_long_outage_both_sides_are_back_within_three_seconds_of_the_link() {
    let computer = Computer::new();
    let office = office().await;
    let mut events = office.events();
    computer.disconnects();
    office
        .status_until("it is noticed", |status| {
            status.pbx.events == engine::view::EventsState::Down
        })
        .await;
    sleep(Duration::from_secs(25)).await;
    is_calm(&office.status().await);
    computer.connects();
    let took = is_back_within(&office, Duration::from_secs(3)).await;
    println!("back after {took:?}");
    was_calm(&mut events);
}

#[tokio::test]
#[ignore = "takes links down: cargo xtask test network"]
async fn a_start_without_a_network_is_silent_and_connects_with_the_link() {
    let computer = Computer::new();
    let mut office = office().await;
    office.quits().await;
    computer.disconnects();
    office.starts().await;
    let mut events = office.events();
    sleep(Duration::from_secs(14)).await;
    was_calm(&mut events);
    is_calm(&office.status().await);
    computer.connects();
    let took = is_back_within(&office, Duration::from_secs(5)).await;
    println!("connected after {took:?}");
    was_calm(&mut events);
}

#[tokio::test]
#[ignore = "takes links down: cargo xtask test network"]
async fn a_tunnel_and_another_route_are_noticed_and_a_living_connection_is_kept() {
    let _computer = Computer::new();
    let office = office().await;
    let mut changes = engine::network::watch().news;
    office.pbx.forget_ledger();
    for change in [
        "link add vpn type veth peer name far",
        "addr add 10.8.0.2/24 dev vpn",
        "link set vpn up",
        "route add default via 10.8.0.1 dev vpn metric 5",
        "route del default via 10.8.0.1 dev vpn metric 5",
        "addr add 192.168.77.9/24 dev wifi",
        "link del vpn",
    ] {
        changes.mark_unchanged();
        ip(change);
        let told = tokio::time::timeout(Duration::from_secs(1), changes.changed()).await;
        assert!(told.is_ok(), "nothing was told of: {change}");
        sleep(Duration::from_millis(700)).await;
    }
    sleep(Duration::from_secs(3)).await;
    assert_eq!(attempts(&office), (0, 0), "the connection lived through all of it");
    assert_eq!(office.pbx.subscribers(), 1);
}

#[tokio::test]
#[ignore = "takes links down: cargo xtask test network"]
async fn a_link_that_flaps_for_a_minute_makes_few_connections_and_no_log_in() {
    let computer = Computer::new();
    let office = office().await;
    office.pbx.forget_ledger();
    office.salesforce.forget_ledger();
    for _ in 0..50 {
        computer.disconnects();
        sleep(Duration::from_millis(600)).await;
        computer.connects();
        sleep(Duration::from_millis(600)).await;
    }
    let (connections, log_ins) = attempts(&office);
    println!("{connections} connections, {} requests to Salesforce", office.rest_requests());
    assert!(connections <= 20, "{connections} connections in a minute");
    assert_eq!(log_ins, 0);
    assert_eq!(office.renewals(), 0);
    assert!(office.rest_requests() <= 20, "{}", office.rest_requests());
    is_back_within(&office, Duration::from_secs(8)).await;
}

/// Source: performance.md P8. A computer on which nothing happens is not woken by this.
#[tokio::test]
#[ignore = "takes links down: cargo xtask test network"]
async fn a_network_on_which_nothing_changes_tells_nothing() {
    let _computer = Computer::new();
    // Duplicate addresses are looked for, and routers asked, in the first seconds of a link.
    sleep(Duration::from_secs(6)).await;
    let mut changes = engine::network::watch().news;
    assert!(changes.borrow().there);
    let told = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
    assert!(told.is_err(), "{:?}", changes.borrow());
}
