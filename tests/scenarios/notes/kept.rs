//! What was typed is on disk before it is answered, and in the list until it is saved.

use std::time::Duration;

use engine::{
    command::{Command, Event},
    view::{CallResult, CardState},
};
use scenarios::{ADA, AGENT, Office, Options, eventually, stays};

use crate::verbs::{Wish, cards, description, is_over, note_of, row, saves, types, wishes};

#[tokio::test]
async fn killed_at_any_key_everything_that_was_answered_is_there_again() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    let call = office.ada_calls().await;
    office.answers(&call).await;
    let mut text = String::new();
    for (at, letter) in "Wants an offer: 莫雷诺 😀".chars().enumerate() {
        text.push(letter);
        types(&office, &call.id(), &text).await;
        if at % 6 == 2 {
            office.is_killed();
            office.starts().await;
            assert_eq!(note_of(&office, &call.id()).await.text, text);
        }
    }
    office.is_killed();
    call.hang_up();
    office.starts().await;
    office.waits(&call.id()).await;
    let note = note_of(&office, &call.id()).await;
    assert_eq!((note.text.as_str(), note.open), (text.as_str(), true));
    saves(&office, &call.id(), &text).await;
    let task = office.task_of(&call.id()).await;
    assert!(description(&task).starts_with(&format!("{text}\n\n")), "{task}");
}

#[tokio::test]
async fn whoever_watches_is_told_what_is_on_disk_of_a_note_whoever_wrote_it() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    let mut events = office.events();
    types(&office, &call.id(), "Wants").await;
    saves(&office, &call.id(), "Wants an offer.").await;
    office.asks(Command::Discard { call: call.id() }).await.expect("it is not to be logged");
    let mut told = Vec::new();
    while told.len() < 3 {
        let event = events.recv().await.expect("the engine runs");
        if let Event::Note { call: of, note } = event {
            assert_eq!(of, call.id());
            told.push((note.text, note.open, note.discarded));
        }
    }
    let whole = "Wants an offer.".to_owned();
    assert_eq!(
        told,
        [("Wants".to_owned(), true, false), (whole.clone(), false, false), (whole, false, true)]
    );
}

#[tokio::test]
async fn the_card_of_an_answered_call_asks_for_a_note_and_goes_when_it_is_saved() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.talks(&call, 3).await;
    let card = |call: &str| cards(&office).into_iter().find(|card| card.id == call);
    let shown = card(&call.id()).expect("it stays");
    assert!(shown.wrap_up && shown.state == CardState::Ended, "{shown:?}");
    saves(&office, &call.id(), "Done.").await;
    eventually("the card goes", || async { card(&call.id()).is_none() }).await;
    // The list is read again after the card has gone.
    eventually("it is in the list", || async {
        row(&office, &call.id()).is_some_and(|row| row.note.written && !row.note.open)
    })
    .await;
}

#[tokio::test]
async fn a_note_that_another_program_saves_leaves_the_card_to_whoever_types_there() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.talks(&call, 3).await;
    let there = || async { cards(&office).iter().any(|card| card.id == call.id()) };
    types(&office, &call.id(), "Wants an off").await;
    let theirs =
        Wish { text: Some("From a script."), save: true, elsewhere: true, ..Wish::default() };
    wishes(&office, &call.id(), theirs).await.expect("it is kept");
    stays("the card is there, to use the text that was typed", Duration::from_secs(1), there).await;
    saves(&office, &call.id(), "Wants an offer.").await;
    eventually("the card goes", || async { !there().await }).await;

    // Where nobody types, it goes at once.
    let call = office.ada_calls().await;
    office.talks(&call, 3).await;
    let theirs =
        Wish { text: Some("From a script."), save: true, elsewhere: true, ..Wish::default() };
    wishes(&office, &call.id(), theirs).await.expect("it is kept");
    eventually("the card goes", || async {
        cards(&office).iter().all(|card| card.id != call.id())
    })
    .await;
}

#[tokio::test]
async fn the_card_of_an_ended_call_goes_after_a_minute_and_leaves_what_was_typed_in_the_list() {
    let office = Office::open().await;
    for text in [None, Some("half a sent")] {
        let call = office.ada_calls().await;
        office.answers(&call).await;
        if let Some(text) = text {
            types(&office, &call.id(), text).await;
        }
        call.talked_seconds(3);
        call.hang_up();
        is_over(&office, &call.id()).await;
        let asks =
            || async { cards(&office).iter().any(|card| card.id == call.id() && card.wrap_up) };
        eventually("it asks for a note", asks).await;
        // What is watched is told when something else wakes the engine.
        office.clock.passes(Duration::from_secs(50));
        office.status().await;
        stays("it still asks", Duration::from_millis(1_500), asks).await;
        office.clock.passes(Duration::from_secs(12));
        eventually("the card goes", || async {
            office.status().await;
            !asks().await
        })
        .await;
        eventually("only what was typed is to do", || async {
            row(&office, &call.id()).is_some_and(|row| row.note.open == text.is_some())
        })
        .await;
    }
}

#[tokio::test]
async fn a_new_call_moves_an_unfinished_note_to_the_list_and_does_not_take_its_text() {
    let office = Office::open().await;
    let first = office.ada_calls().await;
    office.answers(&first).await;
    first.hang_up();
    is_over(&office, &first.id()).await;
    types(&office, &first.id(), "half a sent").await;
    let second = office.ada_calls().await;
    eventually("the first card goes", || async {
        cards(&office).iter().all(|card| card.id != first.id())
    })
    .await;
    eventually("it is in the list", || async {
        row(&office, &first.id()).is_some_and(|row| row.note.open)
    })
    .await;
    assert_eq!(note_of(&office, &second.id()).await.text, "");
    assert_eq!(note_of(&office, &first.id()).await.text, "half a sent");
    saves(&office, &first.id(), "half a sentence").await;
    eventually("it is done", || async {
        row(&office, &first.id()).is_some_and(|row| !row.note.open && row.note.written)
    })
    .await;
}

#[tokio::test]
async fn a_call_that_began_before_the_end_of_another_does_not_push_its_card_away() {
    let office = Office::open().await;
    let first = office.ada_calls().await;
    office.answers(&first).await;
    let second = office.pbx.inbound(ADA, AGENT);
    office.shows(&second, CallResult::Ringing).await;
    first.hang_up();
    is_over(&office, &first.id()).await;
    let there =
        || async { cards(&office).iter().any(|card| card.id == first.id() && card.wrap_up) };
    stays("it asks for a note", Duration::from_millis(300), there).await;
}

#[tokio::test]
async fn no_note_is_asked_for_where_the_settings_say_never_nor_after_a_missed_call() {
    let settings = "[wrap_up]\nask = \"never\"".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    let call = office.ada_calls().await;
    office.talks(&call, 3).await;
    assert!(cards(&office).iter().all(|card| !card.wrap_up));

    let office = Office::open().await;
    let call = office.ada_calls().await;
    call.hang_up();
    office.task_of(&call.id()).await;
    assert!(cards(&office).iter().all(|card| !card.wrap_up));
}

#[tokio::test]
async fn an_outcome_must_be_one_of_the_settings() {
    let settings = "[journal]\noutcomes = [\"Sold\", \"再联系\"]".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    let call = office.ada_calls().await;
    let wish = |outcome| Wish { outcome: Some(outcome), save: true, ..Wish::default() };
    let refused = wishes(&office, &call.id(), wish("Reached")).await.expect_err("not in the list");
    assert_eq!(refused.code, "note.unknown_outcome");
    assert!(refused.message.contains("Sold, 再联系"), "{}", refused.message);
    wishes(&office, &call.id(), wish("再联系")).await.expect("it is one of them");
    let task = office.talks(&call, 3).await;
    assert_eq!(task["CallDisposition"], "再联系");
    wishes(&office, &call.id(), wish("")).await.expect("it is taken away");
    eventually("the plain outcome is back", || async {
        office.task_of(&call.id()).await["CallDisposition"] == "Answered"
    })
    .await;
}

#[tokio::test]
async fn a_call_that_nobody_knows_gets_no_note() {
    let office = Office::open().await;
    for call in ["", "1.2.3", "ys:3630:1.2:4101", "'; DROP TABLE call"] {
        let wish = Wish { text: Some("x"), save: true, ..Wish::default() };
        let refused = wishes(&office, call, wish).await.expect_err("there is none");
        assert_eq!(refused.code, "note.no_call", "{call}");
        let refused = office.asks(Command::Discard { call: call.to_owned() }).await;
        assert_eq!(refused.expect_err("there is none").code, "note.no_call");
    }
}
