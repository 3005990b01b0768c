//! How far the PBX's clock is from ours, and what it was before one of them was set.
//!
//! Records are stamped by the PBX's clock, and asked for by spans of ours. Where a clock is put right in between, the
//! same moment has two names: a span is read under both.

use std::{
    ops::RangeInclusive,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Moment, Timestamp};

use super::Client;
use crate::{
    error::{Error, Retry},
    wire::clock::PbxClock,
};

/// How long a reading of the PBX's clock is believed: its zone changes with summer time, and somebody may set it.
const LIFE: Duration = Duration::from_secs(3_600);
/// Our clock was set if it has gained or lost more than this against the steady one. Less is what drift comes to.
const SET_BY_MS: i64 = 2_000;

/// By how many seconds the PBX's clock was ahead of ours, at least and at most, since all records were known last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skews {
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
}

impl Skews {
    /// Both clocks have always been so far apart.
    pub const fn always(seconds: i64) -> Self {
        Self { least: seconds, most: seconds }
    }

    fn with(self, seconds: i64) -> Self {
        Self { least: self.least.min(seconds), most: self.most.max(seconds) }
    }
}

/// What is known of the PBX's clock.
#[derive(Debug, Default)]
pub(super) struct TheirClock {
    /// And when it was read.
    read: Option<(PbxClock, Moment)>,
    skews: Option<Skews>,
    doubted: bool,
}

impl TheirClock {
    pub(super) fn shows(&mut self, clock: PbxClock, now: Moment) {
        let error = clock.error();
        self.skews = Some(self.skews.map_or(Skews::always(error), |skews| skews.with(error)));
        self.read = Some((clock, now));
        self.doubted = false;
    }

    fn is_stale(&self, now: Moment) -> bool {
        self.doubted
            || self.read.is_none_or(|(_, at)| {
                now.steady.saturating_sub(at.steady) > LIFE || now.set_by(at).abs() > SET_BY_MS
            })
    }
}

/// A span of our time as the PBX's clock names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Client {
    /// Returns by how much the PBX's clock was ahead of ours, as far as it was read.
    pub fn skews(&self) -> Option<Skews> {
        self.lock_clock().skews
    }

    /// Says what [`skews`](Self::skews) an earlier run has seen since it knew all records.
    pub fn had_skews(&self, earlier: Skews) {
        let skews = &mut self.lock_clock().skews;
        *skews = Some(skews.map_or(earlier, |known| known.with(earlier.least).with(earlier.most)));
    }

    /// All records up to now are known: what the clocks were before is of no interest any more.
    pub fn forget_skews(&self) {
        let mut clock = self.lock_clock();
        clock.skews = clock.read.map(|(clock, _)| Skews::always(clock.error()));
    }

    /// Returns by how much the PBX's clock is behind ours without being called wrong for it: its records seem to begin so
    /// much earlier.
    pub fn lag(&self) -> Duration {
        let skew = self.clock().and_then(|clock| clock.skew).unwrap_or(0);
        let behind = self.clock().map_or(0, |clock| clock.error() - skew);
        Duration::from_secs(u64::try_from(behind).unwrap_or(0))
    }

    /// Has the PBX's clock read again before it is believed: it may have been set while there was no connection.
    pub(crate) fn doubt_clock(&self) {
        self.lock_clock().doubted = true;
    }

    /// Returns how the PBX's clock relates to ours, if it was asked before.
    pub(crate) fn clock(&self) -> Option<PbxClock> {
        self.lock_clock().read.map(|(clock, _)| clock)
    }

    /// Says whether the PBX's clock should be asked for (again).
    pub(crate) fn clock_is_stale(&self) -> bool {
        self.lock_clock().is_stale(self.now())
    }

    /// Returns how the PBX's clock relates to ours, and asks for that where it is not known well.
    pub(super) async fn ensured_clock(&self) -> Result<Option<PbxClock>, Error> {
        if self.clock_is_stale()
            && let Err(error) = self.system_information().await
            && error.retry() != Retry::Never
        {
            return Err(error);
        }
        Ok(self.clock())
    }

    /// Names a span of our time by the PBX's clock: wide enough for every reading of both clocks since all records were
    /// known.
    pub(super) async fn span(&self, from: Timestamp, to: Timestamp) -> Result<Span, Error> {
        let Some(clock) = self.ensured_clock().await? else { return Ok(Span { from, to }) };
        let skews = self.skews().unwrap_or(Skews::always(0)).with(clock.error());
        let by = |seconds: i64| seconds.saturating_mul(1_000);
        Ok(Span { from: from.shifted(by(skews.least)), to: to.shifted(by(skews.most)) })
    }

    /// Tells what our clock showed when the PBX's showed `at`: a moment of the span that was `asked` for, by one of the
    /// readings of both clocks since all records were known; as a rule by the last.
    pub(super) fn on_our_clock(
        &self,
        at: Timestamp,
        asked: &RangeInclusive<Timestamp>,
    ) -> Timestamp {
        let known = self.lock_clock();
        let now = known.read.map_or(0, |(clock, _)| clock.error());
        let skews = known.skews.unwrap_or(Skews::always(now));
        let ours = |skew: i64| at.shifted(skew.saturating_mul(-1_000));
        [now, skews.least, skews.most]
            .into_iter()
            .map(ours)
            .find(|at| asked.contains(at))
            .unwrap_or_else(|| ours(now).max(*asked.start()).min(*asked.end()))
    }

    pub(super) fn lock_clock(&self) -> MutexGuard<'_, TheirClock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
