//! The network changes, goes, and comes back; or is not there yet when the program starts.
//!
//! The rows B13 and H10 of faults.md. `fed` tells the engine what an operating system would; `real` takes links down
//! and up, in a network of its own.

#[path = "network/fed.rs"]
mod fed;
#[cfg(target_os = "linux")]
#[path = "network/real.rs"]
mod real;

use std::time::Duration;

use engine::{
    command::Event,
    view::{EventsState, Integration, LinkState, Status},
};
use scenarios::Office;
use tokio::{sync::broadcast::Receiver, time::Instant};

fn is_connected(status: &Status) -> bool {
    status.pbx.events == EventsState::Live && status.salesforce.state == LinkState::Connected
}

/// Both sides are connected again, and soon.
async fn is_back_within(office: &Office, limit: Duration) -> Duration {
    let began = Instant::now();
    office.status_until("both sides are back", is_connected).await;
    let took = began.elapsed();
    assert!(took <= limit, "it took {took:?}");
    took
}

/// Nothing was said since that would have anybody do something.
fn was_calm(events: &mut Receiver<Event>) {
    loop {
        match events.try_recv() {
            Ok(Event::Status(status)) => is_calm(&status),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

fn is_calm(status: &Status) {
    assert_eq!(status.pbx.problem, None);
    assert_eq!(status.salesforce.problem, None);
    assert_ne!(status.integration, Integration::Attention, "{status:#?}");
}

/// Connections to the event stream, and log-ins, that the PBX has seen.
fn attempts(office: &Office) -> (usize, usize) {
    let ledger = office.pbx.ledger();
    let connections = ledger.iter().filter(|request| request.method == "OPEN").count();
    let log_ins = ledger.iter().filter(|request| {
        request.path.ends_with("/get_token") || request.path.ends_with("/refresh_token")
    });
    (connections, log_ins.count())
}
