//! Who is consulted: permit, class and conditions on the file lead to reviewers.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::file::{Condition, Permit, PermitFile, ProjectClass};
use wasl_schemas::id::AgencyKind;

use super::rule::Unit;

/// What it means that a reviewer says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "means")]
pub enum SilenceMeans {
    /// Nothing: it is recorded as `no-answer`, never as an opinion.
    NoAnswer,
    /// Favourable, because a text says so expressly.
    Favourable {
        /// That text.
        basis: String,
    },
}

/// Someone whose opinion is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// No permit without its favourable opinion (avis conforme).
    pub binding: bool,
    /// Its limit from the commune's reception, in `unit` (building regulation art. 18).
    pub limit: u16,
    /// What the limit counts.
    pub unit: Unit,
    /// What its silence means.
    pub silence: SilenceMeans,
    /// Why it is asked.
    pub basis: String,
}

/// A row of the table of reviewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReviewRow {
    pub(super) place: usize,
    pub(super) connected: bool,
    pub(super) permits: Vec<Permit>,
    pub(super) class: Option<ProjectClass>,
    /// Any of these on the file; always when empty.
    pub(super) when: Vec<Condition>,
    /// These provinces only, in place of the default row; everywhere when empty.
    pub(super) provinces: Vec<String>,
    /// `false` in a province's row: this reviewer is not asked there.
    pub(super) consulted: bool,
    pub(super) valid_from: Date,
    pub(super) valid_to: Option<Date>,
    pub(super) reviewer: Reviewer,
}

impl ReviewRow {
    fn covers(&self, permit: Permit, class: ProjectClass, filed: Date) -> bool {
        self.permits.contains(&permit)
            && self.class.is_none_or(|only| only == class)
            && self.valid_from <= filed
            && self.valid_to.is_none_or(|end| filed < end)
    }

    fn stated_by(&self, file: &PermitFile) -> bool {
        self.when.is_empty() || self.when.iter().any(|condition| file.conditions.contains(condition))
    }
}

pub(super) fn select(
    rows: &[ReviewRow],
    file: &PermitFile,
    class: ProjectClass,
    province: &str,
    filed: Date,
    connected: bool,
) -> Vec<Reviewer> {
    let here: Vec<&ReviewRow> = rows
        .iter()
        .filter(|row| row.connected == connected && row.covers(file.permit, class, filed))
        .filter(|row| row.provinces.is_empty() || row.provinces.iter().any(|only| only == province))
        .collect();
    let overridden = |row: &ReviewRow| {
        row.provinces.is_empty()
            && here.iter().any(|own| !own.provinces.is_empty() && own.reviewer.agency == row.reviewer.agency)
    };
    here.iter()
        .filter(|row| !overridden(row) && row.consulted && row.stated_by(file))
        .map(|row| row.reviewer.clone())
        .collect()
}
