//! What people do about notes in these stories.

use engine::{
    command::{Command, Event, Reply},
    view::{CallRow, LiveCard, NoteView, Problem},
};
use scenarios::{Office, eventually};
use serde_json::Value;

/// What is wanted of a note; nothing else changes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wish<'a> {
    pub text: Option<&'a str>,
    pub outcome: Option<&'a str>,
    pub related: Option<&'a str>,
    pub follow_up: Option<&'a str>,
    pub save: bool,
    pub elsewhere: bool,
}

/// Writes what is wanted.
pub(crate) async fn wishes(
    office: &Office,
    call: &str,
    wish: Wish<'_>,
) -> Result<NoteView, Problem> {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let command = Command::Note {
        call: call.to_owned(),
        text: own(wish.text),
        outcome: own(wish.outcome),
        related: own(wish.related),
        follow_up: own(wish.follow_up),
        save: wish.save,
        elsewhere: wish.elsewhere,
    };
    match office.asks(command).await? {
        Reply::Note(note) => Ok(*note),
        other => panic!("no note but {other:?}"),
    }
}

/// Types on: a draft that is not saved.
pub(crate) async fn types(office: &Office, call: &str, text: &str) -> NoteView {
    wishes(office, call, Wish { text: Some(text), ..Wish::default() }).await.expect("it is kept")
}

/// Saves a note.
pub(crate) async fn saves(office: &Office, call: &str, text: &str) -> NoteView {
    let wish = Wish { text: Some(text), save: true, ..Wish::default() };
    wishes(office, call, wish).await.expect("it is kept")
}

pub(crate) async fn note_of(office: &Office, call: &str) -> NoteView {
    match office.asks(Command::ReadNote { call: call.to_owned() }).await {
        Ok(Reply::Note(note)) => *note,
        other => panic!("no note but {other:?}"),
    }
}

pub(crate) async fn discards(office: &Office, call: &str) -> Result<Reply, Problem> {
    office.asks(Command::Discard { call: call.to_owned() }).await
}

/// Takes back that a call is not to be logged.
pub(crate) async fn restores(office: &Office, call: &str) -> Result<Reply, Problem> {
    office.asks(Command::Restore { call: call.to_owned() }).await
}

/// Waits until the one Task of a call is so, and returns it.
pub(crate) async fn task_until(
    office: &Office,
    call: &str,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    eventually(what, || async { office.tasks_of(call).first().is_some_and(&wanted) }).await;
    office.task_of(call).await
}

pub(crate) fn description(task: &Value) -> &str {
    task["Description"].as_str().unwrap_or_default()
}

/// The cards that the window shows.
pub(crate) fn cards(office: &Office) -> Vec<LiveCard> {
    let live = office.snapshot().into_iter().find_map(|event| match event {
        Event::Live(cards) => Some(cards),
        _ => None,
    });
    live.unwrap_or_default()
}

/// The row of a call in the window.
pub(crate) fn row(office: &Office, call: &str) -> Option<CallRow> {
    office.snapshot().into_iter().find_map(|event| match event {
        Event::Calls(rows) => rows.into_iter().find(|row| row.call.id == call),
        _ => None,
    })
}

/// Waits until the end of a call is on disk.
pub(crate) async fn is_over(office: &Office, call: &str) {
    office
        .call_until(call, "over", |view| view.journal.state != engine::view::JournalState::None)
        .await;
}
