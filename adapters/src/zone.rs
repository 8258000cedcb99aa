//! The zone in which agencies and bank write days and times without an offset, from the data that are compiled in.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Looked up once: the lookup is dearer than most answers. UTC where the data lack the zone; the program does not start
/// with such data.
static CASABLANCA: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZoneDatabase::bundled().get("Africa/Casablanca").unwrap_or(TimeZone::UTC));

/// The instant of a local time.
pub(crate) fn instant(local: DateTime) -> Option<Timestamp> {
    CASABLANCA.to_timestamp(local).ok()
}

/// The first instant of a local day.
pub(crate) fn start_of_day(date: Date) -> Option<Timestamp> {
    instant(date.to_datetime(Time::midnight()))
}

/// The local day of an instant.
pub(crate) fn day(at: Timestamp) -> Date {
    CASABLANCA.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_starts_at_local_midnight_before_and_after_the_change_of_2026() {
        let at = |y, m, d| start_of_day(jiff::civil::date(y, m, d)).unwrap().to_string();
        assert_eq!(at(2026, 9, 10), "2026-09-09T23:00:00Z");
        assert_eq!(at(2026, 10, 14), "2026-10-14T00:00:00Z");
    }
}
