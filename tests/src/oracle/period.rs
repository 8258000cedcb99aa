//! Periods counted day by day, in the slowest and plainest way, so that it is easy to see that it is right.

use jiff::civil::Date;

use super::calendar::{is_worked, next};

/// Which days count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// All.
    Calendar,
    /// Neither weekend nor holiday.
    Working,
}

/// A span on which the clock stands still: `from` is the first day that does not count, `to` the first that
/// counts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// First day.
    pub from: Date,
    /// First day after it.
    pub to: Date,
}

impl Stop {
    fn holds(self, day: Date) -> bool {
        self.from <= day && day < self.to
    }
}

fn stands_still(day: Date, stops: &[Stop]) -> bool {
    stops.iter().any(|stop| stop.holds(day))
}

/// The last day of a period of `length` days after day 0, not yet moved to a worked day.
#[must_use]
pub fn unrolled(day_zero: Date, length: u32, days: Days, stops: &[Stop]) -> Date {
    let mut day = day_zero;
    let mut counted = 0;
    while counted < length {
        day = next(day);
        if !stands_still(day, stops) && (days == Days::Calendar || is_worked(day)) {
            counted += 1;
        }
    }
    day
}

/// The last day of a period: when its end is not a worked day, or the clock stands still then, it moves on.
#[must_use]
pub fn last_day(day_zero: Date, length: u32, days: Days, stops: &[Stop]) -> Date {
    let mut day = unrolled(day_zero, length, days, stops);
    while !is_worked(day) || stands_still(day, stops) {
        day = next(day);
    }
    day
}

/// How many calendar days a period of months lasts: to the same day number, or the month's last day.
#[must_use]
pub fn days_of_months(day_zero: Date, months: u32) -> u32 {
    let mut day = day_zero;
    for _ in 0..months {
        day = day.last_of_month();
        day = next(day);
    }
    // `day` is the first of the target month now.
    let end = day.with().day(day_zero.day().min(day.last_of_month().day())).build().unwrap_or(day);
    let mut count = 0;
    let mut at = day_zero;
    while at < end {
        at = next(at);
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn fifteen_days_from_2_november_2026_in_both_readings() {
        let filed = date(2026, 11, 2);
        assert_eq!(last_day(filed, 15, Days::Calendar, &[]), date(2026, 11, 17));
        // 3–5, 9–13, 16–17, 19–20, 23–25 November: the 6th and the 18th are holidays.
        assert_eq!(last_day(filed, 15, Days::Working, &[]), date(2026, 11, 25));
    }

    #[test]
    fn thirty_days_from_2_november_2026_in_both_readings() {
        let filed = date(2026, 11, 2);
        assert_eq!(last_day(filed, 30, Days::Calendar, &[]), date(2026, 12, 2));
        assert_eq!(last_day(filed, 30, Days::Working, &[]), date(2026, 12, 16));
    }

    #[test]
    fn an_end_on_a_day_off_moves_to_the_next_worked_day() {
        // 60 days after 2 November 2026 is 1 January 2027, a Friday and a holiday.
        assert_eq!(last_day(date(2026, 11, 2), 60, Days::Calendar, &[]), date(2027, 1, 4));
    }

    #[test]
    fn a_month_ends_on_the_same_number_or_on_its_last_day() {
        assert_eq!(days_of_months(date(2026, 11, 2), 1), 30);
        assert_eq!(days_of_months(date(2027, 1, 31), 1), 28);
        assert_eq!(days_of_months(date(2026, 12, 31), 2), 59);
    }

    #[test]
    fn days_of_a_suspension_do_not_count() {
        let stop = Stop { from: date(2026, 11, 4), to: date(2026, 11, 9) };
        assert_eq!(unrolled(date(2026, 11, 2), 3, Days::Calendar, &[stop]), date(2026, 11, 10));
        // It may not end while it stands still.
        let late = Stop { from: date(2026, 11, 6), to: date(2026, 11, 16) };
        assert_eq!(last_day(date(2026, 11, 2), 3, Days::Calendar, &[late]), date(2026, 11, 5));
        assert_eq!(last_day(date(2026, 11, 2), 4, Days::Calendar, &[late]), date(2026, 11, 16));
    }
}
