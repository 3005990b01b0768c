//! What the program does when it fails itself: a task begins again, an entry that it fails at is left to a person, and after
//! several ends within a minute only what calls need is begun.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{IndexPhase, JournalState},
};
use scenarios::{ADA, AGENT, Office, Options, eventually, stays};

use super::gone::desk::dies_often;

#[tokio::test]
async fn a_task_that_fails_begins_again_and_loses_nothing() {
    for place in ["engine::outbox::attempt", "engine::outbox::Worker", "heed_clock", "hear"] {
        let office = Office::open().await;
        office.clock.fails_within(place, 1);
        let call = office.pbx.inbound(ADA, AGENT);
        tokio::time::sleep(Duration::from_secs(2)).await;
        call.answer(AGENT);
        call.talked_seconds(9);
        call.hang_up();
        office.all_logged(&[call.id()]).await;
        assert!(office.clock.has_failed(), "{place}");
        assert!(!office.status().await.says("program.task_failed"), "{place}: once is not often");
    }
}

#[tokio::test]
async fn an_entry_that_the_program_fails_at_is_left_to_a_person_and_the_others_go_on() {
    let office = Office::open().await;
    office.clock.fails_within("engine::outbox::attempt", 3);
    let call = office.has_spoken_with(ADA).await;
    let view =
        office.call_until(&call, "stuck", |call| call.journal.state == JournalState::Stuck).await;
    let reason = view.journal.reason.expect("it says why");
    assert!(reason.contains("Patchcord itself failed"), "{reason}");
    office.status_until("it is told", |status| status.says("program.task_failed")).await;
    let other = office.has_spoken_with(ADA).await;
    office.all_logged(&[other]).await;
    office.retries().await;
    office.all_logged(&[call]).await;
}

#[tokio::test]
async fn a_program_that_ends_again_and_again_begins_with_what_calls_need_and_goes_on_by_itself() {
    let settings = "[contact_sync]\nmode = \"full\"\n".to_owned();
    let mut office = Office::with(Options { settings, ..Options::default() }).await;
    dies_often(&mut office).await;
    office.status_until("it is said", |status| status.says("program.safe_mode")).await;
    office.is_live().await;
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    let link = Command::Link { uri: "tel:+4930123456".to_owned() };
    let problem = office.asks(link).await.expect_err("it is off");
    assert_eq!(problem.code, "program.safe_mode");
    stays("no contact list", Duration::from_secs(1), || async {
        office.status().await.contacts.index_state == IndexPhase::Off
    })
    .await;

    office.clock.passes(Duration::from_secs(121));
    office.status_until("all of it", |status| status.problems().next().is_none()).await;
    office.knows_everybody().await;
    let synced = Command::Sync { dry_run: true, agreed: false };
    eventually("the sync", || async {
        matches!(office.asks(synced.clone()).await, Ok(Reply::Synced(_)))
    })
    .await;
    // An end that is one counts for nothing.
    for _ in 0..6 {
        office.quits().await;
        office.starts().await;
    }
    assert!(!office.status().await.says("program.safe_mode"));
}

#[tokio::test]
async fn a_person_who_wants_a_sync_has_the_rest_begun() {
    let settings = "[contact_sync]\nmode = \"full\"\n".to_owned();
    let mut office = Office::with(Options { settings, ..Options::default() }).await;
    dies_often(&mut office).await;
    office.status_until("it is said", |status| status.says("program.safe_mode")).await;
    let reply = office.asks(Command::Sync { dry_run: true, agreed: false }).await;
    assert!(matches!(reply, Ok(Reply::Synced(_))), "{reply:?}");
    office.status_until("all of it", |status| status.problems().next().is_none()).await;
    office.knows_everybody().await;
}
