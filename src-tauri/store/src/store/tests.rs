//! What can only be provoked from inside: a full disk, a panic, many held changes.

use std::time::Duration;

use domain::{
    CallId, Direction, Extension, JournalEntry, OrgId, Outcome, Party, Serial, Timestamp, UserId,
};
use rusqlite::Connection;

use super::*;
use crate::model::Ticket;
use crate::model::{CallMemory, Desk, FinishedCall, NewDelivery, Owner};

const NOW: Timestamp = Timestamp::from_seconds(1_767_600_923);

fn desk() -> Desk {
    Desk { serial: Serial::new("3630A1B2C3"), extension: Extension::new("4101") }
}

fn owner() -> Owner {
    Owner {
        org: OrgId::parse("00D5g00000EXAMP").unwrap(),
        user: UserId::parse("0055g00000EXAMP").unwrap(),
    }
}

/// A call whose texts fill some pages.
fn ended(call: &str) -> (FinishedCall, NewDelivery) {
    let entry = JournalEntry {
        call: CallId::new(call),
        direction: Direction::Inbound,
        party: Party::Withheld,
        spelled: None,
        started: NOW,
        talked: Duration::from_secs(5),
        outcome: Outcome::Answered,
        queue: Some("6400 ".repeat(2_000)),
        did: None,
        recording: None,
        reason: None,
        rank: 0,
        heard: true,
        alone: false,
        talk: domain::Talk::default(),
    };
    let delivery = NewDelivery {
        key: entry.key(&desk().serial, &desk().extension),
        owner: Some(owner()),
        due: NOW,
        ask_first: false,
        skip: None,
    };
    (FinishedCall { desk: desk(), entry, matches: None }, delivery)
}

async fn finish(store: &Store, call: &str) -> Result<()> {
    let (call, delivery) = ended(call);
    store.finish(call, Some(delivery)).await
}

impl Store {
    /// Lets the journal grow by this many pages and no more, as a full disk would; `None`: there is room again.
    async fn limit_growth(&self, pages: Option<i64>) {
        self.inside(move |db| {
            let used: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let limit = pages.map_or(1_000_000_000, |more| used + more);
            db.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))
        })
        .await;
    }

    async fn inside<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> T {
        let job = move |journal: &mut Journal| Ok(look(journal.connection()).unwrap());
        self.shared.journal.run(job).await.unwrap()
    }
}

#[tokio::test]
async fn calls_that_end_while_the_disk_is_full_are_held_said_and_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let mut health = store.watch_health();
    store.limit_growth(Some(0)).await;

    for call in ["1.1", "1.2", "1.3"] {
        finish(&store, call).await.unwrap();
    }

    assert_eq!(store.health(), Health::DiskFull { held: 3 });
    assert_eq!(store.calls(10, None).await.unwrap(), []);
    // Known to be finished all the same, so that nobody collects them again.
    assert_eq!(store.finished_since(&desk(), NOW).await.unwrap().len(), 3);
    // Nothing goes out from a state that is not on disk.
    let refused = store.lease(&owner(), NOW, Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(refused, Error::DiskFull));
    let ticket = Ticket { call: 1, lease: 1 };
    assert!(matches!(store.sending(&ticket).await, Err(Error::DiskFull)));

    store.limit_growth(None).await;
    let recovered = health.wait_for(|health| *health == Health::Ok);
    tokio::time::timeout(Duration::from_secs(30), recovered).await.unwrap().unwrap();

    assert_eq!(store.calls(10, None).await.unwrap().len(), 3);
    for _ in 0..3 {
        assert!(store.lease(&owner(), NOW, Duration::from_secs(60)).await.unwrap().is_some());
    }
    store.close().await;
}

#[tokio::test]
async fn what_is_held_is_bounded_and_what_is_refused_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    store.limit_growth(Some(0)).await;
    for call in 0..1_000 {
        finish(&store, &format!("1.{call}")).await.unwrap();
    }

    assert!(matches!(finish(&store, "2.1").await, Err(Error::DiskFull)));

    assert_eq!(store.health(), Health::DiskFull { held: 1_000 });
    store.limit_growth(None).await;
    finish(&store, "2.2").await.unwrap();
    assert_eq!(store.health(), Health::Ok);
    assert_eq!(store.calls(2_000, None).await.unwrap().len(), 1_001);
    store.close().await;
}

fn end(call: &str) -> Change {
    let (call, delivery) = ended(call);
    Change::finish(call, Some(delivery))
}

#[tokio::test]
async fn changes_that_are_made_together_are_made_without_the_one_that_never_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let nonsense = Change(Intent::new(crate::journal::Subject::Other, |db| {
        db.execute("DELETE FROM nowhere", []).map(drop)
    }));

    let refused = store.write_all(vec![end("1.1"), nonsense, end("1.2")]).await;

    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(store.calls(10, None).await.unwrap().len(), 2);
    assert_eq!(store.health(), Health::Ok);
    store.close().await;
}

#[tokio::test]
async fn changes_that_are_made_together_are_held_together_while_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    store.limit_growth(Some(0)).await;

    let ends = (0..999).map(|call| end(&format!("1.{call}"))).collect();
    assert!(store.write_all(ends).await.is_empty());
    assert_eq!(store.health(), Health::DiskFull { held: 999 });
    let refused = store.write_all(vec![end("2.1"), end("2.2")]).await;
    assert!(matches!(refused[..], [Error::DiskFull]), "{refused:?}");

    store.limit_growth(None).await;
    assert!(store.write_all(vec![end("2.2")]).await.is_empty());
    assert_eq!(store.calls(2_000, None).await.unwrap().len(), 1_001);
    store.close().await;
}

/// How far the records of the PBX were read, how many calls have their entry, and whether they are to be read back.
async fn on_disk(store: &Store) -> (Option<i64>, usize, bool) {
    let calls = store.calls(2_000, None).await.unwrap().len();
    let is_rebuilt = store.mark(crate::REBUILD).await.unwrap().is_none();
    (store.cursor("cdr").await.unwrap(), calls, !is_rebuilt)
}

#[tokio::test]
async fn no_cursor_passes_the_end_of_a_call_that_is_refused_and_the_calls_are_to_be_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let mut rebuilds = store.watch_rebuilds();
    store.set_cursor("cdr", 1).await.unwrap();
    store.limit_growth(Some(0)).await;
    for call in 0..999 {
        finish(&store, &format!("1.{call}")).await.unwrap();
    }
    store.set_cursor("cdr", 2).await.unwrap();

    assert!(matches!(finish(&store, "2.1").await, Err(Error::DiskFull)));
    assert!(matches!(store.set_cursor("cdr", 3).await, Err(Error::DiskFull)));
    assert_eq!(on_disk(&store).await, (Some(1), 0, false));

    store.limit_growth(None).await;
    tokio::time::timeout(Duration::from_secs(30), rebuilds.changed()).await.unwrap().unwrap();
    assert_eq!(on_disk(&store).await, (Some(2), 999, true));
    store.set_cursor("cdr", 4).await.unwrap();
    assert_eq!(store.cursor("cdr").await.unwrap(), Some(4), "the note holds until they are read");
    store.close().await;
}

#[tokio::test]
async fn a_newer_cursor_waits_behind_the_calls_that_ended_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    store.limit_growth(Some(0)).await;
    store.set_cursor("cdr", 1).await.unwrap();
    finish(&store, "1.1").await.unwrap();
    store.set_cursor("cdr", 2).await.unwrap();

    // Room for a little comes back step by step: whatever is on disk, the cursor is not ahead of it.
    for pages in 1..200 {
        store.limit_growth(Some(pages)).await;
        drop(store.set_mark("x", Some(&"y".repeat(200))).await);
        let (cursor, calls, _) = on_disk(&store).await;
        assert!(cursor != Some(2) || calls == 1, "{pages} pages: {cursor:?} with {calls} calls");
        if store.health() == Health::Ok {
            break;
        }
    }

    assert_eq!(on_disk(&store).await, (Some(2), 1, false));
    store.close().await;
}

#[tokio::test]
async fn a_live_call_takes_one_place_among_what_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    store.limit_growth(Some(0)).await;
    let memory = |state: &str| CallMemory {
        desk: desk(),
        call: CallId::new("1.1"),
        direction: None,
        party: None,
        spelled: None,
        started: NOW,
        answered: None,
        talk: domain::Talk::default(),
        again: false,
        popped: false,
        others_rang: Vec::new(),
        queue: Some("6400 ".repeat(2_000)),
        did: None,
        state: state.to_owned(),
    };
    for state in ["ringing", "talking", "left"] {
        store.remember(memory(state)).await.unwrap();
    }
    store.set_cursor("cdr", 1).await.unwrap();
    store.set_cursor("cdr", 2).await.unwrap();
    assert_eq!(store.health(), Health::DiskFull { held: 2 });

    store.limit_growth(None).await;
    store.set_mark("x", Some("y")).await.unwrap();

    assert_eq!(store.live(&desk()).await.unwrap(), [memory("left")]);
    assert_eq!(store.cursor("cdr").await.unwrap(), Some(2));
    store.close().await;
}

#[tokio::test]
async fn wherever_the_disk_runs_full_a_call_has_its_delivery_or_is_not_there() {
    for pages in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap().store;
        store.limit_growth(Some(pages)).await;

        for call in 0..4 {
            finish(&store, &format!("1.{call}")).await.unwrap();
            let halves: i64 = store
                .inside(|db| {
                    db.query_row(
                        "SELECT count(*) FROM call c LEFT JOIN delivery d ON d.call = c.row
                         WHERE d.call IS NULL OR c.finished = 0",
                        [],
                        |row| row.get(0),
                    )
                })
                .await;
            assert_eq!(halves, 0, "{pages} pages, call {call}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn changes_held_at_the_end_are_written_by_closing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    store.limit_growth(Some(0)).await;
    finish(&store, "1.1").await.unwrap();
    store.limit_growth(None).await;
    store.close().await;

    let store = Store::open(folder.path()).await.unwrap().store;

    assert_eq!(store.calls(10, None).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_request_that_panics_half_way_is_undone_and_the_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    finish(&store, "1.1").await.unwrap();

    let fault = store
        .change(|db| -> rusqlite::Result<()> {
            db.execute("DELETE FROM call", [])?;
            panic!("half way");
        })
        .await
        .unwrap_err();

    assert!(matches!(&fault, Error::Fault(_)), "{fault:?}");
    assert_eq!(store.calls(10, None).await.unwrap().len(), 1);
    finish(&store, "1.2").await.unwrap();
    assert_eq!(store.calls(10, None).await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_file_locked_for_long_holds_changes_and_lets_reads_through() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    finish(&store, "1.1").await.unwrap();
    let other = Connection::open(folder.path().join("journal.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    store.inside(|db| db.busy_timeout(Duration::from_millis(50))).await;

    finish(&store, "1.2").await.unwrap();
    assert_eq!(store.health(), Health::Blocked { held: 1 });
    assert_eq!(store.calls(10, None).await.unwrap().len(), 1);

    other.execute_batch("COMMIT").unwrap();
    finish(&store, "1.3").await.unwrap();
    assert_eq!(store.health(), Health::Ok);
    assert_eq!(store.calls(10, None).await.unwrap().len(), 3);
    store.close().await;
}

#[tokio::test]
async fn more_requests_than_the_queue_holds_wait_for_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap().store;
    let asked: Vec<_> = (0..1_000)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.set_cursor(&format!("c{n}"), n).await })
        })
        .collect();

    for answer in asked {
        answer.await.unwrap().unwrap();
    }

    assert_eq!(store.cursor("c999").await.unwrap(), Some(999));
    store.close().await;
}
