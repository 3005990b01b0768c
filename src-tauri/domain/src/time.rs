//! Points in time, as values that somebody else has read from a clock.

use std::time::Duration;

/// A point of wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
///
/// For display, the Task and the PBX's records. Durations come from [`Moment::steady`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Takes seconds since 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Returns milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Returns the time from `earlier` to `self`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the point `by` later.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// Returns the point so many milliseconds later; negative: earlier.
    pub fn shifted(self, by_millis: i64) -> Self {
        Self(self.0.saturating_add(by_millis))
    }

    /// Returns the point `by` earlier.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// "Now", on both clocks that matter.
///
/// `steady` never jumps: it counts from an arbitrary start, goes on during sleep where the system can tell, and is
/// what every duration and deadline is computed from. `wall` is what people and the PBX call the time, and may be
/// set back and forth in the middle of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What a calendar clock shows.
    pub wall: Timestamp,
    /// Time since an arbitrary start of this process.
    pub steady: Duration,
}

/// Whoever reads a clock. The engine has the only one that shows the computer's.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// Returns now. `steady` counts sleep where the system can.
    fn now(&self) -> Moment;
}

impl Moment {
    /// Returns by how many milliseconds the calendar clock was set forward since `earlier`; negative: back. A clock that
    /// nobody sets comes to a few milliseconds.
    pub fn set_by(self, earlier: Self) -> i64 {
        let millis = |at: Self| {
            let steady = i64::try_from(at.steady.as_millis()).unwrap_or(i64::MAX);
            at.wall.as_millis().saturating_sub(steady)
        };
        millis(self).saturating_sub(millis(earlier))
    }
}
