//! Notices that the computer slept.
//!
//! After sleep a connection may look open for minutes although the other side is long gone. While the computer
//! sleeps some clocks stand still and others go on; either way one of them is ahead of what we meant to wait.

mod alarm;

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use alarm::{Alarm, BEAT};

#[derive(Debug)]
pub(crate) struct Pulse {
    last: Clocks,
    alarm: Alarm,
}

/// What the clocks showed at a beat.
#[derive(Debug)]
struct Clocks {
    steady: Instant,
    wall: SystemTime,
}

/// More than a busy computer keeps a timer waiting.
const SLEPT: Duration = Duration::from_secs(9);

impl Pulse {
    /// Must be called on a runtime.
    pub(crate) fn new() -> Self {
        Self { last: Clocks::now(), alarm: Alarm::new() }
    }

    /// Returns once the computer has slept. Cancel-safe.
    pub(crate) async fn slept(&mut self) {
        loop {
            self.alarm.rings().await;
            if self.last.beat() {
                return;
            }
        }
    }

    /// Forgets the time since the last beat: it was spent waiting on our own account.
    pub(crate) fn reset(&mut self) {
        self.last = Clocks::now();
        self.alarm.reset();
    }
}

impl Clocks {
    fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Says whether much more time has passed since the last beat than a beat takes.
    fn beat(&mut self) -> bool {
        let now = Self::now();
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
        let mut clocks = Clocks::now();
        assert!(!clocks.beat());
        clocks.wall -= Duration::from_secs(30);
        assert!(clocks.beat());
        assert!(!clocks.beat(), "once is enough");
        if let Some(earlier) = clocks.steady.checked_sub(Duration::from_secs(30)) {
            clocks.steady = earlier;
            assert!(clocks.beat());
        }
        clocks.wall += Duration::from_secs(3600);
        assert!(!clocks.beat(), "a clock set back is no sleep");
    }
}
