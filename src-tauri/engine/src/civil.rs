//! Points in time as people and JSON write them.

use domain::{CivilTime, Timestamp};
use jiff::{Zoned, tz::TimeZone};

/// Returns the computer's calendar reading of a point in time.
pub(crate) fn local(at: Timestamp) -> CivilTime {
    let zoned = zoned(at, TimeZone::system());
    CivilTime {
        date: (zoned.year(), zoned.month(), zoned.day()),
        text: zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
    }
}

/// Returns the computer's calendar reading to the minute, for people.
pub(crate) fn local_minute(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Returns RFC 3339 in UTC, to the second.
pub(crate) fn utc(at: Timestamp) -> String {
    zoned(at, TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns when the day of `now` began, by the computer's calendar.
pub(crate) fn day_start(now: Timestamp) -> Timestamp {
    zoned(now, TimeZone::system())
        .start_of_day()
        .map_or(now, |start| Timestamp::from_millis(start.timestamp().as_millisecond()))
}

fn zoned(at: Timestamp, zone: TimeZone) -> Zoned {
    // Out of range only for a damaged row: it is shown as 1970.
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_times_are_utc_to_the_second() {
        assert_eq!(utc(Timestamp::from_millis(1_767_600_923_417)), "2026-01-05T08:15:23Z");
    }
}
