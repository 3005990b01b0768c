//! A desk's clock that somebody sets.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{Moment, Timestamp};
use engine::ports::{Clock, SystemClock};

/// The computer's clock, set wrong by what a test says. The clock that nobody sets goes on as it is.
#[derive(Clone, Debug, Default)]
pub struct MovedClock(Arc<AtomicI64>);

impl MovedClock {
    /// Somebody sets the clock: so many days ahead of the computer's, or behind.
    pub fn is_wrong_by_days(&self, days: i64) {
        self.0.store(days * 86_400_000, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Moment {
        let real = SystemClock.now();
        let wall = real.wall.as_millis().saturating_add(self.0.load(Ordering::Relaxed));
        Moment { wall: Timestamp::from_millis(wall), ..real }
    }
}
