//! A note during, right after and a day after the call, with Salesforce up, down and slow: one Task, the note first.

use std::time::Duration;

use scenarios::{ADA, Fault, FaultRule, Office, stays};
use serde_json::json;

use crate::verbs::{Wish, description, is_over, saves, task_until, types, wishes};

#[tokio::test]
async fn a_note_saved_during_the_call_is_in_the_task_from_the_beginning() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    let wish = Wish {
        text: Some("Wants an offer.\nBy Friday."),
        outcome: Some("reached"),
        save: true,
        ..Wish::default()
    };
    wishes(&office, &call.id(), wish).await.expect("from the first ring on");
    let task = office.talks(&call, 30).await;
    assert!(description(&task).starts_with("Wants an offer.\nBy Friday.\n\nStarted: "), "{task}");
    assert_eq!(task["CallDisposition"], "Reached");
    assert_eq!(office.task_writes(), (1, 0), "written once, as it is to be");
}

#[tokio::test]
async fn the_entry_waits_for_a_note_that_was_begun_and_takes_it_in() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    types(&office, &call.id(), "Wants").await;
    call.hang_up();
    office.waits(&call.id()).await;
    stays("it waits for the note", Duration::from_secs(2), || async {
        office.tasks_of(&call.id()).is_empty()
    })
    .await;
    saves(&office, &call.id(), "Wants an offer.").await;
    let task = office.task_of(&call.id()).await;
    assert!(description(&task).starts_with("Wants an offer.\n\n"));
    assert_eq!(office.task_writes(), (1, 0));
}

#[tokio::test]
async fn a_note_that_is_left_alone_for_two_minutes_is_sent_as_it_is_and_updated_later() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    types(&office, &call.id(), "Wants").await;
    call.hang_up();
    office.waits(&call.id()).await;
    office.clock.passes(Duration::from_secs(121));
    office.retries().await;
    let task = task_until(&office, &call.id(), "the draft is sent", |_| true).await;
    assert!(description(&task).starts_with("Wants\n\n"));

    saves(&office, &call.id(), "Wants an offer.").await;
    let task = task_until(&office, &call.id(), "the note is in it", |task| {
        description(task).starts_with("Wants an offer.\n\nStarted")
    })
    .await;
    assert_eq!(description(&task).matches("Wants").count(), 1);
    assert_eq!(office.task_writes(), (1, 1));
}

#[tokio::test]
async fn a_note_a_day_after_the_call_updates_its_task_and_keeps_what_people_changed() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    let id = office.task_of(&call).await["Id"].as_str().expect("an id").to_owned();
    office.is_logged(&call).await;
    let facts = office.task_of(&call).await["Description"].as_str().expect("a text").to_owned();
    let by_hand = json!({
        "Subject": "Price of the pumps", "Description": format!("agreed on 5 %\n\n{facts}"),
        "CallDisposition": "Sold", "CallDurationInSeconds": 99, "ActivityDate": "2026-01-01",
    });
    office.salesforce.update("Task", &id, by_hand);
    office.clock.passes(Duration::from_secs(86_400));

    saves(&office, &call, "Sent the offer.").await;
    let task = task_until(&office, &call, "the note is in it", |task| {
        description(task).starts_with("Sent the offer.")
    })
    .await;
    assert_eq!(description(&task), format!("Sent the offer.\n\nagreed on 5 %\n\n{facts}"));
    assert_eq!(task["Subject"], "Price of the pumps");
    assert_eq!(task["CallDisposition"], "Sold");
    assert_eq!(task["CallDurationInSeconds"], 99);
    assert_eq!(task["ActivityDate"], "2026-01-01");

    // A second note goes where the first was; an outcome is the newest word of the person at this desk.
    let wish =
        Wish { text: Some("Paid."), outcome: Some("Reached"), save: true, ..Wish::default() };
    wishes(&office, &call, wish).await.expect("it is kept");
    let task = task_until(&office, &call, "the second note", |task| {
        description(task).starts_with("Paid.")
    })
    .await;
    assert_eq!(description(&task), format!("Paid.\n\nagreed on 5 %\n\n{facts}"));
    assert_eq!(task["CallDisposition"], "Reached");
}

/// When a note is written, of a call that has nothing of it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    During,
    RightAfter,
    ADayAfter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Salesforce {
    Up,
    Down,
    Slow,
}

#[tokio::test]
async fn a_note_whenever_it_is_written_and_however_salesforce_is_ends_in_one_task() {
    for when in [When::During, When::RightAfter, When::ADayAfter] {
        for salesforce in [Salesforce::Up, Salesforce::Down, Salesforce::Slow] {
            is_in_one_task(when, salesforce).await;
        }
    }
}

async fn is_in_one_task(when: When, salesforce: Salesforce) {
    let which = format!("{when:?}, {salesforce:?}");
    let office = Office::open().await;
    let is = |office: &Office| match salesforce {
        Salesforce::Up => {}
        Salesforce::Down => office.salesforce.stop_listening(),
        Salesforce::Slow => {
            let slow = Fault::Slow(Duration::from_secs(2));
            let rules = ["POST", "PATCH"]
                .map(|method| FaultRule::always("/sobjects/Task", slow.clone()).on(method));
            office.salesforce.set(|org| org.faults = rules.into());
        }
    };
    let call = office.ada_calls().await;
    office.answers(&call).await;
    let id = call.id();
    if when == When::During {
        is(&office);
        types(&office, &id, "Wants").await;
        saves(&office, &id, "Wants an offer.").await;
    }
    call.talked_seconds(4);
    call.hang_up();
    is_over(&office, &id).await;
    let mut edited = false;
    match when {
        When::During => {}
        When::RightAfter => {
            is(&office);
            types(&office, &id, "Wants").await;
            // The Task may be on its way.
            tokio::time::sleep(Duration::from_millis(400)).await;
            saves(&office, &id, "Wants an offer.").await;
        }
        When::ADayAfter => {
            office.is_logged(&id).await;
            let task = office.task_of(&id).await;
            let facts = description(&task);
            let by_hand = json!({ "Description": format!("agreed on 5 %\n\n{facts}") });
            edited = true;
            office.salesforce.update("Task", task["Id"].as_str().expect("an id"), by_hand);
            office.clock.passes(Duration::from_secs(86_400));
            is(&office);
            saves(&office, &id, "Wants an offer.").await;
        }
    }
    if salesforce == Salesforce::Down {
        office.salesforce.listen_again().await;
        office.retries().await;
    }
    // A request that was under way may have reached Salesforce with what was typed until then.
    let task = task_until(&office, &id, &which, |task| {
        description(task).starts_with("Wants an offer.\n\n")
    })
    .await;
    assert_eq!(description(&task).matches("Wants").count(), 1, "{which}: {task}");
    assert_eq!(description(&task).matches("Started: ").count(), 1, "{which}: {task}");
    assert_eq!(description(&task).contains("agreed on 5 %"), edited, "{which}: {task}");
}

#[tokio::test]
async fn two_calls_at_once_keep_their_notes_apart() {
    let office = Office::open().await;
    office.knows("Bruno", "Lind", "+49 493 555028");
    let first = office.ada_calls().await;
    office.answers(&first).await;
    let second = office.pbx.inbound("0493555028", scenarios::AGENT);
    office.shows(&second, engine::view::CallResult::Ringing).await;
    types(&office, &first.id(), "about Ada").await;
    types(&office, &second.id(), "about Bruno").await;
    first.hang_up();
    second.hang_up();
    saves(&office, &second.id(), "about Bruno.").await;
    saves(&office, &first.id(), "about Ada.").await;
    let (ada, bruno) = (office.task_of(&first.id()).await, office.task_of(&second.id()).await);
    assert!(description(&ada).starts_with("about Ada.\n\n"), "{ada}");
    assert!(description(&bruno).starts_with("about Bruno.\n\n"), "{bruno}");
}

#[tokio::test]
async fn after_a_lost_answer_the_note_stands_there_once() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::once("/sobjects/Task", Fault::LostAnswer).on("PATCH")];
    });
    saves(&office, &call, "off").await;
    saves(&office, &call, "offer").await;
    office.retries().await;
    let task = task_until(&office, &call, "the note", |task| {
        description(task).starts_with("offer\n\nStarted: ")
    })
    .await;
    assert_eq!(description(&task).matches("off").count(), 1, "{task}");
}
