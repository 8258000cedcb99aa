//! Office hours: when people act.

use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};

use super::day::OPENS;
use crate::oracle::calendar::{is_worked, next, worked_from};
use crate::world::clock::{instant, local_date};

/// Nobody begins anything after this hour.
const LAST_HOUR: i8 = 16;

/// A number of days after an instant.
#[must_use]
pub fn days_after(at: Timestamp, days: f64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs_f64((days * 86_400.0).round())).unwrap_or(Timestamp::MAX)
}

/// The instant itself when an office is open then, or soon after it opens next.
#[must_use]
pub fn when_open(at: Timestamp, minutes_after_opening: u32) -> Timestamp {
    let day = local_date(at);
    if is_worked(day) && at < instant(day.to_datetime(time(LAST_HOUR, 0, 0, 0))) {
        return at.max(opening(day, minutes_after_opening));
    }
    opening(worked_from(next(day)), minutes_after_opening)
}

fn opening(day: Date, minutes: u32) -> Timestamp {
    instant(day.to_datetime(OPENS)) + SignedDuration::from_mins(i64::from(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_on_a_weekend_or_a_holiday_waits() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(when_open(at("2026-11-03T11:00:00Z"), 10), at("2026-11-03T11:00:00Z"));
        assert_eq!(when_open(at("2026-11-03T03:00:00Z"), 10), at("2026-11-03T08:40:00Z"));
        // Thursday evening before a holiday and a weekend.
        assert_eq!(when_open(at("2026-11-05T18:00:00Z"), 5), at("2026-11-09T08:35:00Z"));
        assert_eq!(days_after(at("2026-11-03T11:00:00Z"), 1.5), at("2026-11-04T23:00:00Z"));
    }
}
