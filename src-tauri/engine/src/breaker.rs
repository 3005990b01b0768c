//! Whether Salesforce is asked at all: after trouble that may not be one entry's own, all entries wait together.
//!
//! Without it every waiting entry would find out for itself that Salesforce is away, and an office full of them would
//! keep knocking. Source: faults.md E3, E5.

use std::time::Duration;

/// The first wait, and the one from which it no longer grows.
const WAIT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// What is added to the longest wait at most, so that an office does not come back at once.
const SPREAD: Duration = Duration::from_secs(15);

/// Failures in a row, and how long nothing is sent after them. Times are the steady clock's.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    open_until: Duration,
}

impl Breaker {
    /// Returns how long nothing is to be sent from now on.
    pub(crate) fn rest(&self, now: Duration) -> Option<Duration> {
        self.open_until.checked_sub(now).filter(|rest| !rest.is_zero())
    }

    /// Says whether the last that is known of Salesforce is that it answers.
    pub(crate) fn is_calm(&self) -> bool {
        self.failures == 0
    }

    /// Takes in a failure after which the same request is worth sending again. Returns the wait, at least the one
    /// that was `asked` for.
    pub(crate) fn failed(&mut self, now: Duration, asked: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let wait = asked.unwrap_or_default().max(wait_after(self.failures));
        self.open_until = now + wait;
        wait
    }

    /// Salesforce has answered, or a person wants it asked now.
    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }
}

/// Grows from two seconds to a minute, with jitter.
pub(crate) fn wait_after(failures: u32) -> Duration {
    let share = f64::from(rand::random::<u32>()) / f64::from(u32::MAX);
    let ceiling = WAIT.0.saturating_mul(1 << failures.min(10));
    if ceiling < WAIT.1 {
        WAIT.0.max(ceiling.mul_f64(share))
    } else {
        WAIT.1 + SPREAD.mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_little_more_than_a_minute_and_ends_with_the_trouble() {
        let mut breaker = Breaker::default();
        let mut now = Duration::from_secs(1_000);
        assert_eq!(breaker.rest(now), None);
        for failure in 1..=20 {
            let wait = breaker.failed(now, None);
            assert!((WAIT.0..=WAIT.1 + SPREAD).contains(&wait), "{failure}: {wait:?}");
            assert!(failure < 6 || wait >= WAIT.1, "{failure}: {wait:?}");
            assert_eq!(breaker.rest(now), Some(wait));
            now += wait;
            assert_eq!(breaker.rest(now), None, "a probe is due");
        }
        let asked = Duration::from_secs(900);
        assert_eq!(breaker.failed(now, Some(asked)), asked);
        breaker.close();
        assert_eq!(breaker.rest(now), None);
        assert!(breaker.failed(now, None) <= WAIT.0 * 2);
    }
}
