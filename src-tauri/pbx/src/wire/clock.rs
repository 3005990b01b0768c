//! The PBX's idea of time: wall-clock texts without a zone, in formats that an administrator chooses.
//!
//! Source: yeastar-open-api.md §5.6, §9.7.

use std::time::Duration;

use domain::Timestamp;
use jiff::{Timestamp as Instant, civil, tz::Offset};

use super::answer::Information;

/// How the PBX's clock relates to ours, as `system/information` showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PbxClock {
    /// Seconds east of UTC.
    pub(crate) offset: Option<i32>,
    /// How far the PBX's clock is ahead of ours, in seconds.
    pub(crate) skew: Option<i64>,
    /// By so many seconds that may be too little: the answer took its time.
    unsure: i64,
    format: Format,
}

/// How the PBX shows date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    order: Order,
    separator: char,
    twelve_hours: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

/// No zone is further from UTC.
const FURTHEST: i64 = 14 * 3600;
/// A clock that is further off than this is wrong. Less is what whole seconds come to, and what overlaps make up for.
const WRONG_BY: i64 = 3;
/// An answer that took longer shows no better than this.
const MOST_UNSURE: i64 = 120;
/// Zones differ by multiples of this.
const STEP: i64 = 15 * 60;

impl PbxClock {
    /// Reads the clock from `system/information`, received when ours showed `now` (Unix seconds), and asked for so long before.
    pub(crate) fn read(information: &Information, now: i64, took: Duration) -> Self {
        let format = Format::read(
            information.system_date_format.as_str(),
            information.system_time_format.as_str(),
            information.system_time.as_str(),
        );
        let timestamp = information.timestamp.0;
        let shown = format.parse(information.system_time.as_str());
        let offset = timestamp.zip(shown).and_then(|(timestamp, shown)| {
            let offset = round(shown - timestamp);
            (offset.abs() <= FURTHEST).then(|| i32::try_from(offset).ok()).flatten()
        });
        let unsure = i64::try_from(took.as_secs()).unwrap_or(MOST_UNSURE).min(MOST_UNSURE);
        Self { offset, skew: timestamp.map(|timestamp| timestamp - now), unsure, format }
    }

    /// Spells a point in time as the PBX's pages do, for the firmware that searches so.
    pub(crate) fn display(&self, at: Timestamp) -> Option<String> {
        let offset = Offset::from_seconds(self.offset?).ok()?;
        let at = offset.to_datetime(Instant::from_second(at.as_seconds()).ok()?);
        Some(self.format.print(at))
    }

    /// Turns a time on the PBX's clock into ours, where that clock is wrong.
    pub(crate) fn on_our_clock(self, at: Timestamp) -> Timestamp {
        at.shifted(self.error().saturating_mul(-1_000))
    }

    /// Returns by how many seconds the PBX's clock is wrong; 0: it is right.
    pub(crate) fn error(&self) -> i64 {
        self.skew.filter(|skew| skew.abs() > WRONG_BY + self.unsure).unwrap_or(0)
    }

    /// Says by how many seconds two readings of clocks that nobody has set may differ.
    pub(crate) fn unsure(self) -> u64 {
        self.unsure.unsigned_abs()
    }

    /// Returns how it relates to ours after ours was set by so many seconds.
    pub(crate) fn seen_after(self, ours_was_set: i64) -> Self {
        Self { skew: self.skew.map(|skew| skew.saturating_sub(ours_was_set)), ..self }
    }

    /// Returns by how many seconds it is behind without being called wrong; negative: ahead.
    pub(crate) fn behind(self) -> i64 {
        self.error() - self.skew.unwrap_or(0)
    }

    /// Reads a text in the PBX's display format.
    pub(crate) fn read_displayed(&self, text: &str) -> Option<Timestamp> {
        let shown = self.format.parse(text)?;
        Some(Timestamp::from_seconds(shown - i64::from(self.offset?)))
    }

    /// Reads the start, by the PBX's clock, of a call that has just ended after `total`, from 30012's wall-clock text.
    ///
    /// The offset may be from before a change to or from summer time. A start that is quarters of an hour away from
    /// the one that our own clock suggests is moved there.
    pub(crate) fn start_of_ended(
        &self,
        text: &str,
        total: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let start = seconds_of_iso(text)? - i64::from(self.offset?);
        let total = i64::try_from(total.as_secs()).ok()?;
        let expected = now.as_seconds() + self.skew.unwrap_or(0) - total;
        let off = start - expected;
        let start = if (600..=7_800).contains(&off.abs()) { start - round(off) } else { start };
        Some(Timestamp::from_seconds(start))
    }
}

fn round(seconds: i64) -> i64 {
    (seconds + STEP / 2).div_euclid(STEP) * STEP
}

/// Reads `YYYY-MM-DD HH:mm:ss` as if it were UTC.
fn seconds_of_iso(text: &str) -> Option<i64> {
    Format { order: Order::YearMonthDay, separator: '-', twelve_hours: false }.parse(text)
}

impl Format {
    fn read(date: &str, time: &str, sample: &str) -> Self {
        let date = date.to_ascii_uppercase();
        let order = match (date.find('D'), date.find('M'), date.find('Y')) {
            (Some(day), Some(month), Some(year)) if year < day && year < month => {
                Order::YearMonthDay
            }
            (Some(day), Some(month), Some(_)) if month < day => Order::MonthDayYear,
            _ => Order::DayMonthYear,
        };
        let separator = date.chars().find(|c| !c.is_ascii_alphabetic()).unwrap_or('/');
        let has_half = |text: &str| {
            let text = text.to_ascii_uppercase();
            text.contains("AM") || text.contains("PM") || text.ends_with('A')
        };
        // The format names the current half of the day: it means "twelve hours".
        Self { order, separator, twelve_hours: has_half(time) || has_half(sample) }
    }

    /// Reads date and time as if they were UTC.
    fn parse(self, text: &str) -> Option<i64> {
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<i16>().ok());
        let mut next = || numbers.next().flatten();
        let (first, second, third) = (next()?, next()?, next()?);
        let (year, month, day) = match self.order {
            // A year in front cannot be anything else, whatever the format says.
            _ if first > 31 => (first, second, third),
            Order::YearMonthDay => (first, second, third),
            Order::DayMonthYear => (third, second, first),
            Order::MonthDayYear => (third, first, second),
        };
        let (hour, minute, second) = (next()?, next()?, next().unwrap_or(0));
        let upper = text.to_ascii_uppercase();
        let hour = match (upper.contains("PM"), upper.contains("AM")) {
            (true, _) if hour < 12 => hour + 12,
            (false, true) if hour == 12 => 0,
            _ => hour,
        };
        let small = |value: i16| i8::try_from(value).ok();
        let at = civil::DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            0,
        )
        .ok()?;
        Some(Offset::UTC.to_timestamp(at).ok()?.as_second())
    }

    fn print(self, at: civil::DateTime) -> String {
        let (year, month, day, s) = (at.year(), at.month(), at.day(), self.separator);
        let date = match self.order {
            Order::DayMonthYear => format!("{day:02}{s}{month:02}{s}{year:04}"),
            Order::MonthDayYear => format!("{month:02}{s}{day:02}{s}{year:04}"),
            Order::YearMonthDay => format!("{year:04}{s}{month:02}{s}{day:02}"),
        };
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        if !self.twelve_hours {
            return format!("{date} {hour:02}:{minute:02}:{second:02}");
        }
        let half = if hour < 12 { "AM" } else { "PM" };
        let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
        format!("{date} {hour:02}:{minute:02}:{second:02} {half}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    fn information(date: &str, time: &str, shown: &str) -> Information {
        let json = serde_json::json!({
            "system_date_format": date, "system_time_format": time,
            "system_time": shown, "timestamp": 1_767_600_923,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_offset_follows_from_the_two_times_in_any_display_format() {
        for (date, time, shown, offset) in [
            ("DD/MM/YYYY", "hh:mm:ss AM", "05/01/2026 09:15:23 AM", 3600),
            ("MM/DD/YYYY", "hh:mm:ss PM", "01/05/2026 01:45:25 PM", 19_800),
            ("YYYY-MM-DD", "HH:mm:ss", "2026-01-05 08:15:23", 0),
            ("YYYY/MM/DD", "HH:mm:ss", "2026/01/04 22:15:20", -36_000),
            ("DD.MM.YYYY", "HH:mm:ss", "05.01.2026 14:00:23", 20_700),
            ("", "", "05/01/2026 09:15:23", 3600),
        ] {
            let clock = PbxClock::read(&information(date, time, shown), 1_767_600_900, AT_ONCE);
            assert_eq!(clock.offset, Some(offset), "{shown}");
            assert_eq!(clock.skew, Some(23));
            // And back again, as old firmware wants to be asked.
            let at = Timestamp::from_seconds(1_767_600_923);
            let printed = clock.display(at).unwrap();
            assert_eq!(clock.read_displayed(&printed), Some(at), "{printed}");
        }
    }

    #[test]
    fn a_clock_is_wrong_by_more_than_the_answer_took() {
        let shown = information("DD/MM/YYYY", "hh:mm:ss AM", "05/01/2026 09:15:23 AM");
        for (ahead, took, wrong_by) in
            [(2, 0, 0), (45, 0, 45), (-45, 0, -45), (-9, 8, 0), (-45, 8, -45)]
        {
            let clock = PbxClock::read(&shown, 1_767_600_923 - ahead, Duration::from_secs(took));
            assert_eq!(clock.error(), wrong_by, "{ahead} s ahead, after {took} s");
            assert_eq!(clock.error() - clock.behind(), ahead);
        }
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        let clock = PbxClock::read(
            &information("DD/MM/YYYY", "hh:mm:ss AM", "05/01/2026 09:15:23 AM"),
            0,
            AT_ONCE,
        );
        for (text, at) in [
            ("05/01/2026 12:00:00 AM", 1_767_567_600),
            ("05/01/2026 12:00:00 PM", 1_767_610_800),
            ("05/01/2026 11:59:59 PM", 1_767_653_999),
        ] {
            let at = Timestamp::from_seconds(at);
            assert_eq!(clock.read_displayed(text), Some(at));
            assert_eq!(clock.display(at).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_time_that_is_none_is_nothing() {
        let clock = PbxClock::read(&information("DD/MM/YYYY", "HH:mm:ss", "yesterday"), 0, AT_ONCE);
        assert_eq!(clock.offset, None);
        assert_eq!(clock.display(Timestamp::from_seconds(0)), None);
        for text in
            ["", "2026", "99/99/2026 00:00:00", "05/01/2026 25:00:00", "٠٥/٠١/٢٠٢٦ ٠٩:١٥:٢٣"]
        {
            assert_eq!(clock.format.parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_start_of_an_ended_call_is_put_right_after_a_change_of_summer_time() {
        let clock = PbxClock::read(
            &information("DD/MM/YYYY", "hh:mm:ss AM", "05/01/2026 09:15:23 AM"),
            1_767_600_923,
            AT_ONCE,
        );
        let now = Timestamp::from_seconds(1_767_600_923 + 64);
        let total = Duration::from_secs(64);
        let start = Some(Timestamp::from_seconds(1_767_600_923));
        assert_eq!(clock.start_of_ended("2026-01-05 09:15:23", total, now), start);
        // Summer time has begun since the offset was read.
        assert_eq!(clock.start_of_ended("2026-01-05 10:15:23", total, now), start);
        // Another day is not a matter of offsets; the PBX may repeat an old record.
        let earlier = Some(Timestamp::from_seconds(1_767_600_923 - 86_400));
        assert_eq!(clock.start_of_ended("2026-01-04 09:15:23", total, now), earlier);
    }
}
