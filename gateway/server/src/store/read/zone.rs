//! Offsets of Africa/Casablanca as two arrays for a statement, so that the database never asks its own time
//! zone data (which may be too old to know that Morocco left UTC+1 on 2026-09-20).
//!
//! The local date of a column `t` is then
//! `(t AT TIME ZONE 'UTC' + make_interval(secs => ($offsets)[width_bucket(t, $transitions) + 1]))::date`.

use jiff::Timestamp;
use wasl_core::time::zone;

use super::Instant;

/// The first instant that the table knows; before it, its offset holds.
const FROM: &str = "2015-01-01T00:00:00Z";
/// Longest table; the zone has no transition after 2026, so this is never reached.
const TRANSITIONS_MAX: usize = 200;

/// Transitions in order, and the offsets between them: one more than transitions.
#[derive(Debug, Clone)]
pub struct ZoneTable {
    /// Instants at which the offset changes.
    pub transitions: Vec<Instant>,
    /// Seconds east of UTC.
    pub offsets_s: Vec<f64>,
}

impl ZoneTable {
    /// Reads the table from the bundled time zone database.
    #[must_use]
    pub fn load() -> Self {
        let from: Timestamp = FROM.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let mut table =
            Self { transitions: Vec::new(), offsets_s: vec![f64::from(zone().to_offset(from).seconds())] };
        for transition in zone().following(from).take(TRANSITIONS_MAX) {
            table.transitions.push(Instant(transition.timestamp()));
            table.offsets_s.push(f64::from(transition.offset().seconds()));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_offset_is_that_of_the_decree_of_2026() {
        let table = ZoneTable::load();
        assert_eq!(table.offsets_s.len(), table.transitions.len() + 1);
        assert_eq!(table.transitions.last().unwrap().0, "2026-09-20T01:00:00Z".parse().unwrap());
        assert!(table.offsets_s.last().unwrap().abs() < f64::EPSILON);
        assert!(table.transitions.is_sorted());
    }
}
