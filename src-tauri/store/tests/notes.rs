//! What an agent adds to a call: kept at each change, held while it is written, and gone with nothing but its call.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::time::Duration;

use domain::{CallId, Day, RecordId, Remarks};
use store::{
    DeliveryState, Discarded, FollowUpState, FollowUpWish, NewNote, Reason, Related, StoredCall,
};
use support::*;

fn note(text: &str) -> NewNote {
    NewNote {
        remarks: Remarks { note: Some(text.to_owned()), outcome: None, related: None },
        ..NewNote::default()
    }
}

fn tomorrow() -> FollowUpWish {
    FollowUpWish { wish: "tomorrow".to_owned(), day: Day::new(2026, 1, 6) }
}

async fn add(home: &Home, note: NewNote) {
    assert!(home.store.add_note(&desk(), &CallId::new("1.1"), note).await.unwrap());
}

async fn call(home: &Home) -> StoredCall {
    home.call("1.1").await
}

#[tokio::test]
async fn a_note_survives_the_end_of_its_call_and_a_new_start() {
    let mut home = Home::new().await;
    assert!(!home.store.add_note(&desk(), &CallId::new("1.1"), note("x")).await.unwrap());
    home.store.remember(memory("1.1")).await.unwrap();
    let deal = Related {
        id: RecordId::parse("006000000000006").unwrap(),
        object: "Opportunity".to_owned(),
        name: "Pumps".to_owned(),
    };
    let written = NewNote {
        related: Some(deal.clone()),
        follow_up: Some(tomorrow()),
        open: true,
        hold_until: Some(NOW.plus(Duration::from_secs(120))),
        ..note("half a")
    };
    add(&home, written).await;
    home.finish(&entry("1.1")).await;
    home = home.reopen().await;
    let stored = call(&home).await;
    assert_eq!(stored.remarks.note.as_deref(), Some("half a"));
    assert_eq!(stored.remarks.related.as_ref(), Some(&deal.id));
    assert!(stored.wrap_up.open);
    assert_eq!(stored.wrap_up.related, Some(deal));
    assert_eq!(stored.wrap_up.follow_up.map(|up| up.state), Some(FollowUpState::Draft));
    assert_eq!(home.lease().await, None, "it waits for the note");

    add(&home, note("half a sentence")).await;
    assert!(!call(&home).await.wrap_up.open);
    assert_eq!(home.lease().await.unwrap().call.remarks.note.as_deref(), Some("half a sentence"));
}

#[tokio::test]
async fn an_open_note_is_waited_for_from_the_end_of_its_call_and_no_other_is() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    add(&home, NewNote { open: true, ..note("half a") }).await;
    let (id, until) = (CallId::new("1.1"), NOW.plus(Duration::from_secs(120)));
    home.store.hold(&desk(), &id, until).await.unwrap();
    home.finish(&entry("1.1")).await;
    assert_eq!(home.lease().await, None);
    add(&home, note("saved")).await;
    home.store.hold(&desk(), &id, until).await.unwrap();
    assert!(home.lease().await.is_some(), "a saved note holds nothing");
}

#[tokio::test]
async fn retrying_everything_disturbs_no_note_and_naming_its_call_ends_the_wait() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    let hold_until = Some(NOW.plus(Duration::from_secs(120)));
    add(&home, NewNote { open: true, hold_until, ..note("half a") }).await;
    home.finish(&entry("1.1")).await;
    assert_eq!(home.store.retry(None, NOW).await.unwrap(), 0);
    assert_eq!(home.lease().await, None, "somebody is writing");
    assert_eq!(home.store.retry(Some("1.1"), NOW).await.unwrap(), 1);
    assert!(home.lease().await.is_some());
}

#[tokio::test]
async fn what_is_not_to_be_logged_is_skipped_whenever_that_is_said() {
    let home = Home::new().await;
    let id = CallId::new("1.1");
    assert_eq!(home.store.discard(&desk(), &id, NOW).await.unwrap(), None);
    home.store.remember(memory("1.1")).await.unwrap();
    assert_eq!(home.store.discard(&desk(), &id, NOW).await.unwrap(), Some(Discarded::Unsent));
    home.finish(&entry("1.1")).await;
    let delivery = call(&home).await.delivery.unwrap();
    assert_eq!(delivery.state, DeliveryState::Skipped);
    assert_eq!(delivery.reason.map(|reason| reason.code).as_deref(), Some("journal.discarded"));
    // A correction from the records does not log it after all.
    home.finish(&entry("1.1")).await;
    assert_eq!(home.lease().await, None);

    home.finish(&entry("1.2")).await;
    let other = CallId::new("1.2");
    assert_eq!(home.store.discard(&desk(), &other, NOW).await.unwrap(), Some(Discarded::Unsent));
    assert_eq!(home.lease().await, None);

    home.finish(&entry("1.3")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    let sent = home.store.discard(&desk(), &CallId::new("1.3"), NOW).await.unwrap();
    assert_eq!(sent, Some(Discarded::Sent), "a request is out");
}

#[tokio::test]
async fn a_follow_up_waits_for_its_note_its_call_and_its_entry_and_is_made_once() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    let wish = NewNote { follow_up: Some(tomorrow()), owner: Some(owner()), ..note("x") };
    let me = owner();
    let due = || home.store.due_follow_up(&me, NOW);
    add(&home, NewNote { open: true, ..wish.clone() }).await;
    assert_eq!(due().await.unwrap(), None, "the note is not saved");
    add(&home, wish.clone()).await;
    assert_eq!(due().await.unwrap(), None, "the call goes on");
    home.finish(&entry("1.1")).await;
    assert_eq!(due().await.unwrap(), None, "the entry waits");
    home.deliver(1).await;
    let first = due().await.unwrap().unwrap();
    assert_eq!((first.day, first.unsure), (Day::new(2026, 1, 6).unwrap(), false));

    assert!(home.store.sending_follow_up(first.row).await.unwrap());
    assert!(due().await.unwrap().unwrap().unsure, "killed here, it is asked for first");
    // Under way, it can no longer be wished otherwise.
    add(&home, NewNote { follow_up: None, ..wish.clone() }).await;
    let why = Reason { code: "salesforce.unreachable".to_owned(), text: "x".to_owned() };
    let later = NOW.plus(Duration::from_secs(5));
    home.store.postpone_follow_up(first.row, later, why.clone(), true).await.unwrap();
    assert_eq!(due().await.unwrap(), None);
    assert_eq!(home.store.next_follow_up(&owner()).await.unwrap(), Some(later));
    home.store.park_follow_up(first.row, why).await.unwrap();
    assert_eq!(home.store.retry_follow_ups(Some("1.1")).await.unwrap(), 1);
    assert!(due().await.unwrap().is_some());

    let task = RecordId::parse("00T000000000001").unwrap();
    home.store.follow_up_made(first.row, &task).await.unwrap();
    assert_eq!(due().await.unwrap(), None);
    add(&home, wish).await;
    assert_eq!(due().await.unwrap(), None, "it stays made");
    let state = call(&home).await.wrap_up.follow_up.map(|up| up.state);
    assert_eq!(state, Some(FollowUpState::Made(task)));
}

#[tokio::test]
async fn a_call_whose_follow_up_waits_is_not_pruned() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.deliver(1).await;
    add(&home, NewNote { follow_up: Some(tomorrow()), ..note("x") }).await;
    home.deliver(1).await;
    let later = NOW.plus(Duration::from_secs(86_400));
    assert_eq!(home.store.prune(later).await.unwrap(), 0);
    add(&home, note("x")).await;
    assert_eq!(home.store.prune(later).await.unwrap(), 1, "it is no longer wanted");
}
