//! The legal clock of a run: the same segments that the gateway's processes read from their file.

use std::path::Path;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// The zone of every legal day.
pub const LEGAL_ZONE: &str = "Africa/Casablanca";

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// From `wall_ms` on, the legal clock reads `legal` and runs `speed` times as fast as the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Wall time, milliseconds since 1970.
    pub wall_ms: i64,
    /// What the legal clock reads then.
    pub legal: Timestamp,
    /// Legal seconds in a wall second.
    pub speed: f64,
}

/// A legal clock. Before its first segment it stands still; without segments it is the wall clock.
#[derive(Debug, Clone, Default)]
pub struct LegalClock {
    segments: Vec<Segment>,
}

impl LegalClock {
    /// A clock of segments in the order of their wall time.
    #[must_use]
    pub fn new(segments: Vec<Segment>) -> Self {
        Self { segments }
    }

    /// Writes the file that the gateway reads.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string(&self.segments)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The segments.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The legal instant now, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.at(wall_ms())
    }

    /// The legal instant at a wall time.
    #[must_use]
    pub fn at(&self, wall_ms: i64) -> Timestamp {
        let Some(first) = self.segments.first() else { return from_ms(wall_ms) };
        let begun = self.segments.iter().rev().find(|segment| segment.wall_ms <= wall_ms);
        let Some(segment) = begun else { return first.legal };
        let passed = scaled(wall_ms - segment.wall_ms, segment.speed);
        from_ms(segment.legal.as_millisecond().saturating_add(passed))
    }

    /// The wall time at which the clock reads a legal instant; the earliest one after the clock has begun.
    #[must_use]
    pub fn wall_of(&self, legal: Timestamp) -> i64 {
        let target = legal.as_millisecond();
        let begun = self.segments.iter().rev().find(|segment| segment.legal.as_millisecond() <= target);
        let Some(segment) = begun.or(self.segments.first()) else { return target };
        let ahead = target - segment.legal.as_millisecond();
        segment.wall_ms + if segment.speed > 0.0 { scaled(ahead, 1.0 / segment.speed) } else { 0 }
    }

    /// Legal seconds in a wall second at a legal instant.
    #[must_use]
    pub fn speed_at(&self, legal: Timestamp) -> f64 {
        let begun = self.segments.iter().rev().find(|segment| segment.legal <= legal);
        begun.or(self.segments.first()).map_or(1.0, |segment| segment.speed)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a run, far below the limits of i64")]
fn scaled(ms: i64, factor: f64) -> i64 {
    (ms as f64 * factor).round() as i64
}

fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// Wall time, milliseconds since 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where a run asks the wall clock")]
pub fn wall_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The zone of legal days, from the database that is compiled in.
///
/// # Errors
/// The database does not know that Morocco left UTC+1 on 2026-09-20 (decree 2.26.530).
pub fn zone() -> anyhow::Result<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(LEGAL_ZONE).context("no Africa/Casablanca")?;
    let after: Timestamp = "2026-09-20T12:00:00Z".parse()?;
    ensure!(zone.to_offset(after).seconds() == 0, "the time zone data are older than September 2026");
    Ok(zone)
}

/// The local date of an instant.
#[must_use]
pub fn local_date(at: Timestamp) -> Date {
    at.to_zoned(zone_or_utc()).date()
}

/// The instant of a local time.
#[must_use]
pub fn instant(local: DateTime) -> Timestamp {
    local.to_zoned(zone_or_utc()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The first instant of the day after a local date.
#[must_use]
pub fn end_of_day(date: Date) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, |next| instant(next.to_datetime(jiff::civil::Time::midnight())))
}

fn zone_or_utc() -> TimeZone {
    TimeZoneDatabase::bundled().get(LEGAL_ZONE).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> LegalClock {
        let at = |text: &str| text.parse().unwrap();
        LegalClock::new(vec![
            Segment { wall_ms: 1_000, legal: at("2026-11-02T08:20:00Z"), speed: 3_600.0 },
            Segment { wall_ms: 9_000, legal: at("2026-11-02T16:20:00Z"), speed: 86_400.0 },
        ])
    }

    #[test]
    fn the_working_day_is_slow_and_the_weeks_are_fast() {
        let clock = clock();
        assert_eq!(clock.at(0).to_string(), "2026-11-02T08:20:00Z");
        assert_eq!(clock.at(2_500).to_string(), "2026-11-02T09:50:00Z");
        assert_eq!(clock.at(10_000).to_string(), "2026-11-03T16:20:00Z");
    }

    #[test]
    fn a_legal_instant_has_its_wall_time() {
        let clock = clock();
        for wall in [1_000, 4_321, 9_000, 12_345] {
            assert_eq!(clock.wall_of(clock.at(wall)), wall);
        }
        assert_eq!(LegalClock::default().wall_of(from_ms(5)), 5);
    }

    #[test]
    fn days_end_at_local_midnight() {
        zone().unwrap();
        assert_eq!(end_of_day(jiff::civil::date(2026, 11, 5)).to_string(), "2026-11-06T00:00:00Z");
        // Still UTC+1 before 20 September 2026.
        assert_eq!(end_of_day(jiff::civil::date(2026, 9, 1)).to_string(), "2026-09-01T23:00:00Z");
        assert_eq!(local_date("2026-09-01T23:30:00Z".parse().unwrap()), jiff::civil::date(2026, 9, 2));
    }
}
