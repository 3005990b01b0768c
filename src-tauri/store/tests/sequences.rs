//! Whatever is told in whatever order, and whatever the clock shows: one row for a call, one delivery for a key, and nothing finished is lost.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod support;

use std::{collections::HashSet, time::Duration};

use domain::{CallId, JournalEntry, Outcome, Remarks, Timestamp, delivery::Aim};
use proptest::prelude::*;
use store::{DeliveryState, Discarded, Done, Leased, NewDelivery};
use support::*;

const CALLS: u32 = 3;

#[derive(Clone, Debug)]
enum Step {
    Remember(u32),
    Forget(u32),
    Finish(u32, Outcome, u64),
    Match(u32, u32),
    Remark(u32, u8),
    Discard(u32),
    /// The worker takes its next step: lease, intent, or the end of the request.
    Work(Fate),
    Restart,
    /// Somebody sets the clock: so many seconds on, or back.
    Clock(i64),
}

/// What a worker is in the middle of.
struct Work {
    leased: Leased,
    sent: bool,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Delivered,
    /// The Task was made, and the answer lost.
    AnswerLost,
    NotSent,
    Refused,
    /// The program dies after the Task was made.
    Killed,
}

fn step() -> impl Strategy<Value = Step> {
    let call = 0..CALLS;
    let outcome = prop_oneof![
        Just(Outcome::Answered),
        Just(Outcome::Missed),
        Just(Outcome::Voicemail),
        Just(Outcome::Elsewhere)
    ];
    let fate = prop_oneof![
        Just(Fate::Delivered),
        Just(Fate::AnswerLost),
        Just(Fate::NotSent),
        Just(Fate::Refused),
        Just(Fate::Killed)
    ];
    prop_oneof![
        2 => call.clone().prop_map(Step::Remember),
        1 => call.clone().prop_map(Step::Forget),
        4 => (call.clone(), outcome, 0_u64..3).prop_map(|(c, o, t)| Step::Finish(c, o, t)),
        2 => (call.clone(), 0_u32..2).prop_map(|(c, r)| Step::Match(c, r)),
        2 => (call, 0_u8..2).prop_map(|(c, n)| Step::Remark(c, n)),
        1 => (0..CALLS).prop_map(Step::Discard),
        9 => fate.prop_map(Step::Work),
        1 => Just(Step::Restart),
        1 => prop::sample::select(vec![-86_400, -3_600, -40, 40, 3_600, 86_400]).prop_map(Step::Clock),
    ]
}

fn ended(call: u32, outcome: Outcome, talked: u64) -> JournalEntry {
    JournalEntry { outcome, talked: Duration::from_secs(talked), ..entry(&format!("1.{call}")) }
}

/// What Salesforce has: the calls that it has a Task for. Inserting one that is there would be a double.
#[derive(Default)]
struct Tasks(HashSet<CallId>);

/// Takes one step of a worker the way the engine does: what is not to be there is taken back, a known Task is updated;
/// else, where it is said so, the key is asked for first. Anything may happen before the next step.
async fn work(
    home: &Home,
    tasks: &mut Tasks,
    working: Option<Work>,
    now: Timestamp,
    fate: Fate,
) -> Option<Work> {
    let Some(Work { leased, sent }) = working else {
        let leased = home.lease_at(now).await?;
        return Some(Work { leased, sent: false });
    };
    let call = leased.call.call.clone();
    let number = call.as_str().trim_start_matches("1.").parse().unwrap();
    let ticket = leased.ticket;
    if !sent {
        let asks = leased.task.is_none() && (leased.ask_first || leased.aim != Aim::Log);
        if asks && tasks.0.contains(&call) {
            let done = Done { outdated: leased.aim != Aim::Log, ..Done::found(task(number)) };
            home.store.delivered(&ticket, done).await.unwrap();
            return None;
        }
        if asks && leased.aim != Aim::Log {
            home.store.withdrawn(&ticket).await.unwrap();
            return None;
        }
        if !home.store.sending(&ticket).await.unwrap() {
            home.store.give_up(&ticket).await.unwrap();
            return None;
        }
        return Some(Work { leased, sent: true });
    }
    let arrives = match fate {
        Fate::Delivered | Fate::AnswerLost | Fate::Killed => true,
        Fate::NotSent | Fate::Refused => false,
    };
    match (arrives, leased.aim, &leased.task) {
        (true, Aim::Withdraw(_), _) => {
            tasks.0.remove(&call);
        }
        (true, Aim::Log, None) => {
            assert!(tasks.0.insert(call.clone()), "{call} is inserted twice");
        }
        (true, Aim::Log, Some(_)) => {
            assert!(tasks.0.contains(&call), "{call} is updated without a Task");
        }
        (false, ..) => {}
    }
    match (fate, leased.aim) {
        (Fate::Delivered, Aim::Withdraw(_)) => home.store.withdrawn(&ticket).await.unwrap(),
        (Fate::Delivered, Aim::Log) => {
            home.store.delivered(&ticket, Done::found(task(number))).await.unwrap();
        }
        (Fate::AnswerLost, _) => {
            home.store.postpone(&ticket, now, reason("lost"), true).await.unwrap();
        }
        (Fate::NotSent, _) => {
            home.store.postpone(&ticket, now, reason("unreachable"), false).await.unwrap();
        }
        (Fate::Refused, _) => home.store.park(&ticket, reason("refused")).await.unwrap(),
        (Fate::Killed, _) => {}
    }
    None
}

async fn tell(steps: Vec<Step>) {
    let mut home = Home::new().await;
    let mut tasks = Tasks::default();
    let mut due: HashSet<CallId> = HashSet::new();
    let mut over: HashSet<CallId> = HashSet::new();
    let mut discarded: HashSet<CallId> = HashSet::new();
    let mut working = None;
    let mut now = NOW;
    for step in steps {
        now = now.plus(Duration::from_secs(20));
        match step {
            Step::Remember(call) => {
                home.store.remember(memory(&format!("1.{call}"))).await.unwrap();
            }
            Step::Forget(call) => {
                let call = CallId::new(format!("1.{call}"));
                home.store.forget_live(&desk(), &call).await.unwrap();
                if !over.contains(&call) {
                    discarded.remove(&call);
                }
            }
            Step::Finish(call, outcome, talked) => {
                let entry = ended(call, outcome, talked);
                over.insert(entry.call.clone());
                let new = (outcome != Outcome::Elsewhere).then(|| delivery(&entry));
                if new.is_some() {
                    due.insert(entry.call.clone());
                }
                home.store.finish(finished(&entry), new).await.unwrap();
            }
            Step::Match(call, record) => {
                let call = CallId::new(format!("1.{call}"));
                home.store.set_match(&desk(), &call, matched(record)).await.unwrap();
            }
            Step::Remark(call, note) => {
                let remarks =
                    Remarks { note: Some(format!("note {note}")), outcome: None, related: None };
                let call = CallId::new(format!("1.{call}"));
                home.remark(&call, remarks, None).await;
            }
            Step::Discard(call) => {
                let call = CallId::new(format!("1.{call}"));
                match home.store.discard(&desk(), &call, now).await.unwrap() {
                    // Also while it lives: its end heeds that.
                    Some(Discarded::Unsent | Discarded::Sent) => discarded.insert(call),
                    Some(Discarded::NoEntry) | None => false,
                };
            }
            Step::Work(fate) => working = work(&home, &mut tasks, working.take(), now, fate).await,
            Step::Restart => {
                working = None;
                home = home.reopen().await;
            }
            Step::Clock(seconds) => {
                now = Timestamp::from_millis(now.as_millis() + 1_000 * seconds);
            }
        }
    }
    // In the end Salesforce takes everything, and a person tries again what is stuck.
    home.store.retry(None, now).await.unwrap();
    for _ in 0..(CALLS * 6) {
        now = now.plus(LEASE);
        for _ in 0..3 {
            working = work(&home, &mut tasks, working.take(), now, Fate::Delivered).await;
        }
    }
    let rest = home.lease_at(now.plus(LEASE)).await;
    assert_eq!(rest, None, "something is sent for ever");

    let calls = home.store.calls(usize::MAX, None).await.unwrap();
    let mut seen = HashSet::new();
    let mut keys = HashSet::new();
    for call in calls {
        assert!(seen.insert(call.call.clone()), "{} is there twice", call.call);
        if !due.contains(&call.call) {
            assert_eq!(call.delivery, None);
            continue;
        }
        assert!(call.finished);
        assert!(keys.insert(call.key.clone()), "two calls have one key");
        let view = call.delivery.clone().expect("a call that ended has its delivery");
        match view.state {
            DeliveryState::Logged => {
                assert!(!discarded.contains(&call.call), "a discarded call is logged");
                assert!(tasks.0.contains(&call.call));
                // The Task carries the key of what the call turned out to be.
                if let Some(entry) =
                    call.entry().filter(|entry| entry.outcome != Outcome::Elsewhere)
                {
                    assert_eq!(call.key, Some(key(&entry)));
                }
            }
            DeliveryState::Skipped => {
                let reason = view.reason.unwrap().code;
                let expected = if discarded.contains(&call.call) {
                    "journal.discarded"
                } else {
                    assert_eq!(call.outcome, Some(Outcome::Elsewhere));
                    "elsewhere"
                };
                assert_eq!(reason, expected);
                assert!(!tasks.0.contains(&call.call), "its Task is still there");
            }
            DeliveryState::Waiting | DeliveryState::Stuck => panic!("{view:?}"),
        }
    }
    assert!(due.is_subset(&seen), "a finished call is lost");
}

fn histories() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    #[test]
    fn every_call_that_ended_is_sent_once_and_as_it_was_last_known(
        steps in prop::collection::vec(step(), 1..24)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tell(steps));
    }
}

#[tokio::test]
async fn a_delivery_told_to_be_skipped_first_is_never_sent() {
    let home = Home::new().await;
    let skip = NewDelivery { skip: Some(reason("internal")), ..delivery(&entry("1.0")) };
    home.store.finish(finished(&entry("1.0")), Some(skip)).await.unwrap();

    home.store.retry(None, NOW).await.unwrap();

    assert_eq!(home.lease().await, None);
}
