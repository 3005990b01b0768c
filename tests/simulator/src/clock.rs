//! The time inside a simulated server: the computer's, plus what a test has let pass.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A clock that runs with the computer's and can be moved on.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970, UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        real + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Lets `passed` go by at once.
    pub(crate) fn advance(&self, passed: Duration) {
        self.ahead_ms.fetch_add(ms(passed), Ordering::Relaxed);
    }

    /// Puts the clock wrong by a number of seconds, forwards or backwards.
    pub(crate) fn skew(&self, seconds: i64) {
        self.ahead_ms.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

/// A duration in whole milliseconds.
pub(crate) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
