//! More calls than the engine can take in at once: whoever asks for something does not wait for their end.
//!
//! What that costs in time and memory is `program/overload.rs`.

use std::time::Duration;

use engine::view::Status;
use scenarios::{ADA, AGENT, Call, Office};
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

fn flood(calls: usize) -> Flood {
    Flood {
        rate: None,
        calls,
        extension: AGENT.to_owned(),
        own_percent: 100,
        callers: vec![ADA.to_owned()],
        lasts: Duration::ZERO,
    }
}

/// By order, and not by time: the answer is there before the flood is through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_answered_before_a_flood_is_through() {
    let office = Office::open().await;
    let calls = office.pbx.flood(&flood(CALLS)).await;

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

/// As many calls as are shown at a time; see `engine`'s `publish`.
const SHOWN: usize = 32;

#[tokio::test]
async fn a_conversation_stays_in_sight_while_more_calls_ring_than_are_shown() {
    let office = Office::open().await;
    let talk = office.pbx.inbound(ADA, AGENT);
    talk.answer(AGENT);
    let is_live = |status: &Status| !status.calls.is_empty();
    office.status_until("the conversation is shown", is_live).await;

    let rings: Vec<Call> =
        (0..SHOWN + 8).map(|n| office.pbx.inbound(&format!("03055502{n:02}"), AGENT)).collect();
    let last = rings.last().expect("a call").id();
    let shows = |status: &Status, id: &str| status.calls.iter().any(|call| call.id == id);
    let status = office.status_until("the last one is shown", |status| shows(status, &last)).await;

    assert_eq!(status.calls.len(), SHOWN);
    assert!(shows(&status, &talk.id()), "{:#?}", status.calls);
    assert!(!shows(&status, &rings[0].id()), "the oldest of those that ring gives way");
}
