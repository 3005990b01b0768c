//! Notices that the computer slept.
//!
//! After sleep a connection may look open for minutes although the other side is long gone. While the computer
//! sleeps some clocks stand still and others go on; either way one of them is ahead of what we meant to wait.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub(crate) struct Pulse {
    steady: Instant,
    wall: SystemTime,
}

/// Short enough to notice within three seconds of waking up, long enough to cost next to nothing.
const BEAT: Duration = Duration::from_millis(2_500);
/// More than a busy computer keeps a timer waiting.
const SLEPT: Duration = Duration::from_secs(15);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Returns once the computer has slept. Cancel-safe.
    pub(crate) async fn slept(&mut self) {
        loop {
            sleep_until(self.steady + BEAT).await;
            if self.beat() {
                return;
            }
        }
    }

    /// Forgets the time since the last beat: it was spent waiting on our own account.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Says whether much more time has passed since the last beat than a beat takes.
    fn beat(&mut self) -> bool {
        let now = Self::new();
        let steady = now.steady.duration_since(self.steady);
        // A wall clock that was set back says nothing; one that was set forward costs one needless reconnection.
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        *self = now;
        steady.max(wall) > BEAT + SLEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_ran_ahead_means_sleep() {
        let mut pulse = Pulse::new();
        assert!(!pulse.beat());
        pulse.wall -= Duration::from_secs(30);
        assert!(pulse.beat());
        assert!(!pulse.beat(), "once is enough");
        if let Some(earlier) = pulse.steady.checked_sub(Duration::from_secs(30)) {
            pulse.steady = earlier;
            assert!(pulse.beat());
        }
        pulse.wall += Duration::from_secs(3600);
        assert!(!pulse.beat(), "a clock set back is no sleep");
    }
}
