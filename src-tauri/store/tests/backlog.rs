//! Many entries at once: each has its own lease and goes its own way.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::time::Duration;

use domain::{JournalEntry, delivery::UNSETTLED};
use store::{Done, Due, Leased, Reason};
use support::*;

const LONG: Duration = Duration::from_secs(120);

async fn due(home: &Home) -> Vec<Due> {
    home.store.due(&owner(), NOW, 200).await.unwrap()
}

/// Three entries that are due, leased together.
async fn leased(home: &Home) -> Vec<Leased> {
    for call in ["1.1", "1.2", "1.3"] {
        home.finish(&entry(call)).await;
    }
    let due = due(home).await;
    home.store.lease_many(&owner(), &due, NOW, LONG).await.unwrap()
}

async fn sending(home: &Home, leased: &[Leased]) -> Vec<bool> {
    let tickets = leased.iter().map(|one| one.ticket).collect();
    home.store.sending_many(tickets).await.unwrap()
}

#[tokio::test]
async fn what_is_leased_together_is_nobody_elses_and_what_is_not_due_is_left_out() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.finish(&entry("1.2")).await;
    let found = due(&home).await;
    assert_eq!(found.len(), 2);
    // One of them is taken meanwhile.
    let taken = home.lease().await.unwrap();

    let leased = home.store.lease_many(&owner(), &found, NOW, LONG).await.unwrap();

    assert_eq!(leased.len(), 1);
    assert_ne!(leased[0].key, taken.key);
    assert_eq!(home.lease().await, None);
    assert!(due(&home).await.is_empty());
    let others = home.store.lease_many(&somebody_else(), &found, NOW.plus(LONG), LONG).await;
    assert_eq!(others.unwrap(), []);
}

#[tokio::test]
async fn tasks_that_are_to_be_changed_keep_no_entry_from_going_with_the_others() {
    let home = Home::new().await;
    for (n, call) in (1..).zip(["1.1", "1.2"]) {
        home.finish(&entry(call)).await;
        home.deliver(n).await;
    }
    for call in ["1.1", "1.2"] {
        let corrected = JournalEntry { talked: Duration::from_secs(1), ..entry(call) };
        home.finish(&corrected).await;
    }
    home.finish(&entry("1.3")).await;

    let due = home.store.due(&owner(), NOW, 2).await.unwrap();

    let calls: Vec<&str> = due.iter().map(|due| due.call.call.as_str()).collect();
    assert_eq!(calls, ["1.3"]);
    assert_ne!(home.lease().await.unwrap().call.call.as_str(), "1.3", "the oldest goes alone");
}

#[tokio::test]
async fn one_that_has_changed_since_must_not_be_in_the_request() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    home.store.discard(&desk(), &leased[1].call.call, NOW).await.unwrap();

    assert_eq!(sending(&home, &leased).await, [true, false, true]);
    assert_eq!(sending(&home, &leased).await, [false; 3], "it goes out once");
}

#[tokio::test]
async fn each_ends_as_it_would_alone() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    sending(&home, &leased).await;
    home.store.delivered(&leased[0].ticket, Done::found(task(1))).await.unwrap();
    let later = NOW.plus(Duration::from_secs(30));
    home.store.postpone(&leased[1].ticket, NOW, reason("refused"), false).await.unwrap();
    home.store.postpone(&leased[2].ticket, later, reason("lost"), true).await.unwrap();

    let alone = home.lease().await.unwrap();
    assert_eq!((&alone.key, alone.sent_before), (&leased[1].key, false));
    assert_eq!(home.lease().await, None);
    let asked = home.lease_at(later).await.unwrap();
    assert_eq!((&asked.key, asked.sent_before), (&leased[2].key, true));
}

#[tokio::test]
async fn a_new_start_waits_longer_with_what_was_one_request_for_several() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    sending(&home, &leased).await;

    let home = home.reopen().await;
    let (one, many) = (NOW.plus(Duration::from_secs(10)), NOW.plus(Duration::from_secs(60)));
    assert_eq!(home.store.release_leases(one, many).await.unwrap(), 3);

    assert_eq!(home.lease_at(many.minus(Duration::from_secs(1))).await, None);
    assert!(home.lease_at(many).await.unwrap().sent_before);
}

#[tokio::test]
async fn one_that_may_be_there_is_not_asked_for_while_its_request_may_be_under_way() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    sending(&home, &leased).await;
    let lost = Reason { code: "salesforce.unreachable".to_owned(), text: String::new() };
    for one in &leased {
        let until = NOW.plus(UNSETTLED);
        home.store.postpone(&one.ticket, until, lost.clone(), true).await.unwrap();
    }

    home.store.hasten(&owner(), &["salesforce.unreachable"], NOW).await.unwrap();

    assert!(due(&home).await.is_empty(), "Salesforce may still be writing them");
    assert_eq!(home.store.due(&owner(), NOW.plus(UNSETTLED), 200).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_person_who_tries_again_does_not_overtake_a_request_that_may_be_under_way() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    sending(&home, &leased).await;
    let lost = Reason { code: "salesforce.unreachable".to_owned(), text: String::new() };
    let settled = NOW.plus(Duration::from_secs(5));
    for (one, until) in leased.iter().zip([settled, NOW.plus(UNSETTLED * 20), settled]) {
        home.store.postpone(&one.ticket, until, lost.clone(), true).await.unwrap();
    }

    assert_eq!(home.store.retry(None, NOW).await.unwrap(), 3);

    assert!(due(&home).await.is_empty(), "Salesforce may still be writing them");
    assert_eq!(home.store.due(&owner(), settled, 200).await.unwrap().len(), 2);
    // A pause that is longer than any request is cut short.
    assert_eq!(home.store.due(&owner(), NOW.plus(UNSETTLED), 200).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_not_overtaken_by_the_next_one() {
    let home = Home::new().await;
    home.finish(&entry("1.9")).await;
    home.deliver(1).await;
    home.finish(&JournalEntry { talked: Duration::from_secs(7), ..entry("1.9") }).await;
    let change = home.lease().await.expect("the Task says something else now");
    home.store.sending(&change.ticket).await.unwrap();
    let lost = Reason { code: "salesforce.unreachable".to_owned(), text: String::new() };
    let settled = NOW.plus(UNSETTLED);
    home.store.postpone(&change.ticket, settled, lost, true).await.unwrap();

    home.store.retry(None, NOW).await.unwrap();
    home.store.hasten(&owner(), &["salesforce.unreachable"], NOW).await.unwrap();

    assert_eq!(home.lease().await, None);
    assert_eq!(home.lease_at(settled).await.unwrap().task, Some(task(1)));
}

#[tokio::test]
async fn a_question_whose_answer_is_lost_has_written_nothing() {
    let home = Home::new().await;
    let leased = leased(&home).await;
    let lost = Reason { code: "salesforce.unreachable".to_owned(), text: String::new() };
    home.store.postpone(&leased[0].ticket, NOW, lost, true).await.unwrap();
    let again = home.lease().await.unwrap();
    assert_eq!(again.key, leased[0].key);
    assert!(!again.sent_before);
}
