//! How much of the org's daily allowance is used: by this desk, and by all.

use std::{
    future::{Future, pending},
    time::Duration,
};

use domain::Timestamp;
use salesforce::Session;
use tokio::sync::watch;

/// Nothing is asked in the background once so much of the org's allowance is used, in percent.
const BACKGROUND: u64 = 80;
/// What is known of the allowance comes with answers. Where nothing else was asked for this long, give or take a quarter,
/// one question is: without it nobody would learn that there is room again.
const OLD_NEWS: Duration = Duration::from_secs(3_600);

/// What the org has used of what it may use, as far as is known.
type Allowance = Option<(u64, u64)>;

/// Says whether so much of the org's allowance is used that background work has to wait.
pub(crate) fn is_short(session: &Session) -> bool {
    leaves_no_room(*session.watch_allowance().borrow())
}

/// Waits until there is room for background work again, by whatever answer says so.
pub(crate) async fn room_in_the_allowance(session: &Session) {
    let asks = || async {
        if let Err(error) = session.answers().await {
            tracing::info!(%error, "it could not be asked how much of the allowance is used");
        }
    };
    room(session.watch_allowance(), asks).await;
}

fn leaves_no_room(allowance: Allowance) -> bool {
    allowance.is_some_and(|(used, max)| used * 100 >= max * BACKGROUND)
}

async fn room<A: Future<Output = ()>>(mut told: watch::Receiver<Allowance>, asks: impl Fn() -> A) {
    while leaves_no_room(*told.borrow_and_update()) {
        let share = f64::from(rand::random::<u32>()) / f64::from(u32::MAX);
        tokio::select! {
            told = told.changed() => if told.is_err() { pending().await },
            () = tokio::time::sleep(OLD_NEWS.mul_f64(0.75 + share / 2.0)) => asks().await,
        }
    }
}

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

    #[tokio::test(start_paused = true)]
    async fn any_answer_tells_of_room_and_where_nothing_is_asked_one_question_an_hour_is() {
        let (told, _) = watch::channel(Some((12_000, 15_000)));
        let begun = tokio::time::Instant::now();
        let asked = std::cell::Cell::new(0);
        let asks = || async {
            asked.set(asked.get() + 1);
            told.send_replace(Some((12_001 - asked.get() % 3 / 2 * 100, 15_000)));
        };
        room(told.subscribe(), asks).await;
        assert_eq!(asked.get(), 2, "the first answer has said that there is none");
        let hours = begun.elapsed().as_secs_f64() / 3_600.0;
        assert!((1.5..=2.5).contains(&hours), "{hours}");

        told.send_replace(Some((14_000, 15_000)));
        let answered = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            told.send_replace(Some((9, 15_000)));
        };
        tokio::join!(room(told.subscribe(), asks), answered);
        assert_eq!(asked.get(), 2, "another answer has said it");
    }

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
