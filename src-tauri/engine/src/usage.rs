//! How much of the org's daily allowance this desk has used.

use domain::Timestamp;

/// Salesforce requests of one calendar day, over restarts and sign-ins.
///
/// Kept with up to a minute's delay: what a kill takes away is missing in a figure for people, and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayCount {
    day: Timestamp,
    counted: u64,
    /// What the session had counted when it was last asked.
    seen: u64,
    /// What was written down.
    kept: (Timestamp, u64),
}

impl DayCount {
    /// Goes on from what [`Self::unkept`] wrote.
    pub(crate) fn resume(mark: &str) -> Self {
        let read = || {
            let (day, counted) = mark.split_once(' ')?;
            Some((Timestamp::from_millis(day.parse().ok()?), counted.parse().ok()?))
        };
        read().map_or_else(Self::default, |(day, counted)| Self {
            day,
            counted,
            seen: 0,
            kept: (day, counted),
        })
    }

    /// Takes in what the session counts since it began; `day` is when the day began.
    pub(crate) fn take(&mut self, day: Timestamp, session: u64) {
        if day != self.day {
            (self.day, self.counted) = (day, 0);
        }
        // A session that was begun anew counts from nothing.
        self.counted += session.checked_sub(self.seen).unwrap_or(session);
        self.seen = session;
    }

    pub(crate) fn today(&self) -> u64 {
        self.counted
    }

    /// Returns what is to be written down, unless it is.
    pub(crate) fn unkept(&mut self) -> Option<String> {
        let now = (self.day, self.counted);
        (std::mem::replace(&mut self.kept, now) != now)
            .then(|| format!("{} {}", self.day.as_millis(), self.counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: Timestamp = Timestamp::from_millis(1_767_571_200_000);
    const TUESDAY: Timestamp = Timestamp::from_millis(1_767_657_600_000);

    #[test]
    fn a_day_is_counted_over_restarts_and_sign_ins() {
        let mut count = DayCount::default();
        count.take(MONDAY, 3);
        count.take(MONDAY, 5);
        // Signed in anew.
        count.take(MONDAY, 2);
        assert_eq!(count.today(), 7);
        let mut again = DayCount::resume(&count.unkept().unwrap());
        assert_eq!((again.unkept(), count.unkept()), (None, None));
        again.take(MONDAY, 4);
        assert_eq!(again.today(), 11);
    }

    #[test]
    fn a_new_day_begins_at_nothing() {
        let mut count = DayCount::default();
        count.take(MONDAY, 40);
        count.take(TUESDAY, 42);
        assert_eq!(count.today(), 2);
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_no_count() {
        for mark in ["", "x", "1 x", "x 1", "1"] {
            assert_eq!(DayCount::resume(mark), DayCount::default());
        }
    }
}
