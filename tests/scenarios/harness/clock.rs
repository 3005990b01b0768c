//! A desk's clock that somebody sets.

use std::{
    sync::{
        Arc,
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

impl Clock for MovedClock {
    fn now(&self) -> Moment {
        let real = SystemClock.now();
        let passed = Duration::from_millis(self.passed.load(Ordering::Relaxed));
        let wall = real.wall.as_millis().saturating_add(self.wrong_by.load(Ordering::Relaxed));
        Moment { wall: Timestamp::from_millis(wall).plus(passed), steady: real.steady + passed }
    }
}
