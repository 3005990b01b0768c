//! The files: damaged, emptied, newer, older, open to others, not writable.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod support;

use std::{fs, path::Path};

use domain::{CallId, RecordId};
use rusqlite::Connection;
use store::{DeliveryState, Error, Health, Notice, Store};
use support::*;

/// Leaves a home with one waiting call and one record, closed well.
async fn used_home() -> tempfile::TempDir {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    home.close().await
}

/// Writes over `length` bytes at `offset` with bytes that are nobody's.
fn scribble(path: &Path, offset: usize, length: usize) {
    let mut bytes = fs::read(path).unwrap();
    for (i, byte) in bytes.iter_mut().enumerate().skip(offset).take(length) {
        *byte = u8::try_from(i * 131 % 251).unwrap() ^ 0x5a;
    }
    fs::write(path, bytes).unwrap();
}

async fn is_put_aside_and_begun_anew(name: &str, spoil: impl FnOnce(&Path)) {
    let folder = used_home().await;
    let journal = folder.path().join("journal.db");
    spoil(&journal);
    let spoilt = fs::read(&journal).unwrap();

    let home = Home::at(folder).await;

    let kept_as = home.path().join("journal.damaged-1.db");
    assert_eq!(home.notices, [Notice::JournalDamaged { kept_as: kept_as.clone() }], "{name}");
    assert_eq!(fs::read(kept_as).unwrap(), spoilt, "{name}");
    // What can be read of it is used, and nothing is made up.
    for call in home.store.calls(10, None).await.unwrap() {
        assert_eq!(call.call, CallId::new("1.1"), "{name}");
    }
    home.finish(&entry("1.2")).await;
    // The cache had nothing to do with it, and the next start is an ordinary one.
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 1, "{name}");
    let home = home.reopen().await;
    assert_eq!(home.notices, [], "{name}");
    assert!(home.has_finished(&CallId::new("1.2")).await, "{name}");
}

#[tokio::test]
async fn a_damaged_journal_is_kept_aside_and_a_new_one_begun() {
    is_put_aside_and_begun_anew("random bytes", |path| {
        let length = fs::metadata(path).unwrap().len();
        scribble(path, 0, usize::try_from(length).unwrap());
    })
    .await;
    is_put_aside_and_begun_anew("header", |path| scribble(path, 0, 16)).await;
    is_put_aside_and_begun_anew("zero length", |path| fs::write(path, []).unwrap()).await;
    is_put_aside_and_begun_anew("truncated", |path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    })
    .await;
    is_put_aside_and_begun_anew("a few bytes left", |path| fs::write(path, "SQLite").unwrap())
        .await;
    is_put_aside_and_begun_anew("pages", |path| scribble(path, 4_096, 8 * 4_096)).await;
    is_put_aside_and_begun_anew("an absurd version", |path| scribble(path, 60, 4)).await;
    is_put_aside_and_begun_anew("a version of 0", |path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[60..64].fill(0);
        fs::write(path, bytes).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_first_start_that_was_killed_before_the_first_write_is_not_called_damage() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal.db"), []).unwrap();

    let home = Home::at(folder).await;

    assert!(!home.notices.iter().any(|notice| matches!(notice, Notice::JournalDamaged { .. })));
    home.finish(&entry("1.1")).await;
}

#[tokio::test]
async fn a_journal_that_is_gone_is_said_where_there_was_one() {
    let folder = used_home().await;
    fs::remove_file(folder.path().join("journal.db")).unwrap();

    let home = Home::at(folder).await;

    assert_eq!(home.notices, [Notice::JournalMissing]);
    assert_eq!(home.reopen().await.notices, []);
}

#[tokio::test]
async fn a_damaged_cache_is_begun_anew_and_the_journal_is_not_touched() {
    for spoil in [
        (|path: &Path| scribble(path, 0, 100)) as fn(&Path),
        |path| scribble(path, 4_096, 20_000),
        |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        },
    ] {
        let folder = used_home().await;
        spoil(&folder.path().join("cache.db"));

        let home = Home::at(folder).await;

        assert_eq!(home.notices, [Notice::CacheDamaged]);
        assert_eq!(home.store.cached(&owner()).await.unwrap(), 0);
        assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), []);
        home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
        assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), [record(1)]);
        assert!(home.has_finished(&CallId::new("1.1")).await);
    }
}

#[tokio::test]
async fn a_deleted_cache_is_begun_anew_without_a_word() {
    let folder = used_home().await;
    fs::remove_file(folder.path().join("cache.db")).unwrap();

    let home = Home::at(folder).await;

    assert_eq!(home.notices, []);
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_journal_made_by_a_newer_version_is_refused_and_not_touched() {
    let folder = used_home().await;
    let journal = folder.path().join("journal.db");
    Connection::open(&journal).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let cache = folder.path().join("cache.db");
    let before = (fs::read(&journal).unwrap(), fs::read(&cache).unwrap());

    let refused = Store::open(folder.path()).await.unwrap_err();

    assert!(matches!(refused, Error::MadeByNewer { found: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("made by a newer version"));
    assert_eq!((fs::read(&journal).unwrap(), fs::read(&cache).unwrap()), before);
}

#[tokio::test]
async fn a_newer_version_that_is_only_in_the_log_yet_is_refused_too() {
    let folder = used_home().await;
    let journal = folder.path().join("journal.db");
    let newer = Connection::open(&journal).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&journal).unwrap();
    let log = fs::read(folder.path().join("journal.db-wal")).unwrap();

    let refused = Store::open(folder.path()).await.unwrap_err();

    assert!(matches!(refused, Error::MadeByNewer { found: 99, .. }), "{refused}");
    assert_eq!(fs::read(&journal).unwrap(), before);
    assert_eq!(fs::read(folder.path().join("journal.db-wal")).unwrap(), log);
}

#[tokio::test]
async fn a_journal_of_schema_1_keeps_its_calls_its_keys_and_its_queue() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Connection::open(folder.path().join("journal.db")).unwrap();
    journal.execute_batch(include_str!("../migrations/journal/0001_calls_and_outbox.sql")).unwrap();
    journal.execute_batch(include_str!("schemas/journal_0001.sql")).unwrap();
    journal.pragma_update(None, "user_version", 1).unwrap();
    journal.close().unwrap();

    let home = Home::at(folder).await;

    let keys: Vec<_> = home
        .store
        .calls(10, None)
        .await
        .unwrap()
        .into_iter()
        .map(|call| call.key.map(|key| key.to_string()).unwrap_or_default())
        .collect();
    let expected = ["", "1.4:4101", "1.3:missed", "1.2:4101", "1.1:4101"];
    assert_eq!(
        keys,
        expected.map(|end| if end.is_empty() {
            String::new()
        } else {
            format!("ys:3630A1B2C3:{end}")
        })
    );
    let logged = home.call("1.1").await;
    assert_eq!(logged.delivery.as_ref().unwrap().state, DeliveryState::Logged);
    assert_eq!(logged.delivery.unwrap().task, Some(task(1)));
    assert_eq!(logged.matches.unwrap().who, RecordId::parse("0035g0000000001AAA"));
    assert_eq!(logged.remarks.note.as_deref(), Some("wants an offer"));
    assert_eq!(logged.spelled, None, "schema 1 did not keep it");
    assert_eq!(home.store.live(&desk()).await.unwrap()[0].others_rang.len(), 1);
    let leased = home.lease().await.expect("the one that was sent when the program died");
    assert_eq!((leased.call.call, leased.sent_before), (CallId::new("1.2"), true));
    assert_eq!(home.store.adopt(&owner()).await.unwrap(), 1);
    assert_eq!(home.lease().await.unwrap().call.call, CallId::new("1.3"));
    assert_eq!(home.store.cursor("cdr:3630A1B2C3").await.unwrap(), Some(1_767_600_005));
}

#[tokio::test]
async fn a_journal_of_schema_2_keeps_what_was_chosen_and_knows_no_words_of_its_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Connection::open(folder.path().join("journal.db")).unwrap();
    journal.execute_batch(include_str!("../migrations/journal/0001_calls_and_outbox.sql")).unwrap();
    journal.execute_batch(include_str!("../migrations/journal/0002_created_records.sql")).unwrap();
    journal.execute_batch(include_str!("schemas/journal_0001.sql")).unwrap();
    let choice = "INSERT INTO choice VALUES (?1, '+49493555019', '0035g0000000009AAA')";
    journal.execute(choice, [org().as_str()]).unwrap();
    journal.pragma_update(None, "user_version", 2).unwrap();
    journal.close().unwrap();

    let home = Home::at(folder).await;

    let choices = home.store.choices(&org()).await.unwrap();
    let old = choices.iter().find(|choice| choice.number == number("+49493555019")).unwrap();
    assert_eq!((old.object, old.name.as_str(), old.since), (None, "", None));
    assert_eq!(old.record, RecordId::parse("0035g0000000009AAA").unwrap());
    let moved = matched(7);
    home.store.choose(&desk(), &CallId::new("1.1"), moved).await.unwrap();
    let mut leased = home.lease().await.expect("the one that was sent when the program died");
    if leased.call.call != CallId::new("1.1") {
        leased = home.lease().await.expect("the one that was moved");
    }
    assert_eq!((leased.task, leased.said), (Some(task(1)), None), "what it says must be read");
}

#[tokio::test]
async fn a_log_without_its_journal_is_kept_aside() {
    let folder = used_home().await;
    fs::remove_file(folder.path().join("journal.db")).unwrap();
    fs::write(folder.path().join("journal.db-wal"), "calls of yesterday").unwrap();

    let home = Home::at(folder).await;

    assert!(matches!(home.notices[..], [Notice::JournalDamaged { .. }]), "{:?}", home.notices);
    let kept = fs::read_to_string(home.path().join("journal.damaged-1.db-wal")).unwrap();
    assert_eq!(kept, "calls of yesterday");
}

#[tokio::test]
async fn a_deleted_index_of_the_log_is_made_again() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let copy = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(home.path().join(name), copy.path().join(name)).unwrap();
    }

    let copied = Home::at(copy).await;

    assert!(copied.has_finished(&CallId::new("1.1")).await);
}

/// Elsewhere an open file cannot be removed.
#[cfg(unix)]
#[tokio::test]
async fn a_log_removed_while_in_use_costs_nothing() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    fs::remove_file(home.path().join("journal.db-wal")).unwrap();
    fs::remove_file(home.path().join("journal.db-shm")).unwrap();

    home.finish(&entry("1.2")).await;
    assert_eq!(home.store.health(), Health::Ok);

    let home = home.reopen().await;
    assert_eq!(home.notices, []);
    for call in ["1.1", "1.2"] {
        assert!(home.has_finished(&CallId::new(call)).await, "{call}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_folder_are_this_users_alone_and_what_was_open_is_closed_and_said() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/home");
    let opened = Store::open(&folder).await.unwrap();
    assert_eq!(opened.notices, []);
    opened.store.finish(finished(&entry("1.1")), None).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    for file in ["journal.db", "journal.db-wal", "journal.db-shm", "cache.db"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    opened.store.close().await;

    set(&folder, 0o755);
    set(&folder.join("journal.db"), 0o644);
    let opened = Store::open(&folder).await.unwrap();

    let repaired = |path: &Path| Notice::PermissionsRepaired { path: path.to_owned() };
    assert_eq!(opened.notices, [repaired(&folder), repaired(&folder.join("journal.db"))]);
    assert_eq!((mode(&folder), mode(&folder.join("journal.db"))), (0o700, 0o600));
}

/// `/sys` refuses new files to everybody, root included.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let refused = Store::open(Path::new("/sys/kernel/patchcord")).await.unwrap_err();

    assert!(refused.to_string().contains("/sys/kernel/patchcord"), "{refused}");
    assert!(matches!(refused, Error::ReadOnly { .. } | Error::Io { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "x").unwrap();

    let refused = Store::open(&file.join("home")).await.unwrap_err();

    assert!(refused.to_string().contains("home"), "{refused}");
}

#[tokio::test]
async fn a_file_that_another_program_locks_is_waited_for() {
    let home = Home::new().await;
    let other = Connection::open(home.journal()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let store = home.store.clone();
    let finishing = tokio::spawn(async move {
        store.finish(finished(&entry("1.1")), Some(delivery(&entry("1.1")))).await
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!finishing.is_finished());
    other.execute_batch("COMMIT").unwrap();

    finishing.await.unwrap().unwrap();
    assert!(home.lease().await.is_some());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let home = Home::new().await;
    let other = home.store.clone();
    let _folder = home.close().await;

    assert!(matches!(other.calls(1, None).await, Err(Error::Closed)));
    assert!(matches!(other.remember(memory("1.1")).await, Err(Error::Closed)));
    assert!(matches!(other.find_now(&owner(), &number(ADA)), Err(Error::Closed)));
    other.close().await;
}
