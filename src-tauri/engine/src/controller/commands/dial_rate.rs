//! How often calls may be begun from here, by whatever client.
//!
//! A person begins one call at a time, and hears the phone ring before the next one. What begins calls faster is a key
//! that hangs, a script that has lost its way, or somebody who wants to run up a bill.

use std::{collections::VecDeque, time::Duration};

/// So many calls are taken on within [`A_WHILE`]: who has dialled a wrong number dials anew at once.
const FEW: usize = 3;
const A_WHILE: Duration = Duration::from_secs(6);
/// Tries within [`A_MINUTE`], whatever becomes of them. Who goes down a list of busy lines needs five seconds for each.
const TRIES: usize = 20;
const A_MINUTE: Duration = Duration::from_secs(60);

/// When calls were begun, on the clock that nobody sets.
#[derive(Debug, Default)]
pub(crate) struct DialRate {
    /// The oldest first.
    tries: VecDeque<Duration>,
    /// Those that the PBX has not refused, the oldest first.
    taken: VecDeque<Duration>,
}

impl DialRate {
    /// Counts a try. Where it is one too many, it does not count, and the rest of the wait is returned.
    pub(super) fn may(&mut self, now: Duration) -> Result<(), Duration> {
        let waits = [(&mut self.tries, TRIES, A_MINUTE), (&mut self.taken, FEW, A_WHILE)]
            .map(|(begun, most, span)| rest(begun, most, span, now));
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(wait);
        }
        self.tries.push_back(now);
        self.taken.push_back(now);
        Ok(())
    }

    /// The PBX has refused the last one: who agreed to it may try again at once.
    pub(crate) fn refused(&mut self) {
        self.taken.pop_back();
    }
}

/// Returns how long until one more may be begun, where there are as many as a span may have.
fn rest(
    begun: &mut VecDeque<Duration>,
    most: usize,
    span: Duration,
    now: Duration,
) -> Option<Duration> {
    while begun.front().is_some_and(|at| now.saturating_sub(*at) >= span) {
        begun.pop_front();
    }
    begun.front().filter(|_| begun.len() >= most).map(|at| (*at + span).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn of_seven_calls_in_a_second_three_are_placed() {
        let mut rate = DialRate::default();
        let placed = (0..7).filter(|turn| rate.may(at(10_000 + turn * 140)).is_ok()).count();
        assert_eq!(placed, FEW);
        assert_eq!(rate.may(at(15_500)), Err(at(500)));
        assert_eq!(rate.may(at(16_000)), Ok(()));
    }

    #[test]
    fn a_refused_call_is_tried_again_at_once_and_not_for_ever() {
        let mut rate = DialRate::default();
        let tries = (0..30).filter(|turn| {
            let may = rate.may(at(turn * 100)).is_ok();
            rate.refused();
            may
        });
        assert_eq!(tries.count(), TRIES);
        assert_eq!(rate.may(at(3_000)), Err(at(57_000)));
        assert_eq!(rate.may(at(60_000)), Ok(()));
    }

    #[test]
    fn a_person_who_calls_all_day_is_never_held_up() {
        let mut rate = DialRate::default();
        for call in 0..1_000 {
            assert_eq!(rate.may(at(call * 4_000)), Ok(()), "{call}");
        }
    }
}
