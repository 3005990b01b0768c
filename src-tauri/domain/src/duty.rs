//! When calls are ours to log: while the integration was on.
//!
//! A call belongs to the moment at which it began. One that began while the integration was on is logged, also when
//! it ended, or was read from the records, while it was off or after that; one that began while it was off is not,
//! whenever its record comes.

use std::time::Duration;

use crate::time::Timestamp;

/// So many breaks are kept. Where there are more, the shortest counts as time that was on: a call too many is better
/// than a call lost.
const KEPT: usize = 64;
/// The PBX's records name whole seconds. A call is ours if any part of its second comes after the integration was switched
/// on again.
const SECOND: Duration = Duration::from_millis(999);

/// The times at which the integration was off, oldest first and apart from each other. All other times are ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    breaks: Vec<Break>,
}

/// A time that was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// The first moment that is not ours.
    pub from: Timestamp,
    /// The first moment that is ours again; none: it is off still.
    pub until: Option<Timestamp>,
}

/// Says whether a stored moment moves with a clock that was set and shows `now`: what was noted from `began` on, the
/// beginning of this run. What is older may be by another clock than this run's, unless it would lie ahead.
pub fn moves_with_clock(at: Timestamp, began: Timestamp, now: Timestamp) -> bool {
    at >= began || at > now
}

impl Duty {
    /// Takes up what was kept. What lies later than `now` is from a clock that was ahead, and counts as now.
    pub fn kept(breaks: impl IntoIterator<Item = Break>, now: Timestamp) -> Self {
        let mut breaks: Vec<Break> = breaks.into_iter().collect();
        breaks.sort_by_key(|off| off.from);
        let mut duty = Self::default();
        for off in breaks {
            duty.off(off.from.min(now));
            if let Some(until) = off.until {
                duty.on(until.min(now));
            }
        }
        duty
    }

    /// Returns the breaks, to be kept.
    pub fn breaks(&self) -> &[Break] {
        &self.breaks
    }

    /// Returns since when it is off, while it is.
    pub fn off_since(&self) -> Option<Timestamp> {
        self.breaks.last().filter(|last| last.until.is_none()).map(|last| last.from)
    }

    /// It is off from `now` on. Says whether that is news.
    pub fn off(&mut self, now: Timestamp) -> bool {
        if self.off_since().is_some() {
            return false;
        }
        self.heed(now);
        match self.breaks.last_mut() {
            // It was on for no time.
            Some(last) if last.until == Some(now) => last.until = None,
            Some(_) | None => self.breaks.push(Break { from: now, until: None }),
        }
        self.bound();
        true
    }

    /// It is on from `now` on. Says whether that is news.
    pub fn on(&mut self, now: Timestamp) -> bool {
        if self.off_since().is_none() {
            return false;
        }
        self.heed(now);
        if let Some(last) = self.breaks.last_mut() {
            last.until.get_or_insert(now);
        }
        self.breaks.retain(|off| off.until.is_none_or(|until| off.from < until));
        true
    }

    /// The clock was set by so many milliseconds, and shows `now`; negative: back. See [`moves_with_clock`].
    pub fn clock_was_set(&mut self, began: Timestamp, now: Timestamp, by: i64) {
        let moved =
            |at: Timestamp| if moves_with_clock(at, began, now) { at.shifted(by) } else { at };
        for off in &mut self.breaks {
            off.from = moved(off.from);
            off.until = off.until.map(moved);
        }
        self.breaks.retain(|off| off.until.is_none_or(|until| off.from < until));
    }

    /// All records that began before `at` have been read for good: breaks that ended by then need not be known.
    pub fn read_until(&mut self, at: Timestamp) {
        self.breaks.retain(|off| off.until.is_none_or(|until| until > at));
    }

    /// Says whether a call that began then is ours, by the whole seconds of a record. One that began in the second of
    /// switching off counts as made while off: what was heard before is known without its record.
    pub fn is_ours(&self, began: Timestamp) -> bool {
        let second = began.plus(SECOND);
        !self.breaks.iter().any(|off| {
            off.from.as_seconds() <= began.as_seconds()
                && off.until.is_none_or(|until| second < until)
        })
    }

    /// Returns the stretches from `from` to `until` in which calls may have begun that are ours, each widened by so
    /// much at its ends; those that touch then are one.
    pub fn stretches(
        &self,
        from: Timestamp,
        until: Timestamp,
        before: Duration,
        after: Duration,
    ) -> Vec<(Timestamp, Timestamp)> {
        let mut stretches: Vec<(Timestamp, Timestamp)> = Vec::new();
        let mut begin = Some(from);
        let ends = self.breaks.iter().map(|off| (off.from, off.until)).chain([(until, None)]);
        for (end, next) in ends {
            if let Some(began) = begin.filter(|began| *began <= end.min(until)) {
                let (began, ended) = (began.minus(before), end.min(until).plus(after));
                match stretches.last_mut() {
                    Some(last) if last.1 >= began => last.1 = last.1.max(ended),
                    Some(_) | None => stretches.push((began, ended)),
                }
            }
            begin = next.map(|next| next.max(from));
            if begin.is_none() {
                break;
            }
        }
        stretches
    }

    /// Nothing that is known lies ahead of `now`: where it does, the clock was set back.
    fn heed(&mut self, now: Timestamp) {
        for off in &mut self.breaks {
            off.from = off.from.min(now);
            off.until = off.until.map(|until| until.min(now));
        }
        self.breaks.retain(|off| off.until.is_none_or(|until| off.from < until));
    }

    fn bound(&mut self) {
        while self.breaks.len() > KEPT {
            let lengths = self
                .breaks
                .iter()
                .enumerate()
                .filter_map(|(at, off)| off.until.map(|until| (until.since(off.from), at)));
            let Some((_, shortest)) = lengths.min() else { return };
            self.breaks.remove(shortest);
        }
    }
}
