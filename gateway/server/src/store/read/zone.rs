//! Offsets of Africa/Casablanca as the two arrays that stand in the database's `local_date_of`, so that it never asks
//! its own time zone data (which may be too old to know that Morocco left UTC+1 on 2026-09-20). Where the two differ,
//! a migration must bring the new table.

use jiff::Timestamp;
use wasl_core::time::zone;

use super::Instant;

/// The first instant that the table knows; before it, its offset holds.
const FROM: &str = "2015-01-01T00:00:00Z";
/// Longest table; the zone has no transition after 2026, so this is never reached.
const TRANSITIONS_MAX: usize = 200;

/// Transitions in order, and the offsets between them: one more than transitions.
#[derive(Debug, Clone)]
struct ZoneTable {
    /// Instants at which the offset changes.
    transitions: Vec<Instant>,
    /// Seconds east of UTC.
    offsets_s: Vec<f64>,
}

impl ZoneTable {
    /// Reads the table from the bundled time zone database.
    fn load() -> Self {
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

    #[test]
    fn the_database_counts_local_dates_by_the_same_table() {
        let table = ZoneTable::load();
        let list = |all: Vec<String>| all.join(", ");
        let offsets = list(table.offsets_s.iter().map(|s| format!("{s:.0}")).collect());
        let transitions = list(table.transitions.iter().map(|t| format!("'{}'", t.0)).collect());
        let migration = include_str!("../../../migrations/0060_figures.sql");
        let migration = migration.split_whitespace().collect::<Vec<_>>().join(" ");
        for wanted in [format!("ARRAY[{offsets}]::float8[]"), format!("ARRAY[{transitions}]::timestamptz[]")]
        {
            assert!(migration.contains(&wanted), "{wanted}");
        }
    }
}
