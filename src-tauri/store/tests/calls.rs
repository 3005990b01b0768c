//! What is written about calls comes back, once, and as it was last known.

mod support;

use std::time::Duration;

use domain::{
    CallId, Direction, Extension, JournalEntry, Object, Outcome, Party, RecordRef, Remarks, Said,
    Serial, Talk, Timestamp,
};
use store::{CallMemory, Change, CreatedRecord, DeliveryState, Desk, Done, Reason, StoredMatch};
use support::*;

#[tokio::test]
async fn a_live_call_is_remembered_whole_across_a_restart() {
    let home = Home::new().await;
    let ringing = memory("1.1");
    let talking = CallMemory {
        answered: Some(NOW.plus(Duration::from_secs(4))),
        talk: Talk {
            own: Duration::from_millis(1_234),
            guessed: true,
            parts: 2,
            passed_on: true,
            others: [Extension::new("4103")].into(),
        },
        popped: true,
        did: Some("+4949355500".to_owned()),
        state: "talking".to_owned(),
        ..ringing.clone()
    };
    let unknown = CallMemory {
        direction: None,
        party: None,
        spelled: None,
        others_rang: Vec::new(),
        queue: None,
        started: NOW.plus(Duration::from_secs(1)),
        ..memory("1.2")
    };
    home.store.remember(ringing).await.unwrap();
    home.store.remember(unknown.clone()).await.unwrap();
    home.store.remember(talking.clone()).await.unwrap();

    let home = home.reopen().await;

    assert_eq!(home.store.live(&desk()).await.unwrap(), [talking, unknown]);
    let elsewhere = Desk { extension: Extension::new("4102"), ..desk() };
    assert_eq!(home.store.live(&elsewhere).await.unwrap(), []);
}

#[tokio::test]
async fn every_kind_of_party_direction_and_outcome_comes_back() {
    let home = Home::new().await;
    let parties = [
        Party::External(number(ADA)),
        Party::Extension(Extension::new("4102")),
        Party::Withheld,
        Party::Invalid("*97'; DROP TABLE call; --".to_owned()),
    ];
    let directions = [Direction::Inbound, Direction::Outbound, Direction::Internal];
    let outcomes = [
        Outcome::Answered,
        Outcome::Missed,
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::Voicemail,
        Outcome::Failed,
        Outcome::Elsewhere,
    ];
    for (p, party) in parties.into_iter().enumerate() {
        for (d, direction) in directions.into_iter().enumerate() {
            for (o, outcome) in outcomes.into_iter().enumerate() {
                let mut entry = entry(&format!("{p}.{d}.{o}"));
                entry.party = party.clone();
                entry.direction = direction;
                entry.outcome = outcome;
                entry.heard = false;
                entry.recording = Some("20260105.wav".to_owned());
                entry.reason = Some("486 Busy Here".to_owned());
                entry.rank = 7;
                entry.heard = false;
                home.store.finish(finished(&entry), None).await.unwrap();

                let stored = home.call(entry.call.as_str()).await;
                assert_eq!(stored.entry().as_ref(), Some(&entry));
                let key = (outcome != Outcome::Elsewhere).then(|| key(&entry));
                assert_eq!(stored.key, key);
                assert_eq!(stored.delivery, None);
            }
        }
    }
}

#[tokio::test]
async fn a_finished_call_is_not_live_and_news_of_it_as_live_changes_nothing() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    home.finish(&entry("1.1")).await;
    let before = home.call("1.1").await;

    home.store
        .remember(CallMemory { started: Timestamp::default(), ..memory("1.1") })
        .await
        .unwrap();
    home.store.forget_live(&desk(), &CallId::new("1.1")).await.unwrap();

    assert_eq!(home.call("1.1").await, before);
    assert_eq!(home.store.live(&desk()).await.unwrap(), []);
    assert!(home.has_finished(&CallId::new("1.1")).await);
}

#[tokio::test]
async fn a_call_that_was_never_ours_leaves_no_trace() {
    let home = Home::new().await;
    home.store.remember(memory("1.1")).await.unwrap();
    home.store.set_popped(&desk(), &CallId::new("1.1"), "https://x".to_owned(), 3).await.unwrap();

    home.store.forget_live(&desk(), &CallId::new("1.1")).await.unwrap();

    assert_eq!(home.store.calls(10, None).await.unwrap(), []);
    // What is learnt about it later makes no call either.
    home.store.set_match(&desk(), &CallId::new("1.1"), matched(1)).await.unwrap();
    assert_eq!(home.store.calls(10, None).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_learnt_while_the_call_lived_is_there_when_it_has_finished() {
    let home = Home::new().await;
    let call = CallId::new("1.1");
    let remarks = Remarks {
        note: Some("wants an offer".to_owned()),
        outcome: Some("Reached".to_owned()),
        related: None,
    };
    home.store.remember(memory("1.1")).await.unwrap();
    home.store.set_match(&desk(), &call, matched(1)).await.unwrap();
    home.store.set_popped(&desk(), &call, "https://org/003".to_owned(), 3).await.unwrap();
    home.remark(&call, remarks.clone(), None).await;
    assert_eq!(home.call("1.1").await.state.as_deref(), Some("ringing"));

    home.finish(&entry("1.1")).await;

    let stored = home.call("1.1").await;
    assert_eq!(stored.matches, Some(matched(1)));
    assert_eq!(stored.popped, Some(("https://org/003".to_owned(), 3)));
    assert_eq!(stored.remarks, remarks);
    assert_eq!(stored.state, None);
    assert_eq!(stored.delivery.unwrap().state, DeliveryState::Waiting);
}

#[tokio::test]
async fn the_same_end_told_twice_is_one_call_with_one_delivery() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.deliver(1).await;

    home.finish(&entry("1.1")).await;

    assert_eq!(home.store.calls(10, None).await.unwrap().len(), 1);
    assert_eq!(home.lease().await, None);
    assert_eq!(home.call("1.1").await.delivery.unwrap().state, DeliveryState::Logged);
}

#[tokio::test]
async fn a_correction_of_a_logged_call_updates_its_task() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.deliver(1).await;

    let mut corrected = entry("1.1");
    corrected.talked = Duration::from_secs(58);
    corrected.queue = None;
    corrected.recording = Some("20260105.wav".to_owned());
    home.finish(&corrected).await;

    let leased = home.lease().await.expect("an update is due");
    assert_eq!(leased.task, Some(task(1)));
    assert_eq!(leased.call.talked, Duration::from_secs(58));
    assert_eq!(leased.call.recording.as_deref(), Some("20260105.wav"));
    // What the correction does not mention is kept.
    assert_eq!(leased.call.queue.as_deref(), Some("6400"));
    home.store.delivered(&leased.ticket, Done::found(task(1))).await.unwrap();
    assert_eq!(home.lease().await, None);
}

/// What a Task says that this program has written.
fn said(key: &domain::CallKey) -> Said {
    Said {
        subject: "Inbound call from Ada".to_owned(),
        who: Some(contact(1)),
        what: None,
        rest: u64::MAX,
        key: key.clone(),
        words: None,
    }
}

#[tokio::test]
async fn a_talk_time_that_is_guessed_is_not_written_over_what_another_computer_has_said() {
    for (guessed, others, updates) in
        [(true, true, false), (true, false, true), (false, true, true), (false, false, true)]
    {
        let home = Home::new().await;
        let mut call = entry("1.1");
        call.talk.guessed = guessed;
        home.finish(&call).await;
        let leased = home.lease().await.unwrap();
        home.store.sending(&leased.ticket).await.unwrap();
        let said = (!others).then(|| said(&leased.key));
        let done = Done { said, ..Done::found(task(1)) };
        home.store.delivered(&leased.ticket, done).await.unwrap();

        call.talked = Duration::from_secs(58);
        home.finish(&call).await;
        assert_eq!(home.lease().await.is_some(), updates, "guessed {guessed}, others {others}");
        assert_eq!(home.call("1.1").await.talked, Duration::from_secs(58), "in the list");

        if !updates {
            call.outcome = Outcome::Voicemail;
            home.finish(&call).await;
            assert!(home.lease().await.is_some(), "how it ended is said all the same");
        }
    }
}

#[tokio::test]
async fn a_difference_below_a_second_is_not_worth_an_update() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.deliver(1).await;

    let mut corrected = entry("1.1");
    corrected.talked += Duration::from_millis(400);
    corrected.started = NOW.plus(Duration::from_millis(10));
    home.finish(&corrected).await;

    assert_eq!(home.lease().await, None);
}

#[tokio::test]
async fn a_missed_call_that_turns_out_to_be_answered_takes_its_own_key() {
    let home = Home::new().await;
    home.finish(&missed("1.1")).await;

    home.finish(&entry("1.1")).await;

    let leased = home.lease().await.unwrap();
    assert_eq!(leased.key, key(&entry("1.1")));
    home.store.delivered(&leased.ticket, Done::found(task(1))).await.unwrap();
    assert_eq!(home.lease().await, None);
    assert_eq!(home.call(key(&entry("1.1")).as_str()).await.outcome, Some(Outcome::Answered));
}

#[tokio::test]
async fn a_logged_missed_call_that_turns_out_to_be_answered_is_updated_under_its_own_key() {
    let home = Home::new().await;
    home.finish(&missed("1.1")).await;
    home.deliver(1).await;

    home.finish(&entry("1.1")).await;

    let leased = home.lease().await.unwrap();
    assert_eq!((leased.key, leased.task), (key(&entry("1.1")), Some(task(1))));
}

#[tokio::test]
async fn a_correction_while_the_old_key_may_be_in_salesforce_is_asked_for_and_then_told() {
    let home = Home::new().await;
    home.finish(&missed("1.1")).await;
    let old = home.lease().await.unwrap();
    home.store.sending(&old.ticket).await.unwrap();
    home.store.postpone(&old.ticket, NOW, reason("lost"), true).await.unwrap();

    home.finish(&entry("1.1")).await;

    let leased = home.lease().await.unwrap();
    assert_eq!(leased.key, key(&entry("1.1")));
    assert!(leased.ask_first && leased.sent_before);
    // Found under the key that it was sent with.
    let done = Done { outdated: true, ..Done::found(task(1)) };
    home.store.delivered(&leased.ticket, done).await.unwrap();
    let leased = home.lease().await.expect("the key is to be corrected");
    assert_eq!((leased.key, leased.task), (key(&entry("1.1")), Some(task(1))));
}

#[tokio::test]
async fn a_correction_that_is_taken_back_leaves_the_key_as_it_was() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let leased = home.lease().await.unwrap();
    home.store.sending(&leased.ticket).await.unwrap();
    home.store.postpone(&leased.ticket, NOW, reason("lost"), true).await.unwrap();

    home.finish(&missed("1.1")).await;
    home.finish(&entry("1.1")).await;
    home.store.delivered(&leased.ticket, Done::found(task(1))).await.unwrap();

    assert_eq!(home.lease().await.unwrap().key, key(&entry("1.1")));
}

#[tokio::test]
async fn a_call_that_somebody_else_took_after_all_is_not_sent() {
    let home = Home::new().await;
    let elsewhere = JournalEntry { outcome: Outcome::Elsewhere, ..missed("1.1") };
    home.finish(&missed("1.1")).await;

    home.store.finish(finished(&elsewhere), None).await.unwrap();
    assert_eq!(home.lease().await, None);
    let view = home.call("1.1").await.delivery.unwrap();
    assert_eq!(view.state, DeliveryState::Skipped);
    assert_eq!(view.reason.unwrap().code, "elsewhere");

    // And if that was wrong too, it is sent.
    home.finish(&entry("1.1")).await;
    assert_eq!(home.lease().await.unwrap().key, key(&entry("1.1")));
}

#[tokio::test]
async fn a_call_that_was_not_to_be_logged_stays_so_whatever_is_corrected() {
    let home = Home::new().await;
    let mut skipped = delivery(&entry("1.1"));
    skipped.skip = Some(Reason { code: "disabled".to_owned(), text: "it was disabled".to_owned() });
    home.store.finish(finished(&entry("1.1")), Some(skipped)).await.unwrap();

    let mut corrected = entry("1.1");
    corrected.talked = Duration::from_secs(99);
    home.finish(&corrected).await;
    home.store.set_match(&desk(), &CallId::new("1.1"), matched(1)).await.unwrap();

    assert_eq!(home.lease().await, None);
    let stored = home.call("1.1").await;
    assert_eq!(stored.talked, Duration::from_secs(99));
    let view = stored.delivery.unwrap();
    assert_eq!(
        (view.state, view.reason.unwrap().code),
        (DeliveryState::Skipped, "disabled".to_owned())
    );
}

#[tokio::test]
async fn a_correction_does_not_undo_what_a_person_chose() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.store.set_match(&desk(), &CallId::new("1.1"), matched(2)).await.unwrap();

    let mut again = finished(&entry("1.1"));
    again.matches = Some(matched(1));
    home.store.finish(again, Some(delivery(&entry("1.1")))).await.unwrap();

    assert_eq!(home.call("1.1").await.matches, Some(matched(2)));
}

#[tokio::test]
async fn the_number_that_a_record_decided_on_is_the_calls_while_it_is_spelled_alike() {
    let home = Home::new().await;
    let decided = Party::External(number("+49355501722"));
    let matched = StoredMatch { number: decided.number().cloned(), ..matched(1) };
    home.finish(&entry("1.1")).await;
    home.store.set_match(&desk(), &CallId::new("1.1"), matched.clone()).await.unwrap();
    assert_eq!(home.call("1.1").await.party, Some(decided.clone()));

    // What corrects the call was made without knowing that.
    let longer = JournalEntry { talked: Duration::from_secs(60), ..entry("1.1") };
    home.store.finish(finished(&longer), Some(delivery(&longer))).await.unwrap();
    let call = home.call("1.1").await;
    assert_eq!((call.party, call.talked), (Some(decided), Duration::from_secs(60)));

    let other = JournalEntry { spelled: Some("+49493555017".to_owned()), ..longer };
    home.store.finish(finished(&other), Some(delivery(&other))).await.unwrap();
    assert_eq!(home.call("1.1").await.party, Some(other.party));

    // Whom nobody has a record of: the number is not theirs.
    let withheld = JournalEntry { party: Party::Withheld, spelled: None, ..entry("1.2") };
    home.finish(&withheld).await;
    home.store.set_match(&desk(), &CallId::new("1.2"), matched).await.unwrap();
    assert_eq!(home.call("1.2").await.party, Some(Party::Withheld));
}

#[tokio::test]
async fn spellings_are_those_of_the_latest_calls_of_the_pbx() {
    let home = Home::new().await;
    for (call, seconds) in [("1.1", 1), ("1.2", 2), ("1.3", 3)] {
        let started = NOW.plus(Duration::from_secs(seconds));
        home.finish(&JournalEntry {
            started,
            spelled: Some(format!("0493555017{seconds}")),
            ..entry(call)
        })
        .await;
    }
    home.finish(&JournalEntry { party: Party::Withheld, ..entry("1.4") }).await;
    home.finish(&JournalEntry { spelled: None, ..entry("1.5") }).await;
    home.store.remember(memory("1.6")).await.unwrap();
    home.store.set_match(&desk(), &CallId::new("1.3"), matched(1)).await.unwrap();

    let spelled = home.store.spellings(&desk().serial, 2).await.unwrap();

    let told: Vec<_> = spelled.iter().map(|one| (one.text.as_str(), one.has_record)).collect();
    assert_eq!(told, [("04935550172", false), ("04935550173", true)]);
    assert!(spelled.iter().all(|one| one.number == number(ADA)));
    assert!(home.store.spellings(&Serial::new("another"), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_account_that_several_people_belong_to_is_kept_and_a_choice_takes_its_place() {
    let home = Home::new().await;
    let several = StoredMatch {
        what: Some(contact(9)),
        company: Some("Hafen AG".to_owned()),
        candidates: 2,
        number: None,
        why: "2 records".to_owned(),
        ..StoredMatch::default()
    };
    let mut first = finished(&entry("1.1"));
    first.matches = Some(several.clone());
    home.store.finish(first, Some(delivery(&entry("1.1")))).await.unwrap();
    assert_eq!(home.call("1.1").await.matches, Some(several));

    home.store.set_match(&desk(), &CallId::new("1.1"), matched(2)).await.unwrap();
    assert_eq!(home.call("1.1").await.matches, Some(matched(2)));
}

#[tokio::test]
async fn a_choice_made_later_updates_the_task_and_a_repeated_one_does_not() {
    let home = Home::new().await;
    let undecided =
        StoredMatch { candidates: 3, why: "3 records".to_owned(), ..StoredMatch::default() };
    let mut first = finished(&entry("1.1"));
    first.matches = Some(undecided.clone());
    home.store.finish(first, Some(delivery(&entry("1.1")))).await.unwrap();
    home.deliver(1).await;

    home.store.set_match(&desk(), &CallId::new("1.1"), undecided).await.unwrap();
    assert_eq!(home.lease().await, None);

    home.store.set_match(&desk(), &CallId::new("1.1"), matched(2)).await.unwrap();
    let leased = home.lease().await.expect("an update is due");
    assert_eq!(leased.task, Some(task(1)));
    assert_eq!(leased.call.matches, Some(matched(2)));
}

#[tokio::test]
async fn calls_come_newest_first_and_page_by_page() {
    let home = Home::new().await;
    for second in [3_u64, 1, 2, 5, 4] {
        let mut entry = entry(&format!("1.{second}"));
        entry.started = NOW.plus(Duration::from_secs(second));
        home.finish(&entry).await;
    }

    let ids = |calls: Vec<store::StoredCall>| {
        calls.into_iter().map(|call| call.call.to_string()).collect::<Vec<_>>()
    };
    let first = home.store.calls(2, None).await.unwrap();
    let before = first.last().unwrap().started;
    assert_eq!(ids(first), ["1.5", "1.4"]);
    assert_eq!(ids(home.store.calls(10, Some(before)).await.unwrap()), ["1.3", "1.2", "1.1"]);
}

#[tokio::test]
async fn an_end_that_is_told_once_is_not_told_anew() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let anew = JournalEntry { talked: Duration::from_secs(1), ..entry("1.1") };
    let told = |entry: &JournalEntry| Change::finish_once(finished(entry), Some(delivery(entry)));

    let refused = home.store.write_all(vec![told(&anew), told(&entry("1.2"))]).await;

    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(home.call("1.1").await.entry().unwrap().talked, entry("1.1").talked);
    assert!(home.has_finished(&CallId::new("1.2")).await);
}

#[tokio::test]
async fn two_systems_that_count_alike_do_not_share_a_call() {
    let home = Home::new().await;
    let other = Desk { serial: Serial::new("OTHER"), ..desk() };
    home.finish(&entry("1.1")).await;

    let of_other = home.store.finished_since(&other, Timestamp::from_millis(0)).await.unwrap();
    assert!(of_other.is_empty());
    home.store.remember(CallMemory { desk: other.clone(), ..memory("1.1") }).await.unwrap();
    assert_eq!(home.store.live(&other).await.unwrap().len(), 1);
    assert_eq!(home.store.live(&desk()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_call_is_found_by_its_id_and_by_its_key_with_and_without_a_delivery() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    home.store.finish(finished(&missed("1.2")), None).await.unwrap();

    assert_eq!(home.call(key(&entry("1.1")).as_str()).await.call, CallId::new("1.1"));
    assert_eq!(home.call(key(&missed("1.2")).as_str()).await.call, CallId::new("1.2"));
    assert_eq!(home.call("ys:3630A1B2C3:1.2:4101").await.call, CallId::new("1.2"));
    for wrong in ["1.3", "ys:3630A1B2C3:1.2:4102", "ys:OTHER:1.2:missed", "ys:", "ys::", ""] {
        assert_eq!(home.store.call(wrong).await.unwrap(), None, "{wrong}");
    }
}

#[tokio::test]
async fn old_calls_go_but_not_those_that_are_still_to_be_sent() {
    let home = Home::new().await;
    for call in ["1.1", "1.2", "1.3"] {
        home.finish(&entry(call)).await;
    }
    home.deliver(1).await;
    let stuck = home.lease().await.unwrap();
    home.store.park(&stuck.ticket, reason("salesforce.missing_permission")).await.unwrap();
    home.store.finish(finished(&missed("1.4")), None).await.unwrap();
    home.store.remember(memory("1.5")).await.unwrap();

    let removed = home.store.prune(NOW.plus(Duration::from_secs(1))).await.unwrap();

    assert_eq!(removed, 2);
    let mut left: Vec<_> = home
        .store
        .calls(10, None)
        .await
        .unwrap()
        .into_iter()
        .map(|call| call.call.to_string())
        .collect();
    left.sort();
    assert_eq!(left, ["1.2", "1.3", "1.5"]);
    assert_eq!(home.store.prune(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn old_calls_go_in_portions_and_live_ones_stay() {
    let home = Home::new().await;
    for call in 0..1_201 {
        home.store.finish(finished(&missed(&format!("1.{call}"))), None).await.unwrap();
    }
    // It has ended before, and goes on.
    home.store.remember(CallMemory { again: true, ..memory("1.7") }).await.unwrap();
    let mut new = missed("2.1");
    new.started = NOW.plus(Duration::from_secs(60));
    home.store.finish(finished(&new), None).await.unwrap();

    let pruning = home.store.prune(NOW.plus(Duration::from_secs(1)));
    let meanwhile = async {
        tokio::task::yield_now().await;
        home.store.calls(5_000, None).await.unwrap().len()
    };
    let (removed, seen) = tokio::join!(pruning, meanwhile);

    assert_eq!(removed.unwrap(), 1_200);
    assert!((3..1_202).contains(&seen), "between two portions, not {seen}");
    let left = home.store.calls(10, None).await.unwrap();
    let left: Vec<_> = left.iter().map(|call| call.call.to_string()).collect();
    assert_eq!(left, ["2.1", "1.7"]);
}

#[tokio::test]
async fn a_choice_goes_with_the_last_call_of_its_number_and_a_created_record_with_its_call() {
    let home = Home::new().await;
    let record = |n| RecordRef { object: Object::Lead, id: contact(n), name: "Ada".to_owned() };
    let stranger = "+49493555990";
    for (n, of) in [(1, ADA), (2, stranger)] {
        home.store.remember_choice(&org(), &number(of), &record(n), NOW).await.unwrap();
    }
    let later = NOW.plus(Duration::from_secs(100));
    let calls = [entry("1.1"), JournalEntry { started: later, ..entry("1.2") }];
    for (n, call) in (1..).zip(&calls) {
        home.finish(call).await;
        let created = CreatedRecord {
            org: org(),
            record: record(n),
            number: number(ADA),
            key: key(call),
            made: NOW,
            matched: matched(n),
        };
        home.store.record_created(created).await.unwrap();
        home.deliver_at(later, n).await;
    }

    home.store.prune(NOW.plus(Duration::from_secs(1))).await.unwrap();

    assert_eq!(home.store.choice(&org(), &number(ADA)).await.unwrap(), Some(contact(1)));
    assert_eq!(home.store.choice(&org(), &number(stranger)).await.unwrap(), None);
    assert_eq!(home.store.nth_latest_created(&org(), 1).await.unwrap(), Some(NOW));
    assert_eq!(home.store.nth_latest_created(&org(), 2).await.unwrap(), None);
    home.store.prune(later.plus(Duration::from_secs(1))).await.unwrap();
    assert_eq!(home.store.choices(&org()).await.unwrap(), []);
    assert_eq!(home.store.nth_latest_created(&org(), 1).await.unwrap(), None);
}

#[tokio::test]
async fn finished_calls_are_known_by_desk_and_time() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let mut late = entry("1.2");
    late.started = NOW.plus(Duration::from_secs(10));
    home.finish(&late).await;
    home.store.remember(CallMemory { started: late.started, ..memory("1.3") }).await.unwrap();

    let since = home.store.finished_since(&desk(), late.started).await.unwrap();

    assert_eq!(since.into_iter().collect::<Vec<_>>(), [CallId::new("1.2")]);
}

#[tokio::test]
async fn cursors_marks_and_choices_outlive_a_restart() {
    let home = Home::new().await;
    let ada = number(ADA);
    home.store.set_cursor("cdr:3630", 5).await.unwrap();
    home.store.set_cursor("cdr:3630", 4).await.unwrap();
    home.store.set_mark("pbx.refused", Some("abc")).await.unwrap();
    home.store.set_mark("gone", Some("x")).await.unwrap();
    home.store.set_mark("gone", None).await.unwrap();
    for (at, id) in [(5, contact(1)), (6, contact(2))] {
        let record = RecordRef { object: Object::Contact, id, name: "Ada".to_owned() };
        let since = Timestamp::from_seconds(at);
        home.store.remember_choice(&org(), &ada, &record, since).await.unwrap();
    }

    let home = home.reopen().await;

    assert_eq!(home.store.cursor("cdr:3630").await.unwrap(), Some(4));
    assert_eq!(home.store.cursor("other").await.unwrap(), None);
    assert_eq!(home.store.mark("pbx.refused").await.unwrap().as_deref(), Some("abc"));
    assert_eq!(home.store.mark("gone").await.unwrap(), None);
    assert_eq!(home.store.choice(&org(), &ada).await.unwrap(), Some(contact(2)));
    assert_eq!(home.store.choice(&somebody_else().org, &ada).await.unwrap(), None);
    let listed = home.store.choices(&org()).await.unwrap();
    assert_eq!(listed.len(), 1, "the later one replaces the earlier one");
    assert_eq!((listed[0].record.clone(), listed[0].name.as_str()), (contact(2), "Ada"));
    assert_eq!(listed[0].since, Some(Timestamp::from_seconds(6)));
    assert_eq!(home.store.choices(&somebody_else().org).await.unwrap(), []);
    home.store.forget_choice(&org(), &ada).await.unwrap();
    assert_eq!(home.store.choice(&org(), &ada).await.unwrap(), None);
}

#[tokio::test]
async fn a_persons_word_is_not_replaced_by_a_look_up_and_is_told_to_the_task() {
    let home = Home::new().await;
    let entry = entry("1.1");
    home.finish(&entry).await;
    home.store.set_match(&desk(), &entry.call, matched(1)).await.unwrap();
    let leased = home.lease().await.expect("due");
    assert_eq!(leased.said, None, "nothing was said yet");
    let said = said(&leased.key);
    let done = Done { said: Some(said.clone()), ..Done::found(task(1)) };
    home.store.delivered(&leased.ticket, done).await.unwrap();

    home.store.choose(&desk(), &entry.call, matched(2)).await.unwrap();
    // A late answer of the look-up.
    home.store.set_match(&desk(), &entry.call, matched(1)).await.unwrap();

    let home = home.reopen().await;
    let update = home.lease().await.expect("the Task is to be changed");
    assert_eq!((update.task, update.said), (Some(task(1)), Some(said)));
    assert_eq!(update.call.matches.and_then(|matches| matches.who), Some(contact(2)));
}

#[tokio::test]
async fn who_spoke_in_a_call_is_known_after_its_end_too() {
    let home = Home::new().await;
    let talk = Talk {
        own: Duration::from_millis(4_321),
        guessed: true,
        parts: 2,
        passed_on: true,
        others: [Extension::new("4102"), Extension::new("4103")].into(),
    };
    home.finish(&JournalEntry { talk: talk.clone(), ..entry("1.1") }).await;

    let home = home.reopen().await;

    let kept = home.store.call("1.1").await.unwrap().unwrap();
    assert_eq!(kept.talked, Duration::from_secs(51), "as the record has it");
    assert_eq!(kept.entry().map(|entry| entry.talk), Some(talk));
}

#[tokio::test]
async fn a_call_that_goes_on_after_its_end_is_remembered_beside_its_entry() {
    let home = Home::new().await;
    home.finish(&entry("1.1")).await;
    let own = Talk { own: Duration::from_secs(60), parts: 2, ..Talk::default() };
    let again = CallMemory { talk: own.clone(), again: true, ..memory("1.1") };
    home.store.remember(again).await.unwrap();

    let home = home.reopen().await;

    let live = home.store.live(&desk()).await.unwrap();
    assert_eq!(
        live.iter().map(|call| (call.again, &call.talk)).collect::<Vec<_>>(),
        [(true, &own)]
    );
    let kept = home.call("1.1").await;
    assert_eq!((kept.finished, kept.talked), (true, Duration::from_secs(51)));
    // Its new end is the end of it.
    home.store.finish(finished(&entry("1.1")), None).await.unwrap();
    assert_eq!(home.store.live(&desk()).await.unwrap(), []);
}
