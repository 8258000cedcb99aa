//! The days on which Morocco changed its hour: the right is acquired at the local midnight all the same.
//!
//! Until 2026-09-20 the country was at UTC+1, and at UTC+0 in Ramadan; since 2026-09-20, 01:00 UTC, it is at UTC+0
//! for good (decree 2.26.530; tz database 2026c). All changes were on Sundays, and no period ends on one; so what
//! they change is the offset of the midnights before and after.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use wasl_core::deadline::legal_dates;
use wasl_core::time::{end_of_day, local_date, with_offset};

use crate::calendar;
use crate::every::{each, running};

/// First and last day of UTC+0 around each Ramadan (tz database, `Africa/Casablanca`).
const RAMADANS: [(Date, Date); 8] = [
    (date(2019, 5, 5), date(2019, 6, 9)),
    (date(2020, 4, 19), date(2020, 5, 31)),
    (date(2021, 4, 11), date(2021, 5, 16)),
    (date(2022, 3, 27), date(2022, 5, 8)),
    (date(2023, 3, 19), date(2023, 4, 23)),
    (date(2024, 3, 10), date(2024, 4, 14)),
    (date(2025, 2, 23), date(2025, 4, 6)),
    (date(2026, 2, 15), date(2026, 3, 22)),
];
/// The day on which UTC+1 ended for good.
const LEFT: Date = date(2026, 9, 20);

/// Hours that the clocks of the country are ahead at the midnight after a day.
fn ahead(day: Date) -> i64 {
    let ramadan = RAMADANS.iter().any(|(first, last)| *first <= day && day < *last);
    if day >= LEFT || ramadan { 0 } else { 1 }
}

/// The midnight after a day, counted from the calendar of UTC.
fn midnight_after(day: Date) -> Timestamp {
    let utc = day.tomorrow().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    utc - jiff::SignedDuration::from_hours(ahead(day))
}

#[test]
fn every_day_of_twelve_years_ends_at_its_own_midnight() {
    for day in crate::every::days() {
        assert_eq!(end_of_day(day), midnight_after(day), "{day}");
        assert_eq!(local_date(end_of_day(day)), day.tomorrow().unwrap());
        assert_eq!(local_date(end_of_day(day) - jiff::SignedDuration::from_nanos(1)), day);
        let offset = if ahead(day) == 1 { "T00:00:00+01:00" } else { "T00:00:00+00:00" };
        assert!(with_offset(end_of_day(day)).ends_with(offset), "{day}");
    }
}

/// Periods of all rules meet each change: no limit passes, and no right is acquired, an hour early or late.
#[test]
fn a_limit_passes_at_the_local_midnight_on_both_sides_of_every_change() {
    let calendar = calendar();
    let changes: Vec<Date> =
        RAMADANS.iter().flat_map(|(first, last)| [*first, *last]).chain([LEFT]).collect();
    let mut across = vec![0; changes.len()];
    each(|rule, filed| {
        let dates = legal_dates(rule, &running(filed), &calendar);
        let last = dates.due_if_working_days.or(dates.due).unwrap();
        let right = dates.right_acquired_at.unwrap_or_else(|| end_of_day(last));
        assert_eq!(right, midnight_after(last), "{} {filed}", rule.id);
        for (count, change) in across.iter_mut().zip(&changes) {
            *count += usize::from(filed < *change && *change <= last);
        }
    });
    assert!(across.iter().all(|count| *count > 100), "too few periods lie across a change: {across:?}");
}

/// A small building project of autumn 2026, by hand: filed at UTC+1, its right acquired at UTC+0.
#[test]
fn a_file_of_september_2026_is_filed_at_utc_plus_1_and_ends_at_utc() {
    let rules = crate::rules();
    let rule = rules.rule_for(
        wasl_schemas::file::Permit::Repair,
        wasl_schemas::file::ProjectClass::Small,
        date(2026, 9, 14),
        false,
    );
    // Ten working days from Monday 14 September, over two weekends: Monday 28.
    let dates = legal_dates(rule.unwrap(), &running(date(2026, 9, 14)), &calendar());
    assert_eq!(dates.due, Some(date(2026, 9, 28)));
    assert_eq!(dates.right_acquired_at.map(with_offset).as_deref(), Some("2026-09-29T00:00:00+00:00"));
    // Filed late in the evening of UTC: in Casablanca it is the next day already, before the change and not after.
    assert_eq!(local_date("2026-09-18T23:30:00Z".parse().unwrap()), date(2026, 9, 19));
    assert_eq!(local_date("2026-09-21T23:30:00Z".parse().unwrap()), date(2026, 9, 21));
}
