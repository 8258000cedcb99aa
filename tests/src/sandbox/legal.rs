//! The legal clock of a run: it may start at another date, run faster than the wall's, or stand still.
//! It stands in opinions and acknowledgements, and paces every answer.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::clock::DAY_MS;

/// From `wall_ms` on, the legal clock reads `legal` and runs `speed` times as fast as the wall's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Wall time, milliseconds since 1970.
    pub wall_ms: u64,
    /// What the legal clock reads at that moment.
    pub legal: jiff::Timestamp,
    /// Legal seconds in a wall second; 0: it stands still.
    pub speed: f64,
}

impl Segment {
    fn legal_ms(&self) -> u64 {
        u64::try_from(self.legal.as_millisecond()).unwrap_or(0)
    }

    fn at(&self, wall_ms: u64) -> u64 {
        self.legal_ms().saturating_add(scaled(wall_ms.saturating_sub(self.wall_ms), self.speed))
    }
}

/// Legal time over wall time; without segments the two are the same, but for the pace of answers.
#[derive(Debug, Clone)]
pub struct LegalClock {
    segments: Vec<Segment>,
    legal_day_ms: u64,
}

/// Whole milliseconds times a factor; as far as it goes when that is too much.
fn scaled(ms: u64, factor: f64) -> u64 {
    let seconds = Duration::from_millis(ms).as_secs_f64() * factor;
    let scaled = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    u64::try_from(scaled.as_millis()).unwrap_or(u64::MAX)
}

impl LegalClock {
    /// Legal time is wall time; a legal day of delay lasts so many wall milliseconds.
    #[must_use]
    pub fn wall(legal_day_ms: u64) -> Self {
        Self { segments: Vec::new(), legal_day_ms }
    }

    /// A clock that shows `start` at a wall time and passes a day in so many wall milliseconds.
    #[must_use]
    pub fn from_start(start: jiff::Timestamp, wall_ms: u64, legal_day_ms: u64) -> Self {
        let day = Duration::from_millis(DAY_MS).as_secs_f64();
        let speed = day / Duration::from_millis(legal_day_ms.max(1)).as_secs_f64();
        Self { segments: vec![Segment { wall_ms, legal: start, speed }], legal_day_ms }
    }

    /// Reads the segments that the gateway reads too: `[{"wall_ms": …, "legal": "…Z", "speed": …}, …]`.
    ///
    /// # Errors
    /// No such file, another form, no segment, segments out of order, a speed below 0.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let segments: Vec<Segment> =
            serde_json::from_str(&text).with_context(|| format!("segments in {}", path.display()))?;
        let ordered = segments.windows(2).all(|pair| pair[0].wall_ms <= pair[1].wall_ms);
        if segments.is_empty() || !ordered || segments.iter().any(|segment| segment.speed < 0.0) {
            bail!("{}: segments are wanted in order, with speeds from 0 up", path.display());
        }
        Ok(Self { segments, legal_day_ms: DAY_MS })
    }

    /// The legal instant at a wall time, both in milliseconds since 1970.
    #[must_use]
    pub fn at(&self, wall_ms: u64) -> u64 {
        let begun = self.segments.iter().rev().find(|segment| segment.wall_ms <= wall_ms);
        match (begun, self.segments.first()) {
            (Some(segment), _) => segment.at(wall_ms),
            (None, Some(first)) => first.legal_ms(),
            (None, None) => wall_ms,
        }
    }

    /// The wall time that lies so many legal days after another; far away when the clock stands still.
    #[must_use]
    pub fn days_after(&self, wall_ms: u64, days: f64) -> u64 {
        if self.segments.is_empty() {
            return wall_ms.saturating_add(scaled(self.legal_day_ms, days.max(0.0)));
        }
        let target = self.at(wall_ms).saturating_add(scaled(DAY_MS, days.max(0.0)));
        let mut reached = FAR_MS;
        for (index, segment) in self.segments.iter().enumerate() {
            let end = self.segments.get(index + 1).map_or(FAR_MS, |next| next.wall_ms);
            if segment.at(end) < target || (segment.speed <= 0.0 && segment.legal_ms() < target) {
                continue;
            }
            let ahead = target.saturating_sub(segment.legal_ms());
            let wait = if ahead == 0 { 0 } else { scaled(ahead, 1.0 / segment.speed) };
            reached = segment.wall_ms.saturating_add(wait);
            break;
        }
        reached.clamp(wall_ms, FAR_MS.max(wall_ms))
    }
}

/// The year 2100: nobody waits so long.
const FAR_MS: u64 = 4_102_444_800_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> LegalClock {
        let legal = |text: &str| text.parse().unwrap();
        let segments = vec![
            Segment { wall_ms: 1_000, legal: legal("2026-11-03T08:00:00Z"), speed: 86_400.0 },
            Segment { wall_ms: 3_000, legal: legal("2026-11-05T08:00:00Z"), speed: 0.0 },
            Segment { wall_ms: 4_000, legal: legal("2026-11-05T08:00:00Z"), speed: 8_640.0 },
        ];
        LegalClock { segments, legal_day_ms: DAY_MS }
    }

    fn text(legal_ms: u64) -> String {
        super::super::clock::text(legal_ms)
    }

    #[test]
    fn segments_run_stand_and_run_on() {
        let clock = clock();
        assert_eq!(text(clock.at(0)), "2026-11-03T08:00:00Z");
        assert_eq!(text(clock.at(2_500)), "2026-11-04T20:00:00Z");
        assert_eq!(text(clock.at(3_500)), "2026-11-05T08:00:00Z");
        assert_eq!(text(clock.at(14_000)), "2026-11-06T08:00:00Z");
    }

    #[test]
    fn a_delay_in_legal_days_is_found_across_segments() {
        let clock = clock();
        assert_eq!(clock.days_after(1_000, 1.0), 2_000);
        assert_eq!(clock.days_after(1_000, 3.0), 14_000);
        assert_eq!(clock.days_after(3_500, 0.5), 9_000);
        assert_eq!(LegalClock::wall(1_500).days_after(1_000, 2.5), 4_750);
        assert_eq!(LegalClock::wall(1_500).days_after(1_000, -1.0), 1_000);
    }

    #[test]
    fn a_clock_that_stands_for_good_makes_nobody_due() {
        let legal = "2026-11-03T08:00:00Z".parse().unwrap();
        let clock =
            LegalClock { segments: vec![Segment { wall_ms: 0, legal, speed: 0.0 }], legal_day_ms: DAY_MS };
        assert_eq!(clock.days_after(1_000, 1.0), FAR_MS);
    }

    #[test]
    fn a_start_and_a_day_make_a_clock() {
        let start = "2026-11-03T08:00:00Z".parse().unwrap();
        let clock = LegalClock::from_start(start, 5_000, 1_000);
        assert_eq!(text(clock.at(7_500)), "2026-11-05T20:00:00Z");
    }
}
