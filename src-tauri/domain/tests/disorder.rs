//! Whatever the order, the repeats, the losses and the restarts: at most one pop and exactly one entry per call.

mod office;

use domain::{
    CallEvent, CallRecord, Effect, Input,
    LegStatus::{Alert, Answer, Answered, Bye, Ring},
    Outcome, PhoneState, RecordKind, RecordStatus,
};
use office::{ADA, Desk, extension, id, inbound, legs, outbound, own, record, through};
use proptest::prelude::*;

/// What happens in a call, and what the PBX writes about it.
#[derive(Clone, Debug)]
struct Story {
    events: Vec<CallEvent>,
    records: Vec<CallRecord>,
    ours: bool,
}

fn stories(call: &str) -> Vec<Story> {
    let story =
        |events: Vec<CallEvent>, records: Vec<CallRecord>| Story { events, records, ours: true };
    let answered = record(call, ADA, "4101", RecordStatus::Answered, RecordKind::Inbound, 51);
    let missed = record(call, ADA, "4101", RecordStatus::NoAnswer, RecordKind::Inbound, 0);
    let placed = record(call, "4101", ADA, RecordStatus::Answered, RecordKind::Outbound, 30);
    let by_colleague = record(call, ADA, "4102", RecordStatus::Answered, RecordKind::Inbound, 9);
    vec![
        story(
            vec![
                CallEvent::Phone(PhoneState::Ringing),
                legs(call, &[inbound(Alert), own(Ring)]),
                CallEvent::Phone(PhoneState::Busy),
                legs(call, &[inbound(Answered), own(Answer)]),
                legs(call, &[inbound(Bye)]),
                legs(call, &[own(Bye)]),
                CallEvent::Phone(PhoneState::Idle),
                CallEvent::Record(answered.clone()),
            ],
            vec![answered],
        ),
        story(
            vec![
                legs(call, &[inbound(Alert), own(Ring)]),
                legs(call, &[inbound(Bye), own(Bye)]),
                CallEvent::Failed { call: id(call), reason: "487".to_owned() },
                CallEvent::Record(missed.clone()),
            ],
            vec![missed],
        ),
        story(
            vec![
                legs(call, &[own(Alert), outbound(Ring)]),
                legs(call, &[own(Answered), outbound(Answer)]),
                legs(call, &[own(Bye), outbound(Bye)]),
                CallEvent::Record(placed.clone()),
            ],
            vec![placed],
        ),
        story(
            vec![
                legs(
                    call,
                    &[
                        inbound(Alert),
                        through("6400", own(Ring)),
                        through("6400", extension("4102", Ring)),
                    ],
                ),
                legs(call, &[inbound(Answered), own(Bye), extension("4102", Answer)]),
                legs(call, &[inbound(Bye), extension("4102", Bye)]),
                CallEvent::Record(by_colleague.clone()),
            ],
            vec![by_colleague.clone()],
        ),
        Story {
            events: vec![
                legs(call, &[inbound(Alert), extension("4102", Ring)]),
                legs(call, &[inbound(Answered), extension("4102", Answer)]),
                CallEvent::Record(by_colleague.clone()),
            ],
            records: vec![by_colleague],
            ours: false,
        },
    ]
}

#[derive(Clone, Debug)]
enum Trouble {
    Repeat(usize),
    Lose(usize),
    Swap(usize),
    Restart(usize),
    Pause(usize, u64),
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        (0_usize..16).prop_map(Trouble::Repeat),
        (0_usize..16).prop_map(Trouble::Lose),
        (0_usize..16).prop_map(Trouble::Swap),
        (0_usize..16).prop_map(Trouble::Restart),
        ((0_usize..16), (1_u64..90)).prop_map(|(at, seconds)| Trouble::Pause(at, seconds)),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Hear(CallEvent),
    Restart,
    Wait(u64),
}

fn steps(story: &Story, troubles: &[Trouble]) -> Vec<Step> {
    let mut steps: Vec<Step> = story.events.iter().cloned().map(Step::Hear).collect();
    for trouble in troubles {
        let length = steps.len();
        if length < 2 {
            break;
        }
        match trouble {
            Trouble::Repeat(at) => steps.insert(at % length, steps[at % length].clone()),
            Trouble::Lose(at) => {
                steps.remove(at % length);
            }
            Trouble::Swap(at) => steps.swap(at % (length - 1), at % (length - 1) + 1),
            Trouble::Restart(at) => steps.insert(at % length, Step::Restart),
            // Not before the first event that shows the call: the record names the time at which it began.
            Trouble::Pause(at, seconds) => {
                steps.insert((2 + at % length).min(length), Step::Wait(*seconds));
            }
        }
    }
    steps
}

fn play(desk: &mut Desk, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Hear(event) => desk.hears(event),
            Step::Restart => desk.restarts(),
            Step::Wait(seconds) => desk.waits(seconds),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_call_in_trouble(which in 0_usize..5, troubles in prop::collection::vec(trouble(), 0..6)) {
        let story = stories("1767600923.417").swap_remove(which);
        let mut desk = Desk::open();
        play(&mut desk, steps(&story, &troubles));
        // The connection comes back: live calls first, then the records, then quiet.
        desk.hears(CallEvent::Live(Vec::new())).takes(Input::Past(story.records.clone())).waits(200);
        check(&desk, "1767600923.417", &story, is_whole(&troubles))?;
        // And once more: an ended call stays ended.
        let before = desk.entries().len();
        play(&mut desk, steps(&story, &[]));
        desk.takes(Input::Past(story.records.clone())).waits(200);
        // A call of which nothing was heard the first time is heard now.
        prop_assert_eq!(desk.entries().len(), before.max(usize::from(story.ours)));
    }

    #[test]
    fn two_calls_woven_into_each_other(
        first in 0_usize..5, second in 0_usize..5,
        weave in prop::collection::vec(any::<bool>(), 24),
        troubles in prop::collection::vec(trouble(), 0..4),
    ) {
        let (one, two) = (stories("1.1").swap_remove(first), stories("2.2").swap_remove(second));
        let mut a = steps(&one, &troubles).into_iter();
        let mut b = steps(&two, &[]).into_iter();
        let mut desk = Desk::open();
        for left in weave {
            let step = if left { a.next().or_else(|| b.next()) } else { b.next().or_else(|| a.next()) };
            play(&mut desk, step.into_iter().collect());
        }
        play(&mut desk, a.chain(b).collect());
        let records = one.records.iter().chain(&two.records).cloned().collect();
        desk.hears(CallEvent::Live(Vec::new())).takes(Input::Past(records)).waits(200);
        check(&desk, "1.1", &one, is_whole(&troubles))?;
        // Its record names the time at which it would have begun without the other one's pauses.
        let paused = troubles.iter().any(|trouble| matches!(trouble, Trouble::Pause(..)));
        check(&desk, "2.2", &two, !paused)?;
    }
}

/// Says whether every event of a story is heard in its order: an answer whose ring is not may be somebody else's call that
/// is handed over, and the record then does not say for how long this agent spoke.
fn is_whole(troubles: &[Trouble]) -> bool {
    !troubles.iter().any(|trouble| matches!(trouble, Trouble::Lose(_) | Trouble::Swap(_)))
}

fn check(desk: &Desk, call: &str, story: &Story, whole: bool) -> Result<(), TestCaseError> {
    let call = id(call);
    let entries: Vec<_> = desk.entries().into_iter().filter(|entry| entry.call == call).collect();
    let pops = desk
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Pop { call: popped, .. } if *popped == call))
        .count();
    prop_assert!(pops <= 1, "{pops} pops");
    if !story.ours {
        prop_assert!(entries.is_empty() && pops == 0, "a foreign call left a trace");
        return Ok(());
    }
    // A group call that a colleague took, and of which nothing but that was heard, may stay unknown.
    let elsewhere = story.records.iter().all(|record| record.from != "4101" && record.to != "4101");
    if elsewhere {
        prop_assert!(entries.len() <= 1);
        prop_assert!(
            entries.iter().all(|entry| entry.outcome == Outcome::Elsewhere),
            "{entries:?}"
        );
    } else {
        prop_assert_eq!(entries.len(), 1, "entries of {}: {:?}", call, entries);
        let last = desk
            .amendments()
            .into_iter()
            .rfind(|entry| entry.call == call)
            .unwrap_or_else(|| entries[0].clone());
        let record = &story.records[0];
        if record.status == RecordStatus::Answered {
            prop_assert_eq!(last.outcome, Outcome::Answered);
            prop_assert!(!whole || last.talked == record.talked, "{last:?}");
        } else {
            prop_assert_eq!(last.outcome, Outcome::Missed);
        }
    }
    Ok(())
}
