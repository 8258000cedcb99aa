//! The clock of a run: the working day, the weeks in which agencies answer and communes decide, and the weeks in which
//! limits pass, each with its share of the time.

use jiff::{SignedDuration, Timestamp};

use crate::communes::day::Day;
use crate::demo::pace as demo;
use crate::world::clock::{LegalClock, Segment};

/// The clock begins so long before offices open.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_mins(30);
/// Shares of the wall time: the working day; the busy days after it; all that comes then, up to the last date.
pub const SHARES: [f64; 3] = [0.30, 0.50, 0.20];
/// Most answers, decisions and payments fall into these days. What a Monday brings after them is worked off at their
/// pace too: later, when a second is half a day, nothing old may be left.
const BUSY_DAYS: i64 = 18;

/// A clock that plays the whole story of a day in so many wall milliseconds, from `from_wall_ms` on; and its end.
#[must_use]
pub fn lay(day: &Day, shares: [f64; 3], wall_ms: i64, from_wall_ms: i64) -> (LegalClock, Timestamp) {
    let end = demo::ends(day).1;
    let begin = day.opens() - BEFORE_OPENING;
    let busy = day.closes() + SignedDuration::from_hours(24 * BUSY_DAYS);
    let marks = [begin, day.closes(), busy, end.max(busy)];
    let (mut segments, mut at) = (Vec::with_capacity(shares.len()), from_wall_ms);
    for (pair, share) in marks.windows(2).zip(shares) {
        let lasts = part(wall_ms, share).max(1);
        let legal_ms = pair[1].duration_since(pair[0]).as_millis() as f64;
        segments.push(Segment { wall_ms: at, legal: pair[0], speed: legal_ms / lasts as f64 });
        at += lasts;
    }
    (LegalClock::new(segments), end)
}

/// A share of a time.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a run, far below the limits of i64")]
pub fn part(wall_ms: i64, share: f64) -> i64 {
    (wall_ms as f64 * share).round() as i64
}
