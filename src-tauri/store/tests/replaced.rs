//! `journal.db` deleted or replaced, while it is in use and while it is not.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod support;

use std::{fs, path::Path};

use store::{Notice, REBUILD};
use support::*;

/// Returns the calls whose entries wait, oldest first.
async fn waiting(home: &Home) -> Vec<String> {
    let calls = home.store.calls(100, None).await.unwrap();
    let mut ids: Vec<_> = calls.iter().map(|call| call.call.to_string()).collect();
    ids.sort();
    ids
}

/// Copies a closed journal.
fn copy(from: &Path, to: &Path) {
    fs::copy(from.join("journal.db"), to.join("journal.db")).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn what_waited_in_a_journal_that_was_deleted_while_in_use_is_still_there() {
    for with_log in [false, true] {
        let home = Home::new().await;
        for call in ["1.1", "1.2", "1.3"] {
            home.finish(&entry(call)).await;
        }
        let mut remade = home.store.watch_remade();
        fs::remove_file(home.journal()).unwrap();
        if with_log {
            let _ = fs::remove_file(home.path().join("journal.db-wal"));
            let _ = fs::remove_file(home.path().join("journal.db-shm"));
        }
        assert_eq!(waiting(&home).await, ["1.1", "1.2", "1.3"]);
        home.finish(&entry("1.4")).await;
        remade.changed().await.unwrap();
        let told = remade.borrow().clone();
        assert!(told.whole && told.kept_as.is_none(), "{told:?}");
        assert_eq!(waiting(&home).await, ["1.1", "1.2", "1.3", "1.4"]);
        // Also after a kill: nothing was flushed by closing.
        let folder = tempfile::tempdir().unwrap();
        for file in fs::read_dir(home.path()).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let next = Home::at(folder).await;
        assert!(!next.notices.contains(&Notice::JournalMissing));
        assert!(!next.notices.contains(&Notice::JournalReplaced));
        assert_eq!(waiting(&next).await, ["1.1", "1.2", "1.3", "1.4"], "log {with_log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_that_is_deleted_before_a_quiet_end_is_put_back_by_it() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    fs::remove_file(home.journal()).unwrap();
    let home = home.reopen().await;
    assert_eq!(home.notices, []);
    assert_eq!(waiting(&home).await, ["1.1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn another_journal_that_is_put_in_its_place_while_in_use_is_put_aside() {
    let stranger = Home::new().await;
    stranger.finish(&entry("9.9")).await;
    let stranger = stranger.close().await;
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let beside = home.path().join("restored");
    fs::copy(stranger.path().join("journal.db"), &beside).unwrap();
    fs::rename(&beside, home.journal()).unwrap();

    home.finish(&entry("1.2")).await;
    let told = home.store.watch_remade().borrow().clone();
    assert_eq!(told.kept_as, Some(home.path().join("journal.damaged-1.db")));
    assert!(told.whole);
    let home = home.reopen().await;
    assert_eq!(home.notices, []);
    assert_eq!(waiting(&home).await, ["1.1", "1.2"]);
}

#[tokio::test]
async fn a_journal_of_another_home_is_noticed_and_nothing_in_it_is_sent_unasked() {
    let stranger = Home::new().await;
    stranger.finish(&entry("9.9")).await;
    let stranger = stranger.close().await;
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let folder = home.close().await;
    copy(stranger.path(), folder.path());

    let home = Home::at(folder).await;
    assert_eq!(home.notices, [Notice::JournalReplaced]);
    assert_eq!(home.store.mark(REBUILD).await.unwrap().as_deref(), Some("1"));
    let leased = home.lease().await.expect("its entry waits here now");
    assert!(leased.ask_first, "it may have been sent from there");
    assert_eq!(home.reopen().await.notices, [], "it is said once");
}

#[tokio::test]
async fn an_older_copy_of_the_same_journal_is_another_one() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let folder = home.close().await;
    let backup = tempfile::tempdir().unwrap();
    copy(folder.path(), backup.path());
    let home = Home::at(folder).await;
    home.deliver(1).await;
    let folder = home.close().await;
    copy(backup.path(), folder.path());

    let home = Home::at(folder).await;
    assert_eq!(home.notices, [Notice::JournalReplaced]);
    assert!(home.lease().await.expect("it waits in the copy").ask_first);
}

#[tokio::test]
async fn an_empty_schema_without_a_word_is_another_one_and_a_first_start_is_not() {
    let home = Home::new().await;
    assert!(!home.notices.contains(&Notice::JournalReplaced), "a first start");
    let folder = home.close().await;
    let file = folder.path().join("journal.db");
    let empty = rusqlite::Connection::open(&file).unwrap();
    empty.execute("DELETE FROM mark", []).unwrap();
    drop(empty);
    let home = Home::at(folder).await;
    assert_eq!(home.notices, [Notice::JournalReplaced]);

    // A journal of an earlier version has no word, and nothing is known of it.
    let folder = home.close().await;
    fs::remove_file(folder.path().join("journal.word")).unwrap();
    assert_eq!(Home::at(folder).await.notices, []);
}

#[tokio::test]
async fn a_kill_between_the_word_in_the_file_and_that_in_the_journal_is_no_replacement() {
    let home = Home::new().await;
    let folder = home.close().await;
    let word = folder.path().join("journal.word");
    let both = format!("{}0123\n", fs::read_to_string(&word).unwrap());
    fs::write(&word, both).unwrap();
    assert_eq!(Home::at(folder).await.notices, []);
}
