//! A desk's clock that somebody sets.

use std::{
    backtrace::Backtrace,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{Moment, Timestamp};
use engine::ports::{Clock, SystemClock};

/// The computer's clock, set wrong by what a test says. The clock that nobody sets goes on as it is, unless time passes.
#[derive(Clone, Debug, Default)]
pub struct MovedClock {
    wrong_by: Arc<AtomicI64>,
    passed: Arc<AtomicU64>,
    /// Where it fails, and how often.
    trap: Arc<Mutex<Option<(&'static str, usize)>>>,
}

impl MovedClock {
    /// Somebody sets the clock: so many days ahead of the computer's, or behind.
    pub fn is_wrong_by_days(&self, days: i64) {
        self.is_wrong_by_seconds(days * 86_400);
    }

    /// Somebody sets the clock: so many seconds ahead of the computer's, or behind.
    pub fn is_wrong_by_seconds(&self, seconds: i64) {
        self.wrong_by.store(seconds * 1_000, Ordering::Relaxed);
    }

    /// So much time goes by at once. Who waits for it sees so when something else wakes them.
    pub fn passes(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).expect("not for ever");
        self.passed.fetch_add(millis, Ordering::Relaxed);
    }
}

impl MovedClock {
    /// It panics so many times when somebody in this place, or called from there, looks at it: `engine::outbox::attempt`.
    /// So a task fails in its middle, and the program needs no place for tests.
    pub fn fails_within(&self, place: &'static str, times: usize) {
        *self.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some((place, times));
    }

    /// Says whether it has failed as often as it was to.
    pub fn has_failed(&self) -> bool {
        let trap = self.trap.lock().unwrap_or_else(PoisonError::into_inner);
        trap.is_some_and(|(_, left)| left == 0)
    }

    fn spring(&self) {
        let mut trap = self.trap.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((place, times)) = trap.filter(|(_, times)| *times > 0) else { return };
        if Backtrace::force_capture().to_string().contains(place) {
            *trap = Some((place, times - 1));
            drop(trap);
            panic!("the clock fails within {place}, as the test wants");
        }
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Moment {
        self.spring();
        let real = SystemClock.now();
        let passed = Duration::from_millis(self.passed.load(Ordering::Relaxed));
        let wall = real.wall.as_millis().saturating_add(self.wrong_by.load(Ordering::Relaxed));
        Moment { wall: Timestamp::from_millis(wall).plus(passed), steady: real.steady + passed }
    }
}
