//! The clock of a demo: the working day is played slowly enough to be watched, the weeks after it fast, and the
//! last weeks, in which nothing is awaited but the limits of 60 days, faster still.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::communes::course::Ending;
use crate::communes::day::Day;
use crate::communes::journal::{Intent, Sent};
use crate::oracle::{limits, registration};
use crate::world::clock::{DAY_MS, LegalClock, Segment, end_of_day};

/// The working day, with half an hour before it, lasts so many wall milliseconds.
const WORKING_DAY_MS: i64 = 14_000;
/// The clock begins so long before offices open.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_mins(30);
/// How much faster the last weeks pass.
const LAST_WEEKS_FACTOR: f64 = 5.0;
/// Days after the last right by silence: it is invoked, attested, paid, delivered.
const AFTER_RIGHT_DAYS: i64 = 6;
/// Days after the last limit.
const AFTER_LIMIT_DAYS: i64 = 2;

/// The clock of a run and its end.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// The clock.
    pub(super) clock: LegalClock,
    /// When everything has happened that is awaited.
    pub(super) end: Timestamp,
}

/// Lays the clock from a wall time on.
pub(super) fn lay(day: &Day, speed: f64, from_wall_ms: i64) -> Pace {
    let (begin, close) = (day.opens() - BEFORE_OPENING, day.closes());
    let (rights, end) = ends(day);
    let ratio = |legal_ms: i64, wall_ms: i64| legal_ms as f64 / wall_ms as f64;
    let slow = Segment {
        wall_ms: from_wall_ms,
        legal: begin,
        speed: ratio(close.duration_since(begin).as_millis().try_into().unwrap_or(DAY_MS), WORKING_DAY_MS),
    };
    let fast = Segment { wall_ms: from_wall_ms + WORKING_DAY_MS, legal: close, speed: speed * 86_400.0 };
    let mut segments = vec![slow, fast];
    if end > rights {
        let clock = LegalClock::new(segments.clone());
        let wall_ms = clock.wall_of(rights);
        segments.push(Segment { wall_ms, legal: clock.at(wall_ms), speed: fast.speed * LAST_WEEKS_FACTOR });
    }
    Pace { clock: LegalClock::new(segments), end }
}

/// When the last right by silence is settled, and when the last limit of a file that nobody decides has passed.
pub(crate) fn ends(day: &Day) -> (Timestamp, Timestamp) {
    let mut rights = end_of_day(day.date) + days(30);
    let mut end = rights;
    for file in day.files.iter().filter(|file| matches!(file.course.ending, Ending::Silence { .. })) {
        let Some((limit, course)) = registration::start(&as_sent(&file.body)) else { continue };
        let dates = limits::dates(limit, &course);
        if let Some(at) = dates.right_acquired_at {
            let settled = at + days(AFTER_RIGHT_DAYS);
            end = end.max(settled);
            if dates.due.is_some_and(|due| due < sixty_days(day.date)) {
                rights = rights.max(settled);
            }
        }
        if let Some(due) = dates.due {
            end = end.max(end_of_day(due) + days(AFTER_LIMIT_DAYS));
        }
    }
    (rights, end)
}

/// Limits that end after this day are those of 60 days.
fn sixty_days(date: Date) -> Date {
    date.saturating_add(jiff::Span::new().days(55))
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

fn as_sent(body: &serde_json::Value) -> Sent {
    Sent {
        wall_ms: 0,
        begun_ms: None,
        legal: Timestamp::UNIX_EPOCH,
        source: String::new(),
        id: None,
        name: "file.submitted".to_owned(),
        reference: String::new(),
        data: body.clone(),
        intent: Intent::Genuine,
        confirmed: true,
    }
}
