//! A journal that is damaged or lost: what people have written survives a bad page, and what lies beside the file survives
//! the file.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod support;

use std::{fs, path::Path};

use domain::{CallId, Remarks, Timestamp};
use store::{DeliveryState, NewNote, Notice};
use support::*;

const CALLS: u32 = 90;
const PAGE: usize = 4_096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Waits,
    Noted,
    Discarded,
    Logged,
}

fn kind(call: u32) -> Kind {
    [Kind::Waits, Kind::Noted, Kind::Discarded, Kind::Logged][call as usize % 4]
}

fn id(call: u32) -> String {
    format!("1767600923.{call}")
}

fn note(call: u32) -> Remarks {
    Remarks {
        note: Some(format!("call {call} wants an offer {}", "x".repeat(150))),
        outcome: Some("Reached".to_owned()),
        ..Remarks::default()
    }
}

/// Returns a closed home with a call of each kind, many times.
async fn used() -> tempfile::TempDir {
    let home = Home::new().await;
    // Logged first: what is due earlier is leased earlier.
    for call in (0..CALLS).filter(|call| kind(*call) == Kind::Logged) {
        home.finish(&entry(&id(call))).await;
        home.deliver(call).await;
    }
    for call in (0..CALLS).filter(|call| kind(*call) != Kind::Logged) {
        home.finish(&entry(&id(call))).await;
        let call_id = CallId::new(id(call));
        match kind(call) {
            Kind::Noted => home.remark(&call_id, note(call), None).await,
            Kind::Discarded => drop(home.store.discard(&desk(), &call_id, NOW).await.unwrap()),
            Kind::Waits | Kind::Logged => {}
        }
    }
    home.close().await
}

/// Copies the files of a home that is closed.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

fn spoil(journal: &Path, page: usize) {
    let mut bytes = fs::read(journal).unwrap();
    bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
    fs::write(journal, bytes).unwrap();
}

/// Reads the calls back as the engine does, from the PBX's records.
async fn read_back(home: &Home) {
    let known = home.store.finished_since(&desk(), Timestamp::from_millis(0)).await.unwrap();
    for call in (0..CALLS).filter(|call| !known.contains(&CallId::new(id(*call)))) {
        home.finish(&entry(&id(call))).await;
    }
}

/// Returns the calls of which something is lost that people have written.
async fn lost(home: &Home) -> Vec<u32> {
    let mut lost = Vec::new();
    for call in 0..CALLS {
        let stored = home.call(&id(call)).await;
        let delivery = stored.delivery.expect("each has an entry");
        let is_as_it_was = match kind(call) {
            Kind::Noted => stored.remarks == note(call) && delivery.state == DeliveryState::Waiting,
            Kind::Discarded => delivery.state == DeliveryState::Skipped && stored.wrap_up.discarded,
            // One that is not known any more is asked for first, and found.
            Kind::Waits | Kind::Logged => true,
        };
        if !is_as_it_was {
            lost.push(call);
        }
    }
    lost
}

fn notes_lost(home: &Home) -> bool {
    home.notices.iter().any(|notice| matches!(notice, Notice::NotesLost { .. }))
}

#[tokio::test]
async fn no_bad_page_costs_a_note_or_the_word_that_a_call_is_not_logged() {
    let folder = used().await;
    let pages = fs::read(folder.path().join("journal.db")).unwrap().len() / PAGE;
    let mut put_aside = 0;
    for page in 0..pages {
        let copy = copy_of(folder.path());
        spoil(&copy.path().join("journal.db"), page);
        let home = Home::at(copy).await;
        put_aside += usize::from(home.path().join("journal.damaged-1.db").exists());
        read_back(&home).await;
        assert_eq!(lost(&home).await, [] as [u32; 0], "page {page} of {pages}");
        assert!(!notes_lost(&home), "page {page}");
    }
    assert!(put_aside > pages / 2, "{put_aside} of {pages}");
}

#[tokio::test]
async fn without_the_file_beside_it_a_bad_page_costs_what_is_on_it_and_that_is_said() {
    let folder = used().await;
    fs::remove_file(folder.path().join("journal.wishes")).unwrap();
    let pages = fs::read(folder.path().join("journal.db")).unwrap().len() / PAGE;
    let (mut costly, mut all) = (0, 0);
    for page in 0..pages {
        let copy = copy_of(folder.path());
        spoil(&copy.path().join("journal.db"), page);
        let home = Home::at(copy).await;
        read_back(&home).await;
        let lost = lost(&home).await.len();
        assert!(lost == 0 || notes_lost(&home), "page {page} of {pages}: {lost} are lost");
        costly += usize::from(lost > 0);
        all += usize::from(lost >= CALLS as usize / 3);
    }
    // The first pages have the names of the tables; notes have a few pages, with one above them.
    assert!(
        costly < pages / 3 && all <= 4,
        "{costly} cost something, {all} everything, of {pages}"
    );
}

#[tokio::test]
async fn what_lies_beside_a_journal_that_is_gone_or_garbage_waits_for_its_calls() {
    let folder = used().await;
    for garbage in [false, true] {
        let copy = copy_of(folder.path());
        let journal = copy.path().join("journal.db");
        fs::remove_file(&journal).unwrap();
        if garbage {
            fs::write(&journal, vec![0xa5; 50_000]).unwrap();
        }
        let home = Home::at(copy).await;
        assert!(!notes_lost(&home), "garbage {garbage}");
        // Before the calls are back the journal is lost once more.
        let folder = home.close().await;
        fs::remove_file(folder.path().join("journal.db")).unwrap();
        let home = Home::at(folder).await;
        read_back(&home).await;
        assert_eq!(lost(&home).await, [] as [u32; 0], "garbage {garbage}");
    }
}

#[tokio::test]
async fn where_neither_can_be_read_it_is_said_that_notes_are_lost() {
    let folder = used().await;
    fs::remove_file(folder.path().join("journal.db")).unwrap();
    fs::write(folder.path().join("journal.wishes"), [0xa5; 100]).unwrap();
    let home = Home::at(folder).await;
    assert!(home.notices.contains(&Notice::NotesLost { kept_as: None }), "{:?}", home.notices);
}

#[tokio::test]
async fn what_was_wanted_since_an_older_copy_was_made_is_known() {
    let home = Home::new().await;
    for call in ["1.1", "1.2"] {
        home.finish(&entry(call)).await;
    }
    home.remark(&CallId::new("1.1"), note(1), None).await;
    let folder = home.close().await;
    let backup = copy_of(folder.path());
    let home = Home::at(folder).await;
    home.remark(&CallId::new("1.1"), note(2), None).await;
    home.store.discard(&desk(), &CallId::new("1.2"), NOW).await.unwrap();
    let folder = home.close().await;
    fs::copy(backup.path().join("journal.db"), folder.path().join("journal.db")).unwrap();

    let home = Home::at(folder).await;

    assert_eq!(home.notices, [Notice::JournalReplaced]);
    assert_eq!(home.call("1.1").await.remarks, note(2));
    assert_eq!(home.call("1.2").await.delivery.unwrap().state, DeliveryState::Skipped);
}

#[tokio::test]
async fn a_note_on_a_live_call_is_there_when_the_call_ends_after_the_loss() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    let draft =
        NewNote { remarks: note(1), open: true, hold_until: Some(NOW), ..NewNote::default() };
    home.store.add_note(&desk(), &CallId::new("1.1"), draft).await.unwrap();
    let killed = copy_of(home.path());
    fs::remove_file(killed.path().join("journal.db")).unwrap();
    for log in ["journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(killed.path().join(log));
    }

    let home = Home::at(killed).await;
    home.finish(&entry("1.1")).await;

    let call = home.call("1.1").await;
    assert_eq!((call.remarks, call.wrap_up.open), (note(1), true));
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_beside_the_journal_is_small_private_and_forgets_what_was_sent() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.remark(&CallId::new("1.1"), note(1), None).await;
    let file = home.path().join("journal.wishes");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().contains("call 1 wants"));
    home.deliver(1).await;
    let folder = home.close().await;
    assert_eq!(fs::read_to_string(folder.path().join("journal.wishes")).unwrap(), "");
}
