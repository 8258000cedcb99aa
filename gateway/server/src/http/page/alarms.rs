//! The alarms that last: which, how many, since when. The page may be open to everybody, so it does not say about whom;
//! the command line and the API do, for operators.

use askama::Template;

use super::format::{date_time, number};
use super::snapshot::Snapshot;
use crate::http::texts::Say;
use crate::store::read::Instant;

struct AlarmRow {
    text: String,
    /// How many; empty for one.
    count: String,
    since: String,
}

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsTemplate {
    s: Say,
    rows: Vec<AlarmRow>,
}

/// Draws the list; nothing while all is well.
pub fn draw(say: Say, snapshot: &Snapshot) -> Result<String, askama::Error> {
    let mut kinds: Vec<(&str, Instant, i64)> = Vec::new();
    // The oldest comes first, so the first of a kind says since when.
    for line in &snapshot.alarms {
        match kinds.iter_mut().find(|(name, ..)| *name == line.name) {
            Some((.., count)) => *count += 1,
            None => kinds.push((&line.name, line.since, 1)),
        }
    }
    if kinds.is_empty() {
        return Ok(String::new());
    }
    let row = |(name, since, count): (&str, Instant, i64)| AlarmRow {
        text: say.of("alarm", name),
        count: if count > 1 { number(say.lang, count) } else { String::new() },
        since: date_time(say, since.0),
    };
    AlarmsTemplate { s: say, rows: kinds.into_iter().map(row).collect() }.render()
}
