//! Off and on, as often as people like: a call that began while the integration was on is ours, and no other.

use std::time::Duration;

use domain::{Break, Duty, Timestamp};
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

const NONE: Duration = Duration::ZERO;

#[test]
fn what_began_before_it_was_switched_off_is_ours_also_when_it_is_on_again() {
    let mut duty = Duty::default();
    assert!(duty.off(at(100)) && !duty.off(at(110)));
    assert_eq!(duty.off_since(), Some(at(100)));
    assert!(duty.is_ours(at(99)) && !duty.is_ours(at(100)) && !duty.is_ours(at(1_000)));
    assert!(duty.on(at(200)) && !duty.on(at(210)));
    assert_eq!(duty.off_since(), None);
    assert!(duty.is_ours(at(99)) && duty.is_ours(at(200)));
    assert!(!duty.is_ours(at(100)) && !duty.is_ours(at(198)));
    assert_eq!(
        duty.stretches(at(50), at(300), NONE, NONE),
        [(at(50), at(100)), (at(200), at(300))],
        "the time that was off is not read"
    );
}

#[test]
fn of_the_seconds_of_the_switches_the_last_one_is_ours_and_the_first_is_not() {
    let mut duty = Duty::default();
    duty.off(Timestamp::from_millis(100_400));
    duty.on(Timestamp::from_millis(200_600));
    assert!(!duty.is_ours(at(100)), "what was heard before the switch is known without its record");
    assert!(duty.is_ours(at(200)), "it may have begun in the last 400 ms");
    assert!(!duty.is_ours(at(101)) && !duty.is_ours(at(199)));
}

#[test]
fn what_a_clock_that_was_ahead_has_written_counts_as_now() {
    let mut duty = Duty::default();
    duty.off(at(7_300));
    assert!(duty.on(at(120)), "the clock was put right meanwhile");
    assert!(duty.is_ours(at(7_400)) && duty.is_ours(at(130)));
    let kept = Duty::kept([Break { from: at(7_300), until: None }], at(120));
    assert_eq!(kept.off_since(), Some(at(120)));
}

#[test]
fn the_shortest_breaks_are_forgotten_where_there_are_very_many() {
    let mut duty = Duty::default();
    for n in 0..500 {
        duty.off(at(n * 100));
        duty.on(at(n * 100 + if n % 10 == 0 { 50 } else { 2 }));
    }
    assert!(duty.breaks().len() <= 64);
    assert!((0..50).all(|n| !duty.is_ours(at(n * 1_000 + 25))), "none of the long ones");
}

/// A person's switch, so many seconds after the one before.
fn switches() -> impl Strategy<Value = Vec<(i64, bool)>> {
    prop::collection::vec((0_i64..120, any::<bool>()), 0..40)
}

proptest! {
    /// Compares with a list that has a word for every second.
    #[test]
    fn the_breaks_say_of_every_second_what_was_so(switches in switches(), restarts in any::<u64>()) {
        let mut duty = Duty::default();
        let mut on = true;
        let mut now = 1_000;
        let mut seconds: Vec<bool> = vec![true; 1_000];
        for (n, (wait, switch)) in switches.into_iter().enumerate() {
            seconds.extend(std::iter::repeat_n(on, usize::try_from(wait).unwrap()));
            now += wait;
            let changed = if switch { duty.on(at(now)) } else { duty.off(at(now)) };
            prop_assert_eq!(changed, on != switch);
            on = switch;
            if restarts & (1 << (n % 64)) != 0 {
                duty = Duty::kept(duty.breaks().to_vec(), at(now));
            }
        }
        seconds.push(on);
        for (second, was_on) in seconds.iter().enumerate() {
            let second = i64::try_from(second).unwrap();
            prop_assert_eq!(duty.is_ours(at(second)), *was_on, "second {}", second);
        }
    }

    /// Whatever is ours between the last moment of certainty and now lies in a stretch that is read.
    #[test]
    fn no_call_that_is_ours_lies_outside_what_is_read(
        switches in switches(),
        from in 0_i64..3_000,
        before in 0_u64..100,
    ) {
        let mut duty = Duty::default();
        let mut now = 1_000;
        for (wait, switch) in switches {
            now += wait;
            if switch { duty.on(at(now)) } else { duty.off(at(now)) };
        }
        let before = Duration::from_secs(before);
        let read = duty.stretches(at(from), at(now), before, before);
        for second in from..=now {
            let is_read = read.iter().any(|(from, until)| (*from..=*until).contains(&at(second)));
            prop_assert!(is_read || !duty.is_ours(at(second)), "second {}", second);
        }
        prop_assert!(read.windows(2).all(|pair| pair[0].1 < pair[1].0), "nothing is read twice");
        duty.read_until(at(from));
        prop_assert_eq!(duty.stretches(at(from), at(now), before, before), read);
    }
}

#[test]
fn a_clock_that_is_set_moves_what_this_run_has_noted_and_nothing_else() {
    let at = Timestamp::from_seconds;
    let mut duty = Duty::default();
    duty.off(at(100));
    duty.on(at(200));
    // This run began at 1000, by a clock that was 500 s ahead.
    duty.off(at(1_100));
    duty.on(at(1_200));
    duty.clock_was_set(at(1_000), at(800), -500_000);
    assert!(!duty.is_ours(at(150)) && !duty.is_ours(at(650)));
    assert!(duty.is_ours(at(750)) && duty.is_ours(at(1_150)));
}

#[test]
fn what_an_earlier_run_has_noted_moves_too_where_it_would_lie_ahead() {
    let at = Timestamp::from_seconds;
    let off = Break { from: at(900), until: Some(at(950)) };
    let mut duty = Duty::kept([off], at(1_000));
    duty.clock_was_set(at(1_000), at(600), -500_000);
    assert!(!duty.is_ours(at(420)) && duty.is_ours(at(500)) && duty.is_ours(at(920)));
}
