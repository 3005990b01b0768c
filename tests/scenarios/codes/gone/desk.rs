//! What is amiss on the desk: its browser, its secrets, its disk, and the program itself.

use std::{fs, sync::Mutex, time::Duration};

use engine::command::Command;
use scenarios::{ADA, AGENT, Office, Options};

use super::{Act, Story, are_told, story};

/// The desk itself: its browser, its secrets, its disk.
pub(super) fn of_the_desk() -> Vec<Story> {
    vec![
        story(
            "browser.failed",
            |office| {
                Box::pin(async {
                    office.desk.browser_is_missing(true);
                    office.ada_calls().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.desk.browser_is_missing(false);
                    office.retries().await;
                })
            },
        ),
        story(
            "secrets.unavailable",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.secrets.is_locked(true);
                    office.starts().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.secrets.is_locked(false);
                    office.retries().await;
                })
            },
        ),
        story(
            "secrets.still_kept",
            |office| {
                Box::pin(async {
                    office.secrets.is_locked(true);
                    let said = office.asks(Command::Disconnect).await;
                    assert_eq!(said.expect_err("it is locked").code, "secrets.still_kept");
                })
            },
            |office| Box::pin(async { office.secrets.is_locked(false) }),
        ),
        story(
            "journal.disk_full",
            |office| {
                Box::pin(async {
                    // A backup that holds the file: the same words, and the same way back.
                    let file = office.home.path().join("journal.db");
                    let other = rusqlite::Connection::open(file).expect("it is there");
                    other.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes now");
                    *HOLDER.lock().expect("one story at a time") = Some(other);
                    office.pbx.inbound(ADA, AGENT).caller_hangs_up();
                })
            },
            |_| Box::pin(async { *HOLDER.lock().expect("one story at a time") = None }),
        ),
        story(
            "journal.damaged",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    fs::write(office.home.path().join("journal.db"), vec![0xa5; 50_000])
                        .expect("the file can be written");
                    office.starts().await;
                })
            },
            // The calls were read back.
            |office| Box::pin(async { office.is_live().await }),
        ),
        story(
            "journal.creation_paused",
            |office| Box::pin(office.has_created(30)),
            |office| Box::pin(async { office.clock.passes(Duration::from_secs(3_600)) }),
        )
        .of(|| Options {
            settings: "[auto_create]\ndirections = [\"inbound\"]\n".to_owned(),
            ..Options::default()
        }),
        story(
            "journal.notes_lost",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    for file in ["journal.db", "journal.wishes"] {
                        fs::write(office.home.path().join(file), vec![0xa5; 50_000])
                            .expect("the file can be written");
                    }
                    office.starts().await;
                })
            },
            // A person has seen it.
            |office| Box::pin(async { office.retries().await }),
        ),
        story(
            "journal.gap_unverified",
            |office| Box::pin(loses_its_records(office)),
            // A person has seen it.
            |office| Box::pin(async { office.retries().await }),
        ),
        story(
            "app.not_running",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.starts_on_files().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.starts().await;
                })
            },
        ),
    ]
}

/// What holds the journal.
static HOLDER: Mutex<Option<rusqlite::Connection>> = Mutex::new(None);

/// The program itself.
pub(super) fn of_the_program() -> Vec<Story> {
    let again: Act = |office| Box::pin(async { office.retries().await });
    vec![
        story(
            "program.task_failed",
            |office| {
                Box::pin(async {
                    office.clock.fails_within("engine::outbox::attempt", 3);
                    office.has_spoken_with(ADA).await;
                })
            },
            again,
        ),
        story("program.safe_mode", |office| Box::pin(dies_often(office)), again),
    ]
}

/// While the program is away the PBX removes its call records.
async fn loses_its_records(office: &mut Office) {
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    office.quits().await;
    // Both clocks go on, and nobody listens.
    office.clock.passes(Duration::from_secs(600));
    office.pbx.set_clock_by(600);
    office.pbx.inbound(ADA, AGENT).caller_hangs_up();
    office.pbx.clean_up_cdr();
    office.starts().await;
}

/// The program is killed and started so often within a minute that it begins only what calls need.
pub(crate) async fn dies_often(office: &mut Office) {
    for _ in 0..5 {
        office.is_killed();
        office.starts().await;
    }
}

#[tokio::test]
async fn what_is_amiss_on_the_desk_goes_with_its_cause() {
    are_told(of_the_desk()).await;
}

#[tokio::test]
async fn what_the_program_fails_at_goes_when_it_does_not() {
    are_told(of_the_program()).await;
}

/// The command is there and ends as failed: nothing opens, and without a notification only Status can say so.
#[tokio::test]
async fn a_browser_whose_command_fails_after_its_start_is_said_until_a_page_opens() {
    let office = Office::open().await;
    office.desk.browser_ends_as_failed(true);
    let call = office.ada_calls().await;
    let told = |status: &engine::view::Status| {
        let text = serde_json::to_string(status).expect("it is JSON");
        text.contains("browser.failed") && text.contains("ended as failed")
    };
    office.status_until("it is said", told).await;
    office.talks(&call, 3).await;

    office.desk.browser_ends_as_failed(false);
    office.ada_calls().await;
    office.status_until("it is gone", |status| !told(status)).await;
}
