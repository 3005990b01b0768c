//! The outbox sends each entry once, to its owner, when it is due, and forgets nothing on the way.

mod support;

use std::time::Duration;

use domain::{
    CallId, Remarks,
    delivery::{Aim, Why},
};
use store::{Counts, CreatedRecord, DeliveryState, Done, NewDelivery, Proof};
use support::*;

const SECOND: Duration = Duration::from_secs(1);

fn note(text: &str) -> Remarks {
    Remarks { note: Some(text.to_owned()), outcome: None, related: None }
}

#[tokio::test]
async fn the_oldest_due_entry_comes_first_and_only_once() {
    let home = Home::new().await;
    for (call, due) in [("1.1", 2_u64), ("1.2", 1), ("1.3", 60)] {
        let new = NewDelivery { due: NOW.plus(SECOND * due as u32), ..delivery(&entry(call)) };
        home.store.finish(finished(&entry(call)), Some(new)).await.unwrap();
    }
    assert_eq!(home.lease().await, None);
    assert_eq!(home.store.next_due(&owner(), NOW).await.unwrap(), Some(NOW.plus(SECOND)));

    let now = NOW.plus(SECOND * 2);
    let first = home.lease_at(now).await.unwrap();
    let second = home.lease_at(now).await.unwrap();

    assert_eq!((first.key, second.key), (key(&entry("1.2")), key(&entry("1.1"))));
    assert_eq!((first.attempts, first.ask_first, first.sent_before), (1, false, false));
    assert_eq!(home.lease_at(now).await, None);
}

#[tokio::test]
async fn a_dead_workers_lease_ends_and_a_living_ones_does_not() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.lease().await.unwrap();

    let home = home.reopen().await;

    assert_eq!(home.lease_at(NOW.plus(LEASE - SECOND)).await, None);
    assert_eq!(home.store.next_due(&owner(), NOW).await.unwrap(), Some(NOW.plus(LEASE)));
    let again = home.lease_at(NOW.plus(LEASE)).await.unwrap();
    assert_eq!((again.attempts, again.sent_before), (2, false));
}

#[tokio::test]
async fn a_new_start_takes_up_what_was_leased_and_waits_a_little_with_what_was_under_way() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.finish(&entry("1.2")).await;
    let sent = home.lease().await.unwrap();
    home.store.sending(&sent.ticket).await.unwrap();
    let held = home.lease().await.unwrap();

    let home = home.reopen().await;
    let later = NOW.plus(SECOND * 10);
    assert_eq!(home.store.release_leases(later, later).await.unwrap(), 2);

    let taken = home.lease_at(NOW).await.unwrap();
    assert_eq!((taken.key, taken.sent_before), (held.key, false));
    assert_eq!(home.lease_at(later.minus(SECOND)).await, None);
    let asked = home.lease_at(later).await.unwrap();
    assert_eq!((asked.key, asked.sent_before), (sent.key, true));
}

#[tokio::test]
async fn a_clock_set_back_by_a_day_does_not_lock_an_entry_for_a_day() {
    let home = Home::new().await;
    let mut old = delivery(&entry("1.1"));
    old.due = NOW.minus(SECOND * 100_000);
    home.store.finish(finished(&entry("1.1")), Some(old)).await.unwrap();
    home.lease().await.unwrap();

    let yesterday = NOW.minus(SECOND * 86_400);

    assert!(home.lease_at(yesterday).await.is_some());
}

#[tokio::test]
async fn what_was_sent_before_a_kill_is_asked_for_by_its_key() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();

    let again = home.reopen().await.lease_at(NOW.plus(LEASE)).await.unwrap();

    assert!(again.ask_first && again.sent_before);
}

#[tokio::test]
async fn a_request_that_certainly_did_nothing_is_repeated_without_asking() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    let later = NOW.plus(SECOND * 5);
    home.store
        .postpone(&leased.ticket, later, reason("salesforce.unreachable"), false)
        .await
        .unwrap();

    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!(view.reason, Some(reason("salesforce.unreachable")));
    assert_eq!((view.state, view.due), (DeliveryState::Waiting, later));
    assert_eq!(home.lease().await, None);
    let again = home.lease_at(later).await.unwrap();
    assert_eq!((again.ask_first, again.sent_before, again.attempts), (false, false, 2));
}

#[tokio::test]
async fn a_lost_answer_is_not_forgotten_when_the_next_try_does_not_get_out() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    home.store.postpone(&leased.ticket, NOW, reason("lost"), true).await.unwrap();
    let leased = home.lease().await.unwrap();
    home.store
        .postpone(&leased.ticket, NOW, reason("salesforce.unreachable"), false)
        .await
        .unwrap();

    assert!(home.lease().await.unwrap().sent_before);
}

#[tokio::test]
async fn a_note_saved_while_the_request_is_out_is_sent_as_an_update() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();

    home.remark(&CallId::new("1.1"), note("call back"), None).await;
    home.store.delivered(&leased.ticket, Done::found(task(1))).await.unwrap();

    let update = home.lease().await.expect("the note is still to be sent");
    assert_eq!(update.task, Some(task(1)));
    assert_eq!(update.call.remarks, note("call back"));
    home.store.delivered(&update.ticket, Done::found(task(1))).await.unwrap();
    assert_eq!(home.lease().await, None);
}

#[tokio::test]
async fn a_record_found_by_the_sender_needs_no_update_and_one_chosen_meanwhile_does() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.finish(&entry("1.2")).await;
    let first = home.lease().await.unwrap();
    home.store.set_sent_match(&first.ticket, matched(1)).await.unwrap();
    home.store.delivered(&first.ticket, Done::found(task(1))).await.unwrap();
    assert_eq!(home.call("1.1").await.matches, Some(matched(1)));

    let second = home.lease().await.unwrap();
    home.store.set_match(&desk(), &CallId::new("1.2"), matched(2)).await.unwrap();
    home.store.set_sent_match(&second.ticket, matched(1)).await.unwrap();
    home.store.delivered(&second.ticket, Done::found(task(2))).await.unwrap();

    let update = home.lease().await.expect("what a person chose is still to be sent");
    assert_eq!((update.task, update.call.matches), (Some(task(2)), Some(matched(2))));
}

#[tokio::test]
async fn a_record_that_was_created_is_the_calls_and_counts_in_its_org() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    let created = CreatedRecord {
        org: org(),
        record: matched(1).record.expect("it is one record"),
        number: number(ADA),
        key: leased.key.clone(),
        made: NOW,
        matched: matched(1),
    };
    home.store.record_created(created.clone()).await.unwrap();
    home.store.record_created(created.clone()).await.unwrap();
    home.store.delivered(&leased.ticket, Done::found(task(1))).await.unwrap();

    assert_eq!(home.call("1.1").await.matches, Some(matched(1)));
    assert_eq!(home.lease().await, None, "the Task was written with it");
    assert_eq!(home.store.nth_latest_created(&org(), 1).await.unwrap(), Some(NOW));
    assert_eq!(home.store.nth_latest_created(&org(), 2).await.unwrap(), None);
    let elsewhere = somebody_else().org;
    assert_eq!(home.store.nth_latest_created(&elsewhere, 1).await.unwrap(), None);
    assert_eq!(home.call("1.1").await.made, Some(NOW));

    home.store.record_taken_back(&desk(), &CallId::new("1.1")).await.unwrap();
    let call = home.call("1.1").await;
    assert_eq!((call.made, call.matches.and_then(|matched| matched.record)), (None, None));
    assert_eq!(home.lease().await.expect("the Task no longer names it").task, Some(task(1)));
    assert_eq!(home.store.nth_latest_created(&org(), 1).await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_that_nobody_understood_is_asked_about_when_a_person_tries_again() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    home.store.park(&leased.ticket, reason("salesforce.unexpected_answer")).await.unwrap();

    home.store.retry(None, NOW).await.unwrap();

    assert!(home.lease().await.unwrap().ask_first);
}

#[tokio::test]
async fn an_entry_is_held_while_its_note_is_being_written() {
    let home = Home::new().await;
    let call = CallId::new("1.1");
    let until = NOW.plus(SECOND * 120);
    home.store.remember(memory("1.1")).await.unwrap();
    home.remark(&call, note("wants"), Some(until)).await;
    home.finish(&entry("1.1")).await;

    assert_eq!(home.lease().await, None);
    assert_eq!(home.store.next_due(&owner(), NOW).await.unwrap(), Some(until));
    let leased = home.lease_at(until).await.unwrap();
    home.store.postpone(&leased.ticket, NOW, reason("again"), false).await.unwrap();

    home.remark(&call, note("wants an offer"), None).await;
    assert_eq!(home.lease().await.unwrap().call.remarks, note("wants an offer"));
}

#[tokio::test]
async fn a_stuck_entry_waits_for_a_person_and_keeps_its_reason() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.finish(&entry("1.2")).await;
    let leased = home.lease().await.unwrap();
    home.store.park(&leased.ticket, reason("salesforce.missing_permission")).await.unwrap();

    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!(view.state, DeliveryState::Stuck);
    assert_eq!(view.reason, Some(reason("salesforce.missing_permission")));
    let later = NOW.plus(SECOND * 1_000_000);
    assert_eq!(home.lease_at(later).await.unwrap().call.call, CallId::new("1.2"));
    assert_eq!(home.lease_at(later).await, None);

    assert_eq!(home.store.retry(Some("1.1"), NOW).await.unwrap(), 1);
    let again = home.lease().await.unwrap();
    assert_eq!((again.key, again.attempts), (leased.key, 1));
}

#[tokio::test]
async fn a_retry_ignores_pauses_and_leaves_the_rest_alone() {
    let home = Home::new().await;
    for call in ["1.1", "1.2", "1.3"] {
        home.finish(&entry(call)).await;
    }
    home.deliver(1).await;
    let skipped = home.lease().await.unwrap();
    home.store.discard(&desk(), &skipped.call.call, NOW).await.unwrap();
    let waiting = home.lease().await.unwrap();
    home.store
        .postpone(&waiting.ticket, NOW.plus(SECOND * 3_600), reason("limit"), false)
        .await
        .unwrap();

    assert_eq!(home.store.retry(Some("no such call"), NOW).await.unwrap(), 0);
    assert_eq!(home.store.retry(Some(skipped.key.as_str()), NOW).await.unwrap(), 0);
    assert_eq!(home.lease().await, None);
    assert_eq!(home.store.retry(None, NOW).await.unwrap(), 1);
    assert_eq!(home.lease().await.unwrap().key, waiting.key);
}

#[tokio::test]
async fn a_late_postpone_does_not_wake_what_a_person_discarded() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.discard(&desk(), &leased.call.call, NOW).await.unwrap();

    home.store.postpone(&leased.ticket, NOW, reason("unreachable"), false).await.unwrap();
    home.store.park(&leased.ticket, reason("refused")).await.unwrap();

    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!(view.state, DeliveryState::Skipped);
    assert_eq!(view.reason.unwrap().code, "journal.discarded");
}

#[tokio::test]
async fn entries_go_to_their_own_org_and_user_and_to_nobody_else() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;

    let other = somebody_else();
    assert_eq!(home.store.lease(&other, NOW, LEASE).await.unwrap(), None);
    assert_eq!(home.store.next_due(&other, NOW).await.unwrap(), None);
    assert_eq!(home.store.adopt(&other).await.unwrap(), 0);
    let counts = home.store.counts(Some(&other), NOW).await.unwrap();
    assert_eq!(counts, Counts { of_others: 1, ..Counts::default() });
    assert_eq!(home.store.counts(None, NOW).await.unwrap().waiting, 1);
}

#[tokio::test]
async fn what_was_written_while_signed_out_belongs_to_who_signs_in_first() {
    let home = Home::new().await;
    let orphan = NewDelivery { owner: None, ..delivery(&entry("1.1")) };
    home.store.finish(finished(&entry("1.1")), Some(orphan)).await.unwrap();
    assert_eq!(home.lease().await, None);
    assert_eq!(home.store.counts(Some(&owner()), NOW).await.unwrap().waiting, 1);

    assert_eq!(home.store.adopt(&owner()).await.unwrap(), 1);

    assert_eq!(home.store.adopt(&somebody_else()).await.unwrap(), 0);
    assert_eq!(home.lease().await.unwrap().call.delivery.unwrap().owner, Some(owner()));
}

#[tokio::test]
async fn two_desks_that_missed_the_same_call_have_one_entry_between_them() {
    let home = Home::new().await;
    home.finish(&missed("1.1")).await;
    let mut second = finished(&missed("1.1"));
    second.desk.extension = domain::Extension::new("4102");
    home.store.finish(second, Some(delivery(&missed("1.1")))).await.unwrap();

    assert_eq!(home.store.calls(10, None).await.unwrap().len(), 2);
    assert!(home.lease().await.is_some());
    assert_eq!(home.lease().await, None);
}

#[tokio::test]
async fn the_counts_say_what_a_person_sees() {
    let home = Home::new().await;
    for n in 1..=6 {
        home.finish(&entry(&format!("1.{n}"))).await;
    }
    let mut yesterday = entry("0.1");
    yesterday.started = NOW.minus(SECOND * 86_400);
    home.finish(&yesterday).await;
    home.deliver(1).await;
    home.deliver(2).await;
    let leased = home.lease().await.unwrap();
    home.store.park(&leased.ticket, reason("refused")).await.unwrap();
    let leased = home.lease().await.unwrap();
    home.store.discard(&desk(), &leased.call.call, NOW).await.unwrap();
    let mut foreign = delivery(&entry("2.1"));
    foreign.owner = Some(somebody_else());
    home.store.finish(finished(&entry("2.1")), Some(foreign)).await.unwrap();

    let counts = home.store.counts(Some(&owner()), NOW).await.unwrap();

    assert_eq!(counts, Counts { waiting: 3, stuck: 1, logged_today: 2, of_others: 1 });
    let week = home.store.counts(Some(&owner()), yesterday.started).await.unwrap();
    assert_eq!(week.logged_today, 2);
}

#[tokio::test]
async fn a_step_of_a_worker_whose_lease_has_ended_changes_nothing() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let old = home.lease().await.unwrap();
    let new = home.lease_at(NOW.plus(LEASE)).await.unwrap();

    assert!(!home.store.sending(&old.ticket).await.unwrap());
    home.store.postpone(&old.ticket, NOW, reason("x"), true).await.unwrap();
    home.store.park(&old.ticket, reason("x")).await.unwrap();
    home.store.give_up(&old.ticket).await.unwrap();
    home.store.withdrawn(&old.ticket).await.unwrap();

    assert!(home.store.sending(&new.ticket).await.unwrap());
    home.store.delivered(&new.ticket, Done::found(task(1))).await.unwrap();
    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!((view.state, view.task, view.reason), (DeliveryState::Logged, Some(task(1)), None));
}

#[tokio::test]
async fn what_is_corrected_between_lease_and_sending_is_not_sent_as_it_was() {
    let home = Home::new().await;
    home.finish(&missed("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.finish(&entry("1.1")).await;

    assert!(!home.store.sending(&leased.ticket).await.unwrap());
    home.store.give_up(&leased.ticket).await.unwrap();

    let again = home.lease().await.expect("due at once");
    assert_eq!((again.key, again.task), (key(&entry("1.1")), None));
    assert!(home.store.sending(&again.ticket).await.unwrap());
}

#[tokio::test]
async fn what_a_person_discards_between_lease_and_sending_is_not_sent() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.discard(&desk(), &leased.call.call, NOW).await.unwrap();

    assert!(!home.store.sending(&leased.ticket).await.unwrap());
    home.store.give_up(&leased.ticket).await.unwrap();

    assert_eq!(home.lease_at(NOW.plus(LEASE * 2)).await, None);
    assert_eq!(home.call("1.1").await.delivery.unwrap().state, DeliveryState::Skipped);
}

#[tokio::test]
async fn a_logged_call_that_a_person_discards_has_its_task_taken_back() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.finish(&entry("1.2")).await;
    let (first, second) = (home.deliver(1).await, home.deliver(2).await);
    for leased in [&first, &second] {
        home.store.discard(&desk(), &leased.call.call, NOW).await.unwrap();
    }

    let gone = home.lease().await.expect("the Task is to be taken back");
    assert_eq!((gone.aim, gone.task.clone()), (Aim::Withdraw(Why::Discarded), Some(task(1))));
    home.store.withdrawn(&gone.ticket).await.unwrap();
    let stays = home.lease().await.expect("and the other");
    home.store.kept(&stays.ticket, reason("journal.task_kept")).await.unwrap();
    assert_eq!(home.lease().await, None);

    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!((view.state, view.task), (DeliveryState::Skipped, None));
    let view = home.call("1.2").await.delivery.unwrap();
    assert_eq!((view.state, view.task), (DeliveryState::Logged, Some(task(2))));
    assert_eq!(view.reason, Some(reason("journal.task_kept")));
}

#[tokio::test]
async fn an_entry_written_while_the_clock_was_ahead_does_not_wait_for_that_day() {
    let home = Home::new().await;
    let tomorrow = NewDelivery { due: NOW.plus(SECOND * 86_400), ..delivery(&entry("1.1")) };
    home.store.finish(finished(&entry("1.1")), Some(tomorrow)).await.unwrap();

    let due = home.store.next_due(&owner(), NOW).await.unwrap().unwrap();

    assert!(due <= NOW);
    assert!(home.lease().await.is_some());
}

#[tokio::test]
async fn an_entry_waits_as_long_as_before_when_the_clock_is_set() {
    let hour = SECOND * 3_600;
    for (by, showed) in [(-3_600_000, NOW.minus(hour)), (3_600_000, NOW.plus(hour))] {
        let home = Home::new().await;
        let soon = NewDelivery { due: NOW.plus(SECOND * 30), ..delivery(&entry("1.1")) };
        home.store.finish(finished(&entry("1.1")), Some(soon)).await.unwrap();

        home.store.clock_was_set(NOW, by).await.unwrap();

        assert_eq!(home.lease_at(showed.plus(SECOND * 29)).await, None);
        assert!(home.lease_at(showed.plus(SECOND * 30)).await.is_some());
    }
}

#[tokio::test]
async fn a_start_ends_what_would_wait_for_an_hour_and_no_short_wait() {
    let home = Home::new().await;
    let until = |seconds: u32| NOW.plus(SECOND * seconds);
    for (call, due) in [("1.1", until(3_600)), ("1.2", until(100))] {
        let new = NewDelivery { due, ..delivery(&entry(call)) };
        home.store.finish(finished(&entry(call)), Some(new)).await.unwrap();
    }

    home.store.heed_clock(NOW).await.unwrap();

    assert_eq!(home.deliver(1).await.key, key(&entry("1.1")));
    assert_eq!(home.lease_at(until(99)).await, None);
    assert!(home.lease_at(until(100)).await.is_some());
}

#[tokio::test]
async fn an_entry_that_another_computer_may_have_logged_too_is_looked_at_until_that_is_known() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    let done = Done { unproven: true, ..Done::found(task(2)) };
    home.store.delivered(&leased.ticket, done).await.unwrap();

    let home = home.reopen().await;
    let unproven = home.store.unproven(&owner(), 100).await.unwrap();
    assert_eq!(unproven.len(), 1);
    assert_eq!((&unproven[0].key, &unproven[0].task), (&key(&entry("1.1")), &task(2)));
    let proof = Proof { task: task(1), outdated: true, note: None };
    home.store.proven(&unproven[0], proof).await.unwrap();

    assert_eq!(home.store.unproven(&owner(), 100).await.unwrap(), []);
    let update =
        home.lease().await.expect("what was said in our own Task is to be said in the other's");
    assert_eq!((update.task, update.said), (Some(task(1)), None));
}

#[tokio::test]
async fn the_keys_that_are_to_be_asked_for_are_known_in_one_go() {
    let home = Home::new().await;
    for n in 1..=3 {
        let ask = NewDelivery { ask_first: n != 2, ..delivery(&entry(&format!("1.{n}"))) };
        home.store.finish(finished(&entry(&format!("1.{n}"))), Some(ask)).await.unwrap();
    }
    let questions = home.store.questions(&owner(), NOW, 100).await.unwrap();
    let keys: Vec<_> = questions.into_iter().map(|question| question.key).collect();
    assert_eq!(keys, [key(&entry("1.1")), key(&entry("1.3"))]);
}
