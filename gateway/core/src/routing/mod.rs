//! Which agency of a kind serves a place: dated data (`config/agencies/coverage.toml`), never code, since
//! institutions change (regional companies take over distribution, urban agencies become regional).

mod gaps;
mod read;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use wasl_schemas::file::Name;
use wasl_schemas::id::AgencyKind;

use crate::rows::RuleError;

pub use gaps::Place;

/// The places an agency serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Area {
    /// The whole country.
    Nation,
    /// Regions, two digits each.
    Regions(Vec<String>),
    /// Prefectures and provinces, five digits each.
    Provinces(Vec<String>),
    /// Communes or arrondissements, nine digits each.
    Communes(Vec<String>),
}

impl Area {
    /// The nearer the area, the more it says about a commune: communes before provinces before regions.
    const fn rank(&self) -> u8 {
        match self {
            Self::Nation => 0,
            Self::Regions(_) => 1,
            Self::Provinces(_) => 2,
            Self::Communes(_) => 3,
        }
    }

    fn holds(&self, commune: &str, province: &str, region: &str) -> bool {
        match self {
            Self::Nation => true,
            Self::Regions(codes) => codes.iter().any(|code| code == region),
            Self::Provinces(codes) => codes.iter().any(|code| code == province),
            Self::Communes(codes) => codes.iter().any(|code| code == commune),
        }
    }
}

/// One agency, from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyEntry {
    /// Stable id such as `au-tanger`.
    pub id: String,
    /// Kind: which adapter speaks to it.
    pub kind: AgencyKind,
    /// Its name.
    pub name: Name,
    /// What it serves.
    pub area: Area,
    /// First day.
    pub valid_from: Date,
    /// First day on which it no longer serves.
    pub valid_to: Option<Date>,
    /// What is not established about the row.
    pub doubt: Option<String>,
}

impl AgencyEntry {
    fn serves_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}

/// The registry of agencies.
#[derive(Debug, Clone)]
pub struct Coverage {
    entries: Vec<AgencyEntry>,
}

impl Coverage {
    /// Reads `coverage.toml`. `known_agencies` are the kinds that have an adapter.
    ///
    /// # Errors
    /// Every [`RuleError`]: unknown keys and kinds, malformed codes, two agencies for one place.
    pub fn from_toml(text: &str, known_agencies: &[&str]) -> Result<Self, Vec<RuleError>> {
        read::from_toml(text, known_agencies)
    }

    /// The agency of a kind that serves a commune on a day. The nearest area wins: an agency named for the
    /// commune, then for its province, its region, the nation.
    #[must_use]
    pub fn agency_for(
        &self,
        kind: &AgencyKind,
        commune: &str,
        province: &str,
        region: &str,
        on: Date,
    ) -> Option<&AgencyEntry> {
        self.entries
            .iter()
            .filter(|entry| entry.kind == *kind && entry.serves_on(on))
            .filter(|entry| entry.area.holds(commune, province, region))
            .max_by_key(|entry| entry.area.rank())
    }

    /// An agency by its id on a day, for names.
    #[must_use]
    pub fn entry(&self, id: &str, on: Date) -> Option<&AgencyEntry> {
        self.entries.iter().find(|entry| entry.id == id && entry.serves_on(on))
    }

    /// Every row, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[AgencyEntry] {
        &self.entries
    }
}
