//! Notices that the computer slept.
//!
//! After sleep a connection may look open for minutes although the other side is long gone. While the computer
//! sleeps some clocks stand still and others go on; either way one of them is ahead of what we meant to wait.

mod alarm;

use std::{sync::Arc, time::Duration};

use domain::{Clock, Timestamp};

use tokio::time::Instant;

use alarm::{Alarm, BEAT};

#[derive(Debug)]
pub(crate) struct Pulse {
    clock: Arc<dyn Clock>,
    last: Clocks,
    alarm: Alarm,
}

/// What the clocks showed at a beat.
#[derive(Debug)]
struct Clocks {
    steady: Instant,
    wall: Timestamp,
}

/// More than a busy computer keeps a timer waiting.
const SLEPT: Duration = Duration::from_secs(9);

impl Pulse {
    /// Must be called on a runtime.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { last: Clocks::now(&*clock), clock, alarm: Alarm::new() }
    }

    /// Returns once the computer has slept. Cancel-safe.
    pub(crate) async fn slept(&mut self) {
        loop {
            self.alarm.rings().await;
            if self.last.beat(&*self.clock) {
                return;
            }
        }
    }

    /// Forgets the time since the last beat: it was spent waiting on our own account.
    pub(crate) fn reset(&mut self) {
        self.last = Clocks::now(&*self.clock);
        self.alarm.reset();
    }
}

impl Clocks {
    fn now(clock: &dyn Clock) -> Self {
        Self { steady: Instant::now(), wall: clock.now().wall }
    }

    /// Says whether much more time has passed since the last beat than a beat takes.
    fn beat(&mut self, clock: &dyn Clock) -> bool {
        let now = Self::now(clock);
        let steady = now.steady.duration_since(self.steady);
        // A wall clock that was set back says nothing; one that was set forward costs one needless reconnection.
        let wall = now.wall.since(self.wall);
        *self = now;
        steady.max(wall) > BEAT + SLEPT
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::Moment;

    use super::*;

    #[derive(Debug)]
    struct Hands(Mutex<Timestamp>);

    impl Clock for Hands {
        fn now(&self) -> Moment {
            Moment { wall: *self.0.lock().unwrap(), steady: Duration::ZERO }
        }
    }

    #[test]
    fn a_clock_that_ran_ahead_means_sleep() {
        let hands = Hands(Mutex::new(Timestamp::from_seconds(1_767_600_923)));
        let turn = |by_seconds: i64| {
            let mut at = hands.0.lock().unwrap();
            *at = at.shifted(by_seconds * 1_000);
        };
        let mut clocks = Clocks::now(&hands);
        assert!(!clocks.beat(&hands));
        turn(30);
        assert!(clocks.beat(&hands));
        assert!(!clocks.beat(&hands), "once is enough");
        if let Some(earlier) = clocks.steady.checked_sub(Duration::from_secs(30)) {
            clocks.steady = earlier;
            assert!(clocks.beat(&hands));
        }
        turn(-3_600);
        assert!(!clocks.beat(&hands), "a clock set back is no sleep");
    }
}
