//! Reads `coverage.toml`.

use wasl_schemas::file::Name;
use wasl_schemas::id::AgencyKind;

use super::{AgencyEntry, Area, Coverage};
use crate::rows::{self, Row, RuleError, named};

const FILE: &str = "coverage.toml";

pub(super) fn from_toml(text: &str, known_agencies: &[&str]) -> Result<Coverage, Vec<RuleError>> {
    let mut faults = Vec::new();
    let Some(table) = rows::parse(FILE, text, &mut faults) else { return Err(faults) };
    let mut file = Row::new(FILE, &table);
    let mut entries: Vec<AgencyEntry> = Vec::new();
    for mut row in file.rows("agency", named("agency", "id")) {
        if let Some(entry) = agency(&mut row, known_agencies) {
            if let Some(other) = entries.iter().find(|other| clash(other, &entry)) {
                row.fault(format!("agency `{}` serves the same place at the same time", other.id));
            }
            if entries.iter().any(|other| other.id == entry.id && meet(other, &entry)) {
                row.fault("another row has this id at the same time");
            }
            entries.push(entry);
        }
        row.finish(&mut faults);
    }
    file.finish(&mut faults);
    if faults.is_empty() { Ok(Coverage { entries }) } else { Err(faults) }
}

fn agency(row: &mut Row<'_>, known: &[&str]) -> Option<AgencyEntry> {
    let (id, kind) = (row.text("id"), row.text("kind"));
    let (name_fr, name_ar) = (row.text("name_fr"), row.text("name_ar"));
    let valid_from = row.date("valid_from");
    let (id, kind) = (row.required("id", id), row.required("kind", kind));
    let (fr, ar) = (row.required("name_fr", name_fr), row.required("name_ar", name_ar));
    let valid_from = row.required("valid_from", valid_from);
    let (valid_to, doubt, area) = (row.date("valid_to"), row.text("doubt"), area(row));
    let kind = kind?;
    if !known.contains(&kind.as_str()) {
        row.fault(rows::unknown("kind", &kind, known));
        return None;
    }
    let kind = AgencyKind::try_new(kind).map_err(|error| row.fault(error.to_string())).ok()?;
    let valid_from = valid_from?;
    if valid_to.is_some_and(|end| end <= valid_from) {
        row.fault("`valid_to` must lie after `valid_from`");
    }
    Some(AgencyEntry {
        id: id?,
        kind,
        name: Name { fr: fr?, ar: ar? },
        area: area?,
        valid_from,
        valid_to,
        doubt,
    })
}

/// Exactly one of `nation`, `regions`, `provinces`, `communes`.
fn area(row: &mut Row<'_>) -> Option<Area> {
    let nation = row.flag("nation").filter(|yes| *yes).map(|_| Area::Nation);
    let regions = codes(row, "regions", 2).map(Area::Regions);
    let provinces = codes(row, "provinces", 5).map(Area::Provinces);
    let communes = codes(row, "communes", 9).map(Area::Communes);
    let mut given = [nation, regions, provinces, communes].into_iter().flatten();
    let (area, more) = (given.next(), given.next());
    if area.is_none() || more.is_some() {
        row.fault("needs exactly one of `nation = true`, `regions`, `provinces`, `communes`");
    }
    area
}

fn codes(row: &mut Row<'_>, key: &'static str, digits: usize) -> Option<Vec<String>> {
    let codes = row.list(key)?;
    if codes.iter().any(|code| code.len() != digits || !code.bytes().all(|b| b.is_ascii_digit())) {
        row.fault(format!("`{key}` must be codes of {digits} digits (HCP)"));
    }
    Some(codes)
}

fn meet(a: &AgencyEntry, b: &AgencyEntry) -> bool {
    a.valid_to.is_none_or(|end| b.valid_from < end) && b.valid_to.is_none_or(|end| a.valid_from < end)
}

fn clash(a: &AgencyEntry, b: &AgencyEntry) -> bool {
    let share = |a: &[String], b: &[String]| a.iter().any(|code| b.contains(code));
    let same_place = match (&a.area, &b.area) {
        (Area::Nation, Area::Nation) => true,
        (Area::Regions(a), Area::Regions(b))
        | (Area::Provinces(a), Area::Provinces(b))
        | (Area::Communes(a), Area::Communes(b)) => share(a, b),
        _ => false,
    };
    a.kind == b.kind && meet(a, b) && same_place
}
