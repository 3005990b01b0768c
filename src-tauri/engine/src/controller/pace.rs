//! How often it is told what people see, and how often the list is read: at once, unless so much happens that nothing else
//! would be done.

use std::time::Duration;

/// What people see is told so many times in a row: a start and a call together take no more.
const AT_ONCE: u32 = 64;
/// And once more after each of these.
const EVERY: Duration = Duration::from_millis(50);
/// The list is read so many times in a row: what a person does to a call takes no more.
const READ_AT_ONCE: u32 = 24;
/// And once more after each of these: in a flood each reading would be behind the next.
const READ_EVERY: Duration = Duration::from_millis(250);

/// How often it may be told now. Times are on the steady clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    at_once: u32,
    every: Duration,
    left: u32,
    /// Since when the next one grows.
    since: Duration,
    /// Something has happened since it was told last.
    owed: bool,
}

impl Pace {
    /// The pace of telling what people see.
    pub(crate) const fn of_telling() -> Self {
        Self::new(AT_ONCE, EVERY)
    }

    /// The pace of reading the list.
    pub(crate) const fn of_reading() -> Self {
        Self::new(READ_AT_ONCE, READ_EVERY)
    }

    const fn new(at_once: u32, every: Duration) -> Self {
        Self { at_once, every, left: at_once, since: Duration::ZERO, owed: false }
    }

    /// Something has happened. Says whether it is to be told now; if not, [`Self::wait`] says when.
    pub(crate) fn may_tell(&mut self, now: Duration) -> bool {
        let grown = now.saturating_sub(self.since).as_millis() / self.every.as_millis();
        let grown = u32::try_from(grown).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(grown).min(self.at_once);
        self.since = if self.left == self.at_once { now } else { self.since + self.every * grown };
        self.owed = self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.owed
    }

    /// Returns how long what has happened is kept back still, where it is.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        self.owed.then(|| (self.since + self.every).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn told(pace: &mut Pace, from: Duration, times: u32, each: Duration) -> u32 {
        (0..times).map(|n| u32::from(pace.may_tell(from + each * n))).sum()
    }

    #[test]
    fn what_happens_now_and_then_is_told_at_once() {
        let mut pace = Pace::of_telling();
        assert_eq!(told(&mut pace, START, AT_ONCE, Duration::ZERO), AT_ONCE);
        assert_eq!(pace.wait(START), None);
        let later = START + Duration::from_secs(1);
        assert_eq!(told(&mut pace, later, 100, EVERY), 100);
    }

    #[test]
    fn a_flood_is_told_twenty_times_a_second_and_its_end_too() {
        let mut pace = Pace::of_telling();
        let each = Duration::from_micros(500);
        let told = told(&mut pace, START, 20_000, each);
        assert!((200..=200 + AT_ONCE).contains(&told), "{told} in ten seconds");
        let over = START + each * 20_000;
        let wait = pace.wait(over).expect("the last of it was not told");
        assert!(wait <= EVERY, "{wait:?}");
        assert!(pace.may_tell(over + wait));
        assert_eq!(pace.wait(over + wait), None);
    }
}
