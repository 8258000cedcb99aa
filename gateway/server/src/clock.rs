//! Two clocks, never mixed: the legal clock (deadlines; a run can start it elsewhere or let it run fast) and
//! the wall clock (tokens, signatures, certificates, backoff, time limits).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const MICROS_PER_MS: i64 = 1000;

/// Longest sleep that is ever advised: the sleeper looks at the clock again after it.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// The wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the gateway asks the wall clock")]
pub fn wall_now() -> Timestamp {
    Timestamp::now()
}

/// From `wall_ms` on, the legal clock reads `legal` and advances `speed` times as fast as the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Wall-clock time in milliseconds since 1970.
    pub wall_ms: i64,
    /// What the legal clock reads at that instant.
    pub legal: Timestamp,
    /// Legal seconds in a wall second; 0 stops the legal clock. At most 10,000,000.
    pub speed: f64,
}

/// Largest `speed` of a [`Segment`].
pub const SPEED_MAX: f64 = 10_000_000.0;

/// The legal clock. It never runs backwards inside a process; clones share their state.
#[derive(Debug, Clone, Default)]
pub struct LegalClock {
    segments: Arc<[Segment]>,
    latest_us: Arc<AtomicI64>,
}

/// Why segments cannot make a clock.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClockError {
    /// Segments stand in the order of their wall-clock time.
    #[error("segment {0} of the clock begins before the one ahead of it")]
    Order(usize),
    /// The legal clock would jump back.
    #[error("segment {0} of the clock would turn the legal clock back")]
    Backwards(usize),
    /// A speed is out of range.
    #[error("segment {0} of the clock has a speed that is not between 0 and 10000000")]
    Speed(usize),
}

impl LegalClock {
    /// The legal clock of every real day: it reads what the wall clock reads.
    #[must_use]
    pub fn real() -> Self {
        Self::default()
    }

    /// A clock of segments in the order of their wall-clock time; none means [`LegalClock::real`].
    /// Before the first segment begins, the clock stands still at its legal instant.
    ///
    /// # Errors
    /// [`ClockError`] when the segments are out of order, turn time back, or have a wrong speed.
    pub fn from_segments(segments: Vec<Segment>) -> Result<Self, ClockError> {
        for (index, segment) in segments.iter().enumerate() {
            if !(0.0..=SPEED_MAX).contains(&segment.speed) {
                return Err(ClockError::Speed(index));
            }
            let Some(previous) = index.checked_sub(1).and_then(|i| segments.get(i)) else { continue };
            if segment.wall_ms < previous.wall_ms {
                return Err(ClockError::Order(index));
            }
            if legal_us(previous, segment.wall_ms.saturating_mul(MICROS_PER_MS))
                > segment.legal.as_microsecond()
            {
                return Err(ClockError::Backwards(index));
            }
        }
        Ok(Self { segments: segments.into(), latest_us: Arc::new(AtomicI64::new(i64::MIN)) })
    }

    /// True when this clock reads what the wall clock reads.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.segments.is_empty()
    }

    /// The legal instant, in whole microseconds (what the database keeps).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.read(wall_now())
    }

    /// What the clock reads when the wall clock says this: never less than it has read before.
    fn read(&self, wall: Timestamp) -> Timestamp {
        let read = self.at_wall(wall);
        let latest = self.latest_us.fetch_max(read, Ordering::Relaxed).max(read);
        Timestamp::from_microsecond(latest).unwrap_or(Timestamp::MAX)
    }

    /// The legal day: the local date of Africa/Casablanca at the legal instant.
    #[must_use]
    pub fn today(&self) -> jiff::civil::Date {
        wasl_core::time::local_date(self.now())
    }

    /// How long to sleep, in wall time, until the legal clock reads `legal`: zero when it has passed, at most
    /// an hour, after which the sleeper looks again.
    #[must_use]
    pub fn wall_until(&self, legal: Timestamp) -> Duration {
        let wall = wall_now();
        let target = legal.as_microsecond();
        if self.at_wall(wall) >= target {
            return Duration::ZERO;
        }
        let reached_us = self.wall_when(target, wall.as_microsecond());
        let wait = reached_us.map_or(SLEEP_MAX, |at| {
            // Rounded up, so that who wakes does find the instant reached.
            Duration::from_micros(u64::try_from(at.saturating_sub(wall.as_microsecond())).unwrap_or(0) + 1)
        });
        wait.min(SLEEP_MAX)
    }

    fn at_wall(&self, wall: Timestamp) -> i64 {
        let wall_us = wall.as_microsecond();
        let begun = self.segments.iter().rev().find(|s| s.wall_ms.saturating_mul(MICROS_PER_MS) <= wall_us);
        match (begun, self.segments.first()) {
            (Some(segment), _) => legal_us(segment, wall_us),
            (None, Some(first)) => first.legal.as_microsecond(),
            (None, None) => wall_us,
        }
    }

    /// The wall instant, not before `from_us`, at which the legal clock reaches `target_us`; none when it
    /// never does.
    fn wall_when(&self, target_us: i64, from_us: i64) -> Option<i64> {
        if self.segments.is_empty() {
            return Some(target_us);
        }
        self.segments.iter().enumerate().find_map(|(index, segment)| {
            let begin = segment.wall_ms.saturating_mul(MICROS_PER_MS);
            let end =
                self.segments.get(index + 1).map_or(i64::MAX, |s| s.wall_ms.saturating_mul(MICROS_PER_MS));
            let reached = if target_us <= segment.legal.as_microsecond() {
                begin
            } else if segment.speed > 0.0 {
                let ahead = target_us.saturating_sub(segment.legal.as_microsecond());
                begin.saturating_add(scaled(ahead, 1.0 / segment.speed).saturating_add(1))
            } else {
                return None;
            };
            (reached < end && end > from_us).then_some(reached.max(from_us))
        })
    }
}

fn legal_us(segment: &Segment, wall_us: i64) -> i64 {
    let elapsed = wall_us.saturating_sub(segment.wall_ms.saturating_mul(MICROS_PER_MS));
    segment.legal.as_microsecond().saturating_add(scaled(elapsed, segment.speed))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "float to integer casts saturate; the error of a day's microseconds in f64 is under a microsecond"
)]
fn scaled(micros: i64, factor: f64) -> i64 {
    if (factor - 1.0).abs() < f64::EPSILON { micros } else { (micros as f64 * factor) as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(wall_ms: i64, legal: &str, speed: f64) -> Segment {
        Segment { wall_ms, legal: legal.parse().unwrap(), speed }
    }

    fn at(clock: &LegalClock, wall_ms: i64) -> String {
        let read = clock.at_wall(Timestamp::from_millisecond(wall_ms).unwrap());
        Timestamp::from_microsecond(read).unwrap().to_string()
    }

    #[test]
    fn without_segments_the_legal_clock_is_the_wall_clock() {
        let clock = LegalClock::real();
        let before = wall_now();
        let read = clock.now();
        assert!(read.as_microsecond() >= before.as_microsecond() && read <= wall_now());
        let wait = clock.wall_until(wall_now() + jiff::SignedDuration::from_secs(20));
        assert!(wait > Duration::from_secs(19) && wait < Duration::from_secs(21), "{wait:?}");
    }

    #[test]
    fn a_wall_clock_that_is_set_back_does_not_turn_the_legal_clock_back() {
        let clock = LegalClock::real();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(clock.read(at("2026-11-18T00:00:00Z")), at("2026-11-18T00:00:00Z"));
        // An hour back: what was due stays due, and no event is older than the one before it.
        assert_eq!(clock.read(at("2026-11-17T23:00:00Z")), at("2026-11-18T00:00:00Z"));
        assert_eq!(clock.read(at("2026-11-18T00:00:01Z")), at("2026-11-18T00:00:01Z"));
        // Far forward, and back again.
        assert_eq!(clock.read(at("2027-03-01T00:00:00Z")), at("2027-03-01T00:00:00Z"));
        assert_eq!(clock.read(at("2026-11-18T00:00:02Z")), at("2027-03-01T00:00:00Z"));
    }

    #[test]
    fn a_segment_advances_by_its_speed_and_stands_still_before_it() {
        let clock = LegalClock::from_segments(vec![
            segment(1_000, "2026-11-02T08:00:00Z", 86_400.0),
            segment(3_000, "2026-11-10T00:00:00Z", 0.0),
        ])
        .unwrap();
        assert_eq!(at(&clock, 0), "2026-11-02T08:00:00Z");
        assert_eq!(at(&clock, 2_000), "2026-11-03T08:00:00Z");
        assert_eq!(at(&clock, 3_000), "2026-11-10T00:00:00Z");
        assert_eq!(at(&clock, 9_000), "2026-11-10T00:00:00Z");
    }

    #[test]
    fn segments_that_turn_time_back_are_refused() {
        let back =
            vec![segment(0, "2026-11-02T08:00:00Z", 86_400.0), segment(5_000, "2026-11-03T00:00:00Z", 1.0)];
        assert_eq!(LegalClock::from_segments(back).unwrap_err(), ClockError::Backwards(1));
        let order = vec![segment(9, "2026-11-02T08:00:00Z", 1.0), segment(5, "2026-11-03T00:00:00Z", 1.0)];
        assert_eq!(LegalClock::from_segments(order).unwrap_err(), ClockError::Order(1));
        let speed = vec![segment(9, "2026-11-02T08:00:00Z", f64::NAN)];
        assert_eq!(LegalClock::from_segments(speed).unwrap_err(), ClockError::Speed(0));
    }

    #[test]
    fn the_wait_for_a_legal_instant_is_as_long_as_the_clock_needs() {
        let wall_ms = wall_now().as_millisecond();
        let day_a_second =
            LegalClock::from_segments(vec![segment(wall_ms, "2026-11-02T00:00:00Z", 86_400.0)]).unwrap();
        let wait = day_a_second.wall_until("2026-11-12T00:00:00Z".parse().unwrap());
        assert!(wait > Duration::from_secs(9) && wait <= Duration::from_millis(10_001), "{wait:?}");
        assert_eq!(day_a_second.wall_until("2026-11-01T00:00:00Z".parse().unwrap()), Duration::ZERO);
    }

    #[test]
    fn a_jump_of_the_next_segment_is_waited_for() {
        let wall_ms = wall_now().as_millisecond();
        let clock = LegalClock::from_segments(vec![
            segment(wall_ms - 1_000, "2026-11-02T00:00:00Z", 0.0),
            segment(wall_ms + 4_000, "2026-12-01T00:00:00Z", 1.0),
        ])
        .unwrap();
        let wait = clock.wall_until("2026-11-20T00:00:00Z".parse().unwrap());
        assert!(wait > Duration::from_secs(3) && wait < Duration::from_secs(5), "{wait:?}");
    }

    #[test]
    fn a_woken_sleeper_finds_the_instant_reached() {
        let wall_us = 1_700_000_000_000_000;
        let clock =
            LegalClock::from_segments(vec![segment(1_700_000_000_000, "2026-11-02T00:00:00Z", 77_777.7)])
                .unwrap();
        for ahead in [1_i64, 999, 1_234_567, 86_400_000_000, 9_999_999_999_999] {
            let target = "2026-11-02T00:00:00Z".parse::<Timestamp>().unwrap().as_microsecond() + ahead;
            let reached = clock.wall_when(target, wall_us).unwrap();
            assert!(clock.at_wall(Timestamp::from_microsecond(reached).unwrap()) >= target, "{ahead}");
        }
    }
}
