//! Places that nobody serves from some day on: a merger that ends the old agency and forgets a province is found when
//! the gateway starts, not when the first file comes from there.

use std::collections::BTreeMap;

use jiff::civil::Date;
use wasl_schemas::id::AgencyKind;

use super::{AgencyEntry, Coverage};
use crate::rows::RuleError;
use crate::time::add_days;

/// A commune with what lies around it: codes of commune, province, region.
pub type Place<'a> = (&'a str, &'a str, &'a str);

impl Coverage {
    /// Every gap from a day on, one fault for each row whose end leaves places to nobody.
    #[must_use]
    pub fn gaps(&self, kinds: &[AgencyKind], places: &[Place<'_>], from: Date) -> Vec<RuleError> {
        kinds.iter().flat_map(|kind| self.gaps_of(kind, places, from)).collect()
    }

    fn gaps_of(&self, kind: &AgencyKind, places: &[Place<'_>], from: Date) -> Vec<RuleError> {
        let rows: Vec<&AgencyEntry> = self.all().iter().filter(|row| row.kind == *kind).collect();
        // Who serves changes on these days only.
        let ends = rows.iter().filter_map(|row| row.valid_to).filter(|end| *end > from);
        let days: Vec<Date> = std::iter::once(from).chain(ends).collect();
        let mut left: BTreeMap<(Date, Option<&str>), Vec<&str>> = BTreeMap::new();
        for (commune, province, region) in places {
            for day in &days {
                if self.agency_for(kind, commune, province, region, *day).is_none() {
                    let before = add_days(*day, -1);
                    let last = self.agency_for(kind, commune, province, region, before);
                    left.entry((*day, last.map(|row| row.id.as_str()))).or_default().push(commune);
                    // The first day says it; that it goes on is no second fault.
                    break;
                }
            }
        }
        left.into_iter().map(|((day, row), communes)| fault(kind, day, row, &communes)).collect()
    }
}

fn fault(kind: &AgencyKind, day: Date, row: Option<&str>, communes: &[&str]) -> RuleError {
    let first = communes.first().copied().unwrap_or_default();
    let whom = match communes.len() {
        1 => format!("commune {first}"),
        count => format!("{count} communes ({first} …)"),
    };
    let name = row.map_or_else(
        || format!("coverage.toml, kind `{kind}`"),
        |id| format!("coverage.toml, agency `{id}`"),
    );
    RuleError::new(name, format!("from {day} on no {kind} serves {whom}: add the row that follows"))
}
