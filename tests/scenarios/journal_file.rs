//! G4 and G9: `journal.db` deleted or replaced, while the program runs and while it does not. No call is lost by it, none is
//! logged twice, it is said, and what is said goes when all is as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{fs, path::PathBuf, time::Duration};

use engine::{
    command::Command,
    view::{Integration, Status},
};
use scenarios::{ADA, AGENT, Call, Office, eventually, stays};
use simulator::Flood;

fn journal(office: &Office) -> PathBuf {
    office.home.path().join("journal.db")
}

/// A closed journal that has seen nothing but a first start.
async fn fresh_journal() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let opened = store::Store::open(folder.path()).await.unwrap();
    opened.store.close().await;
    fs::read(folder.path().join("journal.db")).unwrap()
}

fn word(status: &Status) -> Option<String> {
    let problem = status.salesforce.problem.as_ref()?;
    (problem.code == "journal.damaged").then(|| problem.message.clone())
}

async fn is_said(office: &Office, part: &str) {
    eventually(&format!("a word: {part}"), || async {
        office.desk.notes().iter().any(|note| note.title.contains(part))
    })
    .await;
}

/// Nothing needs a person any more, and nothing says so.
async fn is_whole(office: &Office) {
    let status = office
        .status_until("all is as it was", |status| {
            status.integration == Integration::Connected && word(status).is_none()
        })
        .await;
    assert_eq!((status.journal.waiting, status.journal.stuck), (0, 0));
}

/// While a word is said of the journal, there is nothing to do for a person, and the status says so.
async fn needs_nobody(office: &Office) {
    let mut connected = 0;
    loop {
        let status = office.status().await;
        if word(&status).is_none() {
            break;
        }
        assert_ne!(status.integration, Integration::Attention, "{status:#?}");
        connected += usize::from(status.integration == Integration::Connected);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(connected > 0, "it was said while all else was well");
}

async fn three_wait(office: &Office) -> Vec<String> {
    office.salesforce.stop_listening();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let call = office.has_spoken_with(ADA).await;
        office.waits(&call).await;
        calls.push(call);
    }
    calls
}

#[cfg(unix)]
#[tokio::test]
async fn deleted_while_calls_wait_it_is_written_again_with_all_of_them() {
    let office = Office::open().await;
    let mut calls = three_wait(&office).await;
    fs::remove_file(journal(&office)).unwrap();
    let _ = fs::remove_file(office.home.path().join("journal.db-wal"));
    calls.push(office.has_spoken_with(ADA).await);
    is_said(&office, "was deleted while Patchcord was running").await;
    office.status_until("all wait", |status| status.journal.waiting == 4).await;
    assert!(journal(&office).exists());
    office.salesforce.listen_again().await;
    office.retries().await;
    office.all_logged(&calls).await;
    is_whole(&office).await;
}

#[cfg(unix)]
#[tokio::test]
async fn deleted_and_nothing_more_is_written_it_is_noticed_all_the_same() {
    let mut office = Office::open().await;
    let calls = three_wait(&office).await;
    fs::remove_file(journal(&office)).unwrap();
    is_said(&office, "was deleted while Patchcord was running").await;
    // Killed: what is on disk has to do.
    office.is_killed();
    office.salesforce.listen_again().await;
    office.starts().await;
    office.all_logged(&calls).await;
    is_whole(&office).await;
}

#[cfg(unix)]
#[tokio::test]
async fn replaced_while_calls_wait_the_program_goes_on_with_its_own() {
    let office = Office::open().await;
    let mut calls = three_wait(&office).await;
    let restored = office.home.path().join("restored.db");
    fs::write(&restored, fresh_journal().await).unwrap();
    fs::rename(&restored, journal(&office)).unwrap();
    calls.push(office.has_spoken_with(ADA).await);
    is_said(&office, "was replaced while Patchcord was running").await;
    assert!(office.home.path().join("journal.damaged-1.db").exists());
    office.salesforce.listen_again().await;
    office.retries().await;
    office.all_logged(&calls).await;
    is_whole(&office).await;
}

#[tokio::test]
async fn an_empty_journal_in_a_home_that_is_set_up_is_rebuilt_as_a_missing_one() {
    let mut office = Office::open().await;
    let logged = office.has_spoken_with(ADA).await;
    office.is_logged(&logged).await;
    let mut calls = three_wait(&office).await;
    calls.push(logged);
    office.quits().await;
    fs::write(journal(&office), fresh_journal().await).unwrap();
    office.salesforce.listen_again().await;
    office.starts().await;
    is_said(&office, "was replaced by another one").await;
    needs_nobody(&office).await;
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 4);
    is_whole(&office).await;
    office.quits().await;
    office.desk.forgets_notes();
    office.starts().await;
    office.is_live().await;
    assert_eq!(word(&office.status().await), None, "it is said once");
}

#[tokio::test]
async fn an_older_copy_of_the_journal_loses_nothing_and_doubles_nothing() {
    let mut office = Office::open().await;
    let mut calls = three_wait(&office).await;
    office.quits().await;
    let backup = fs::read(journal(&office)).unwrap();
    office.salesforce.listen_again().await;
    office.starts().await;
    office.all_logged(&calls).await;
    let later = office.has_spoken_with(ADA).await;
    office.is_logged(&later).await;
    calls.push(later);
    office.salesforce.stop_listening();
    let waits = office.has_spoken_with(ADA).await;
    office.waits(&waits).await;
    calls.push(waits);
    office.quits().await;

    fs::write(journal(&office), backup).unwrap();
    office.salesforce.listen_again().await;
    office.starts().await;
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 5);
    is_whole(&office).await;
}

#[tokio::test]
async fn a_journal_that_is_rebuilt_knows_what_was_off_and_when_the_desk_began() {
    let mut office =
        Office::with(scenarios::Options { connected: false, ..Default::default() }).await;
    let spoken = |office: &Office| -> Call {
        let call = office.pbx.inbound(ADA, AGENT);
        call.answer(AGENT);
        call.hang_up();
        call
    };
    let early = spoken(&office);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    office.connects().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ours = office.has_spoken_with(ADA).await;
    office.is_logged(&ours).await;
    // Records name whole seconds, and the second of switching off counts as off.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    office.asks(Command::Disable).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let off = spoken(&office);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    office.asks(Command::Enable).await.unwrap();
    office.is_live().await;
    office.quits().await;
    fs::remove_file(journal(&office)).unwrap();

    office.starts().await;
    is_said(&office, "was gone").await;
    office.all_logged(&[ours]).await;
    is_whole(&office).await;
    stays("neither is ours", Duration::from_secs(2), || async {
        office.call(&early.id()).await.is_none() && office.call(&off.id()).await.is_none()
    })
    .await;
    assert_eq!(office.salesforce.tasks().len(), 1);
}

/// Another program holds the journal through more calls than can be kept in memory.
#[tokio::test]
async fn calls_whose_ends_could_not_be_kept_are_read_back_once_the_journal_can_be_written() {
    let office = Office::open().await;
    let holder = rusqlite::Connection::open(journal(&office)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let flood = Flood {
        rate: Some(60),
        calls: 700,
        extension: AGENT.to_owned(),
        own_percent: 100,
        callers: vec![ADA.to_owned()],
        lasts: Duration::from_millis(40),
    };
    let calls = office.pbx.flood(&flood).await;
    let full = |status: &Status| status.says("journal.disk_full");
    office.status_within("it is said", Duration::from_secs(45), full).await;
    // Until as much is held as may be.
    tokio::time::sleep(Duration::from_secs(8)).await;
    drop(holder);

    is_said(&office, "some calls could not be kept").await;

    let logged = || async { office.salesforce.tasks().len() >= calls.len() };
    eventually("all are logged", logged).await;
    let still = |status: &Status| status.journal.waiting == 0;
    office.status_within("nothing waits", Duration::from_secs(60), still).await;
    is_whole(&office).await;
    for call in &calls {
        assert_eq!(office.tasks_of(call).len(), 1, "{call}");
    }
}

/// Something that becomes of a file.
type Spoils = fn(&std::path::Path);

fn one_page(journal: &std::path::Path) {
    let mut bytes = fs::read(journal).unwrap();
    bytes[8 * 4_096..9 * 4_096].fill(0xa5);
    fs::write(journal, bytes).unwrap();
}

#[tokio::test]
async fn a_note_that_waits_and_a_call_that_is_not_to_be_logged_survive_their_journal() {
    let ways: [Spoils; 3] = [
        one_page,
        |journal| fs::write(journal, vec![0xa5; 50_000]).unwrap(),
        |journal| fs::remove_file(journal).unwrap(),
    ];
    for (number, spoil) in ways.into_iter().enumerate() {
        let mut office = Office::open().await;
        let calls = three_wait(&office).await;
        let note = Command::Note {
            call: calls[0].clone(),
            text: Some("Wants an offer.".to_owned()),
            outcome: Some("Reached".to_owned()),
            related: None,
            follow_up: None,
            save: true,
            elsewhere: false,
        };
        office.asks(note).await.expect("it is kept");
        let discard = Command::Discard { call: calls[1].clone() };
        office.asks(discard).await.expect("it is not sent");
        office.quits().await;
        spoil(&journal(&office));

        office.salesforce.listen_again().await;
        office.starts().await;

        office.all_logged(&[calls[0].clone(), calls[2].clone()]).await;
        let task = office.task_of(&calls[0]).await;
        assert_eq!(task["CallDisposition"], "Reached", "way {number}");
        let description = task["Description"].as_str().unwrap();
        assert!(description.starts_with("Wants an offer."), "way {number}: {description}");
        is_whole(&office).await;
        stays("it is not logged", Duration::from_secs(2), || async {
            office.tasks_of(&calls[1]).is_empty()
        })
        .await;
    }
}

#[tokio::test]
async fn notes_that_are_lost_are_said_until_a_day_is_over_also_after_a_restart() {
    let mut office = Office::open().await;
    office.quits().await;
    for file in ["journal.db", "journal.wishes"] {
        fs::write(office.home.path().join(file), vec![0xa5; 50_000]).unwrap();
    }
    office.starts().await;
    office.is_live().await;
    office.quits().await;
    office.starts().await;
    let said = |status: &Status| status.says("journal.notes_lost");
    let status = office.status_until("it is said", said).await;
    assert_eq!(status.integration, Integration::Attention);
    let problem = status.problems().find(|it| it.code == "journal.notes_lost").unwrap();
    assert!(problem.message.ends_with("is kept as journal.damaged-1.db."), "{problem:?}");
    let findings = office.examines().await;
    assert!(findings.check("desk.journal").found.contains("may be missing"), "{findings:?}");

    office.clock.passes(Duration::from_secs(86_400));

    office.status_until("it is over", |status| !said(status)).await;
}
