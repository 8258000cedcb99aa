//! Worked days in Morocco, from the published table of holidays: written down a second time on purpose.

use jiff::civil::{Date, Weekday, date};

/// Holidays that fall on the same day every year: month, day, first year.
const FIXED: [(i8, i8, i16); 11] = [
    (1, 1, 0),
    (1, 11, 0),
    (1, 14, 2024),
    (5, 1, 0),
    (7, 30, 0),
    (8, 14, 0),
    (8, 20, 0),
    (8, 21, 0),
    (10, 31, 2026),
    (11, 6, 0),
    (11, 18, 0),
];

/// Holidays that follow the moon, and exceptional days: 2024 to 2027 (2026 from Aïd al-Adha on: provisional).
const MOVING: [(i16, i8, i8); 31] = [
    (2024, 4, 10),
    (2024, 4, 11),
    (2024, 4, 12),
    (2024, 6, 17),
    (2024, 6, 18),
    (2024, 7, 7),
    (2024, 9, 16),
    (2024, 9, 17),
    (2025, 3, 31),
    (2025, 4, 1),
    (2025, 6, 7),
    (2025, 6, 8),
    (2025, 6, 9),
    (2025, 6, 27),
    (2025, 9, 5),
    (2025, 9, 6),
    (2026, 3, 20),
    (2026, 3, 21),
    (2026, 3, 23),
    (2026, 5, 27),
    (2026, 5, 28),
    (2026, 6, 16),
    (2026, 8, 25),
    (2026, 8, 26),
    (2027, 3, 9),
    (2027, 3, 10),
    (2027, 5, 16),
    (2027, 5, 17),
    (2027, 6, 6),
    (2027, 8, 14),
    (2027, 8, 15),
];

/// Neither weekend nor holiday.
#[must_use]
pub fn is_worked(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(day)
}

/// A holiday, whatever day of the week.
#[must_use]
pub fn is_holiday(day: Date) -> bool {
    let fixed = FIXED
        .iter()
        .any(|(month, on, from)| (day.month(), day.day()) == (*month, *on) && day.year() >= *from);
    fixed || MOVING.iter().any(|(year, month, on)| date(*year, *month, *on) == day)
}

/// The day itself when it is worked, or the next one that is.
#[must_use]
pub fn worked_from(mut day: Date) -> Date {
    while !is_worked(day) {
        day = next(day);
    }
    day
}

/// The last worked day before this one.
#[must_use]
pub fn worked_before(day: Date) -> Date {
    let mut day = day.yesterday().unwrap_or(Date::MIN);
    while !is_worked(day) && day > Date::MIN {
        day = day.yesterday().unwrap_or(Date::MIN);
    }
    day
}

/// The day after.
#[must_use]
pub fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn november_2026_has_two_holidays_within_the_week() {
        let worked = (1..=30).filter(|day| is_worked(date(2026, 11, *day))).count();
        assert_eq!(worked, 21 - 2);
        assert!(!is_worked(date(2026, 11, 6)) && !is_worked(date(2026, 11, 18)));
    }

    #[test]
    fn unity_day_counts_from_2026_and_a_weekend_holiday_is_not_replaced() {
        assert!(is_holiday(date(2026, 10, 31)) && !is_holiday(date(2025, 10, 31)));
        // 31 October 2026 is a Saturday; the Monday after it is worked.
        assert_eq!(worked_from(date(2026, 10, 31)), date(2026, 11, 2));
        assert_eq!(worked_before(date(2026, 11, 2)), date(2026, 10, 30));
    }
}
