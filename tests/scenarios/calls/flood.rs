//! More calls than the engine can take in at once: whoever asks for something does not wait for their end.
//!
//! What that costs in time and memory is `program/overload.rs`.

use std::time::Duration;

use scenarios::{ADA, AGENT, Office};
use simulator::Flood;

const CALLS: usize = 1_500;

/// How many calls have their entry on the disk.
fn kept(office: &Office) -> usize {
    let file = office.home.path().join("journal.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let journal = rusqlite::Connection::open_with_flags(file, flags).expect("it is there");
    journal.busy_timeout(Duration::from_secs(5)).expect("a time");
    let counted = journal
        .query_row("SELECT count(*) FROM call WHERE finished = 1", [], |row| row.get::<_, i64>(0));
    usize::try_from(counted.expect("the calls")).expect("a count")
}

/// By order, and not by time: the answer is there before the flood is through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_before_a_flood_is_through() {
    let office = Office::open().await;
    let flood = Flood {
        rate: None,
        calls: CALLS,
        extension: AGENT.to_owned(),
        own_percent: 100,
        callers: vec![ADA.to_owned()],
        lasts: Duration::ZERO,
    };
    let calls = office.pbx.flood(&flood).await;

    office.status().await;

    let known = kept(&office);
    assert!(known < CALLS, "the answer came after all {known} calls");
    office
        .status_within("all are logged", Duration::from_secs(150), |status| {
            status.journal.waiting == 0 && kept(&office) == CALLS
        })
        .await;
    assert_eq!(office.salesforce.tasks().len(), calls.len());
}
