//! Reads the table of reviewers.

use wasl_schemas::file::Condition;
use wasl_schemas::id::AgencyKind;

use super::read::{CLASSES, UNITS, permits};
use super::review::{ReviewRow, Reviewer, SilenceMeans};
use crate::rows::{self, Row};

const CONDITIONS: [(&str, Condition); 4] = [
    ("near-watercourse", Condition::NearWatercourse),
    ("flood-zone", Condition::FloodZone),
    ("new-connection", Condition::NewConnection),
    ("no-title", Condition::NoTitle),
];

/// Whom a row may name.
pub(super) struct Agencies<'a> {
    pub(super) known: &'a [&'a str],
    pub(super) unconnected: &'a [String],
}

impl Agencies<'_> {
    /// Whether the agency is connected; `None`, with a fault, when nobody knows it.
    fn connected(&self, name: &str, row: &mut Row<'_>) -> Option<bool> {
        if self.known.contains(&name) {
            return Some(true);
        }
        if self.unconnected.iter().any(|kind| kind == name) {
            return Some(false);
        }
        let all: Vec<&str> =
            self.known.iter().copied().chain(self.unconnected.iter().map(String::as_str)).collect();
        row.fault(rows::unknown("agency", name, &all));
        None
    }
}

pub(super) fn review(row: &mut Row<'_>, place: usize, agencies: &Agencies<'_>) -> Option<ReviewRow> {
    let agency = row.text("agency");
    let permits = row.choices("permits", &permits());
    let limit = row.whole("limit", 1, 365);
    let unit = row.choice("unit", &UNITS);
    let basis = row.text("basis");
    let valid_from = row.date("valid_from");
    let (agency, permits) = (row.required("agency", agency), row.required("permits", permits));
    let (limit, unit) = (row.required("limit", limit), row.required("unit", unit));
    let (basis, valid_from) = (row.required("basis", basis), row.required("valid_from", valid_from));
    let class = row.choice("class", &CLASSES);
    let when = row.choices("when", &CONDITIONS).unwrap_or_default();
    let provinces = row.list("provinces").unwrap_or_default();
    let consulted = row.flag("consulted").unwrap_or(true);
    let binding = row.flag("binding").unwrap_or(false);
    let (silence, valid_to) = (silence(row), row.date("valid_to"));
    let _doubt = row.text("doubt");
    let agency = agency?;
    let connected = agencies.connected(&agency, row)?;
    let kind = AgencyKind::try_new(agency).map_err(|error| row.fault(error.to_string())).ok()?;
    let reviewer =
        Reviewer { agency: kind, binding, limit: limit?, unit: unit?, silence: silence?, basis: basis? };
    Some(ReviewRow {
        place,
        connected,
        permits: permits?,
        class,
        when,
        provinces,
        consulted,
        valid_from: valid_from?,
        valid_to,
        reviewer,
    })
}

/// A silence counts as favourable only with the text that says so.
fn silence(row: &mut Row<'_>) -> Option<SilenceMeans> {
    let favourable = row.choice("silence", &[("no-answer", false), ("favourable", true)]).unwrap_or(false);
    let basis = row.text("silence_basis");
    match (favourable, basis) {
        (false, None) => Some(SilenceMeans::NoAnswer),
        (true, Some(basis)) => Some(SilenceMeans::Favourable { basis }),
        (true, None) => {
            row.fault("a favourable silence needs its `silence_basis`");
            None
        }
        (false, Some(_)) => {
            row.fault("`silence_basis` belongs to `silence = \"favourable\"` only");
            None
        }
    }
}
