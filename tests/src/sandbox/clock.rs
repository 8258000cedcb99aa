//! The wall clock of the sandbox: milliseconds and the date-time texts that protocols want.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the one place where the sandbox asks the wall clock")]
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A day of the wall clock.
pub(crate) const DAY_MS: u64 = 86_400_000;

/// The local date in Morocco as `2026-11-03`.
pub(crate) fn local_date(at_ms: u64) -> String {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let zone =
        jiff::tz::TimeZoneDatabase::bundled().get("Africa/Casablanca").unwrap_or(jiff::tz::TimeZone::UTC);
    stamp.to_zoned(zone).date().to_string()
}

/// Now as `2026-11-03T09:00:00Z`.
pub(crate) fn now_text() -> String {
    text(now_ms())
}

/// An instant as `2026-11-03T09:00:00Z`.
pub(crate) fn text(at_ms: u64) -> String {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// How many seconds an RFC 3339 time lies ahead of now (below zero: behind); none when it is none.
pub(crate) fn seconds_ahead(text: &str) -> Option<i64> {
    let stamp: jiff::Timestamp = text.trim().parse().ok()?;
    let now = i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX);
    Some(stamp.as_second() - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_back_as_the_same_second() {
        assert_eq!(text(1_792_573_200_999), "2026-10-21T09:00:00Z");
        assert!((-1..=0).contains(&seconds_ahead(&now_text()).unwrap()));
        assert_eq!(seconds_ahead("yesterday"), None);
    }

    #[test]
    fn the_local_date_knows_the_change_of_september_2026() {
        // 23:30 UTC: the next day while Morocco was at UTC+1, the same day since it is at UTC.
        assert_eq!(local_date(1_788_219_000_000), "2026-09-01");
        assert_eq!(local_date(1_790_811_000_000), "2026-09-30");
    }
}
