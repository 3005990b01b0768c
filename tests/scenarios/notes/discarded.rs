//! "Do not log this call", before and after it is sent.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    settings::{JournalSettings, SettingsPatch},
    view::JournalState,
};
use scenarios::{ADA, Office, stays};
use serde_json::json;

use crate::verbs::{cards, description, discards, note_of, restores, saves, task_until, types};

async fn is_never_logged(office: &Office, call: &str) {
    office.call_until(call, "skipped", |view| view.journal.state == JournalState::Skipped).await;
    stays("no Task", Duration::from_secs(2), || async { office.tasks_of(call).is_empty() }).await;
    let view = office.call(call).await.expect("it is in the list");
    assert_eq!(view.journal.state, JournalState::Skipped);
    assert!(view.journal.reason.is_some_and(|why| why.contains("you chose not to log it")));
}

#[tokio::test]
async fn a_live_call_that_is_not_to_be_logged_is_not_after_a_kill_too() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    let call = office.ada_calls().await;
    types(&office, &call.id(), "private").await;
    discards(&office, &call.id()).await.expect("it is kept");
    office.is_killed();
    office.starts().await;
    office.answers(&call).await;
    call.hang_up();
    is_never_logged(&office, &call.id()).await;

    let call = office.ada_calls().await;
    office.answers(&call).await;
    discards(&office, &call.id()).await.expect("it is kept");
    call.hang_up();
    is_never_logged(&office, &call.id()).await;
    assert!(cards(&office).iter().all(|card| !card.wrap_up), "nothing is asked about it");
}

#[tokio::test]
async fn an_entry_that_waits_is_skipped() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    discards(&office, &call).await.expect("it is kept");
    office.salesforce.listen_again().await;
    office.retries().await;
    is_never_logged(&office, &call).await;
}

#[tokio::test]
async fn what_is_logged_is_deleted_in_salesforce_or_it_is_said_why_not() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    let key = office.call(&call).await.and_then(|view| view.key).expect("a key");
    discards(&office, &key).await.expect("the Task is deleted");
    is_never_logged(&office, &call).await;

    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    office.salesforce.stop_listening();
    let reply = discards(&office, &call).await.expect("it is kept");
    assert_eq!(reply, Reply::Discarded { pending: true, elsewhere: false });
    assert_eq!(office.tasks_of(&call).len(), 1);
    office.salesforce.listen_again().await;
    office.retries().await;
    is_never_logged(&office, &call).await;

    // Whoever says so means the Task, whatever was written into it; without the right it stays, and that is said.
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    let id = office.task_of(&call).await["Id"].as_str().expect("an id").to_owned();
    office.salesforce.advance(Duration::from_secs(60));
    office.salesforce.update("Task", &id, json!({ "Description": "agreed on 5 %" }));
    office.salesforce.set(|org| _ = org.delete_denied.insert("Task".to_owned()));
    let refused = discards(&office, &call).await.expect_err("it is said");
    assert_eq!(refused.code, "note.not_deleted");
    assert_eq!(office.tasks_of(&call).len(), 1);

    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    let id = office.task_of(&call).await["Id"].as_str().expect("an id").to_owned();
    office.salesforce.advance(Duration::from_secs(60));
    office.salesforce.update("Task", &id, json!({ "Description": "agreed on 5 %" }));
    office.salesforce.set(|org| org.delete_denied.clear());
    discards(&office, &call).await.expect("the Task is deleted");
    is_never_logged(&office, &call).await;
}

#[tokio::test]
async fn a_call_is_logged_after_all_before_and_after_it_was_sent() {
    let office = Office::open().await;
    // During the call.
    let call = office.ada_calls().await;
    office.answers(&call).await;
    discards(&office, &call.id()).await.expect("it is kept");
    restores(&office, &call.id()).await.expect("it is kept");
    assert!(!note_of(&office, &call.id()).await.discarded);
    call.hang_up();
    office.is_logged(&call.id()).await;

    // Its Task was deleted: another one has the note.
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    saves(&office, &call, "wants a quote").await;
    task_until(&office, &call, "the note", |task| description(task).contains("a quote")).await;
    let deleted = office.task_of(&call).await["Id"].clone();
    discards(&office, &call).await.expect("the Task is deleted");
    is_never_logged(&office, &call).await;
    restores(&office, &call).await.expect("it is kept");
    let task =
        task_until(&office, &call, "a new Task", |task| description(task).contains("a quote"))
            .await;
    assert_ne!(task["Id"], deleted);
    office.is_logged(&call).await;

    // Its Task waits to be deleted: it stays.
    office.salesforce.stop_listening();
    discards(&office, &call).await.expect("it is kept");
    restores(&office, &call).await.expect("it is kept");
    office.salesforce.listen_again().await;
    office.retries().await;
    office.is_logged(&call).await;
    assert_eq!(office.tasks_of(&call).len(), 1);

    // Once more changes nothing.
    restores(&office, &call).await.expect("it is logged already");
    assert_eq!(office.tasks_of(&call).len(), 1);
}

#[tokio::test]
async fn a_call_that_the_settings_do_not_log_stays_unlogged_and_that_is_said() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    discards(&office, &call).await.expect("it is kept");
    let journal = JournalSettings { inbound: false, ..JournalSettings::default() };
    let patch = SettingsPatch { journal: Some(journal), ..SettingsPatch::default() };
    office.asks(Command::ChangeSettings { patch: Box::new(patch) }).await.expect("it is set");
    let refused = restores(&office, &call).await.expect_err("the settings decide");
    assert_eq!(refused.code, "note.still_not_logged");
    office.salesforce.listen_again().await;
    office.retries().await;
    stays("no Task", Duration::from_secs(2), || async { office.tasks_of(&call).is_empty() }).await;
    let view = office.call(&call).await.expect("it is in the list");
    assert_eq!(view.journal.reason.as_deref(), Some("inbound calls are not logged"));
}
