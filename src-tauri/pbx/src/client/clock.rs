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
/// Readings that differ by no more seconds than this, beside what the answers took, are of one clock that nobody has set.
const SAME_WITHIN: u64 = 2;
/// So many readings are kept.
const KEPT: usize = 16;
/// A first step that nobody has read may differ from what was read by so much.
const UNREAD_STEP: Duration = Duration::from_secs(120);
/// The PBX's records name whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// By how many seconds the PBX's clock was ahead of ours, at least and at most, since all records were known last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skews {
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
    /// What it was at last, and before when it was not so, where that is known.
    pub last: Option<(i64, Timestamp)>,
}

impl Skews {
    /// Both clocks have always been so far apart.
    pub const fn always(seconds: i64) -> Self {
        Self { least: seconds, most: seconds, last: None }
    }

    fn with(self, seconds: i64) -> Self {
        Self { least: self.least.min(seconds), most: self.most.max(seconds), ..self }
    }
}

/// By how many seconds the PBX's clock was ahead of ours for a while.
#[derive(Clone, Copy, Debug)]
struct Reading {
    skew: i64,
    /// It was not so before then, where that is known: it was read otherwise.
    after: Option<Moment>,
}

impl Reading {
    /// Returns before when it was not so, as our clock names that moment now.
    fn after(&self, now: Moment) -> Option<Timestamp> {
        Some(now.wall.minus(now.steady.saturating_sub(self.after?.steady)))
    }
}

/// What is known of the PBX's clock.
#[derive(Debug, Default)]
pub(super) struct TheirClock {
    /// And when it was read.
    read: Option<(PbxClock, Moment)>,
    /// How far the clocks were apart since all records were known, oldest first. A clock that is wrong is read a second
    /// more or less each time: that is one reading.
    readings: Vec<Reading>,
    /// Up to when an earlier run knew all records: before that the clock was as that run has read it.
    known: Option<Moment>,
    /// By how many seconds it was behind since then, at most, without being called wrong for it.
    lag: i64,
    doubted: bool,
}

impl TheirClock {
    pub(super) fn shows(&mut self, clock: PbxClock, now: Moment) {
        // Theirs may have been set as well, after ours.
        self.ours_was_set(now);
        let skew = clock.error();
        match self.readings.last_mut() {
            Some(last) if last.skew.abs_diff(skew) <= SAME_WITHIN + clock.unsure() => {
                // What took longer to come shows less well.
                if clock.unsure() == 0 {
                    last.skew = skew;
                }
            }
            Some(_) | None => {
                let after = self.read.map(|(_, at)| at).or(self.known);
                self.readings.push(Reading { skew, after });
            }
        }
        self.bound();
        self.lag = self.lag.max(clock.behind());
        self.read = Some((clock, now));
        self.doubted = false;
    }

    fn bound(&mut self) {
        if self.readings.len() > KEPT {
            // The oldest holds for all that is older.
            self.readings.remove(1);
        }
    }

    /// Our clock was set: theirs is so much further from it, whether or not it can be read now.
    fn ours_was_set(&mut self, now: Moment) {
        let (Some((clock, at)), Some(last)) = (self.read, self.readings.last().copied()) else {
            return;
        };
        let clock = clock.seen_after(now.set_by(at) / 1_000);
        if clock.error().abs_diff(last.skew) > SAME_WITHIN {
            self.readings.push(Reading { skew: clock.error(), ..last });
            self.bound();
        }
        self.lag = self.lag.max(clock.behind());
    }

    fn skews(&self, now: Moment) -> Option<Skews> {
        let (first, others) = self.readings.split_first()?;
        let all = others.iter().fold(Skews::always(first.skew), |all, one| all.with(one.skew));
        let last = self.readings.last()?;
        let last = last.after(now).map(|after| (last.skew, after));
        Some(Skews { last, ..all })
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
        let now = self.now();
        self.lock_clock().skews(now)
    }

    /// Says what [`skews`](Self::skews) an earlier run has seen since it knew all records, and up to when it knew them.
    pub fn had_skews(&self, earlier: Skews, known: Option<Timestamp>) {
        let now = self.now();
        let mut clock = self.lock_clock();
        let begins = |at: Timestamp| {
            let steady = now.steady.checked_sub(now.wall.since(at))?;
            (at <= now.wall).then_some(Moment { wall: at, steady })
        };
        let is = |one: i64, skew: i64| one.abs_diff(skew) <= SAME_WITHIN;
        let is_as_earlier =
            |skew: i64| [earlier.least, earlier.most].iter().any(|one| is(*one, skew));
        // What it was at last goes on, with the moment of its beginning: without that, older records could be read by it.
        let last = |skew: i64| earlier.last.filter(|(last, _)| is(*last, skew));
        let went_on = |skew: i64| last(skew).and_then(|(_, after)| begins(after));
        // The clock may be read before this is said, or after it.
        clock.known = known.and_then(begins);
        let known = clock.known;
        if let Some(first) = clock.readings.first_mut() {
            first.after = if is_as_earlier(first.skew) { went_on(first.skew) } else { known };
        }
        let mut earlier_ones = [earlier.least, earlier.most].map(|skew| Reading {
            skew,
            after: went_on(skew).filter(|_| earlier.least != earlier.most),
        });
        if last(earlier.least).is_some() {
            earlier_ones.reverse();
        }
        clock.readings.splice(0..0, earlier_ones);
    }

    /// All records up to now are known: what the clocks were before is of no interest any more.
    pub fn forget_skews(&self) {
        let mut clock = self.lock_clock();
        let now = clock.read.map(|(clock, _)| clock);
        // The last one is younger than what was read, where our clock was set since.
        clock.readings = clock
            .readings
            .last()
            .map(|last| Reading { after: None, ..*last })
            .into_iter()
            .collect();
        clock.lag = now.map_or(0, PbxClock::behind);
    }

    /// Returns by how much the PBX's clock was behind ours, at most, without being called wrong for it: its records seem
    /// to begin so much earlier.
    pub fn lag(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.lock_clock().lag).unwrap_or(0))
    }

    /// Says that our clock was set.
    pub fn our_clock_was_set(&self) {
        let now = self.now();
        self.lock_clock().ours_was_set(now);
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
    /// readings of both clocks since all records were known; as a rule by the last. A reading does not tell of what was
    /// before the PBX's clock was set. Where no reading names a moment of the span, the last one names one outside of it.
    pub(super) fn on_our_clock(
        &self,
        at: Timestamp,
        asked: &RangeInclusive<Timestamp>,
    ) -> Timestamp {
        let now = self.now();
        let known = self.lock_clock();
        let after = |reading: &Reading| Some(reading.after(now)?.minus(SECOND));
        // The PBX's clock may have been set in two steps, the first of which was never read.
        let ours = |reading: &Reading, unread: Duration| {
            let ours = at.shifted(reading.skew.saturating_mul(-1_000));
            let Some(after) = after(reading) else { return Some(ours) };
            (ours.plus(unread) >= after).then_some(ours.max(after))
        };
        let all = || known.readings.iter().rev();
        let likely = all().filter_map(|reading| ours(reading, Duration::ZERO));
        let less_likely = all().filter_map(|reading| ours(reading, UNREAD_STEP));
        likely
            .chain(less_likely)
            .find(|at| asked.contains(at))
            .or_else(|| all().find_map(|reading| ours(reading, Duration::ZERO)))
            .unwrap_or(at)
    }

    pub(super) fn lock_clock(&self) -> MutexGuard<'_, TheirClock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
