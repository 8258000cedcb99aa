//! What the core knows of the world: rules, calendar, registry of agencies, communes. Data, never code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use wasl_core::calendar::Calendar;
use wasl_core::deadline::{ClockEnd, Explanation, explain};
use wasl_core::file::FileState;
use wasl_core::policy::Policy;
use wasl_core::procedure::Rules;
use wasl_core::routing::{Coverage, Place};
use wasl_core::time::{local_date, tzdb_version};
use wasl_schemas::check::TitlePattern;
use wasl_schemas::directory::{Directory, Tables};
use wasl_schemas::id::AgencyKind;

use super::calendar_files::CalendarFiles;
use crate::config::{ConfigError, Settings};

/// Compiled-in copies of the folder `config/`, used where `gateway.config_dir` has no file of that name.
const PROCEDURES: &str = include_str!("../../../../config/procedures.toml");
const COVERAGE: &str = include_str!("../../../../config/agencies/coverage.toml");

/// Rules, calendar, registry and communes, read once at start and checked whole.
#[derive(Debug)]
pub struct World {
    /// Limits, steps, reviewers, by the date of filing.
    pub rules: Rules,
    /// Worked days and holidays.
    pub calendar: Calendar,
    /// Which agency serves which commune.
    pub coverage: Coverage,
    /// Communes, provinces, regions.
    pub directory: Directory,
    /// What a land title looks like.
    pub title_pattern: TitlePattern,
    /// Delays that are not law.
    pub policy: Policy,
    /// Hash over all that legal dates depend on: rules, calendar, time zones.
    pub version: String,
}

impl World {
    /// Reads everything.
    ///
    /// # Errors
    /// Every fault, with the file and the row, and the nearest known name.
    pub fn load(settings: &Settings) -> Result<Arc<Self>, ConfigError> {
        Self::load_with(settings, &[])
    }

    /// Reads everything, with these files or folders of a calendar in place of the present ones (see
    /// [`CalendarFiles::replaced_by`]).
    ///
    /// # Errors
    /// As [`World::load`].
    pub fn load_with(settings: &Settings, calendar: &[PathBuf]) -> Result<Arc<Self>, ConfigError> {
        let dir = settings.gateway.config_dir.as_deref();
        let known = wasl_adapters::registry::kinds();
        let procedures = read(dir, "procedures.toml", PROCEDURES)?;
        let coverage = read(dir, "agencies/coverage.toml", COVERAGE)?;
        let calendar = CalendarFiles::read(dir)?.replaced_by(calendar)?;
        let calendar = calendar.lay_out().map_err(|faults| all(&faults))?;
        let coverage = Coverage::from_toml(&coverage, &known).map_err(|faults| all(&faults))?;
        let directory = directory(dir)?;
        no_gaps(settings, &coverage, &directory)?;
        Ok(Arc::new(Self {
            version: version(&procedures, &calendar),
            rules: Rules::from_toml(&procedures, &known).map_err(|faults| all(&faults))?,
            calendar,
            coverage,
            directory,
            title_pattern: TitlePattern::try_new(&settings.flow.title_pattern)
                .map_err(|why| ConfigError::unreadable(Path::new("flow.title_pattern"), why))?,
            policy: policy(settings),
        }))
    }

    /// Why the limit of a file is what it is: the one answer of command line, API and page. `None` when the
    /// rule of the file is not among the rules.
    #[must_use]
    pub fn explain(&self, state: &FileState, withdrawn_at: Option<Timestamp>) -> Option<Explanation> {
        let rule = self.rules.rule(&state.rule)?;
        let end = match &state.decision {
            Some(decision) => Some(ClockEnd::Decided(local_date(decision.decided_at))),
            None => withdrawn_at.map(|at| ClockEnd::Withdrawn(local_date(at))),
        };
        let (file, province) = (&state.permit_file, state.commune.province.as_str());
        let reviewers = self.rules.reviewers(file, state.class, province, state.clock.filed);
        let mut explanation = explain(rule, &state.clock, &self.calendar, end, &reviewers);
        if !state.earlier_deposits.is_empty() {
            let earlier = state.earlier_deposits.iter().map(|deposit| deposit.dates.filed);
            explanation.deposits = earlier.chain([state.clock.filed]).collect();
        }
        Some(explanation)
    }
}

pub(super) fn read(dir: Option<&Path>, name: &str, compiled_in: &str) -> Result<String, ConfigError> {
    match dir.map(|dir| dir.join(name)).filter(|path| path.exists()) {
        Some(path) => {
            std::fs::read_to_string(&path).map_err(|error| ConfigError::unreadable(&path, error.to_string()))
        }
        None => Ok(compiled_in.to_owned()),
    }
}

/// 16 hexadecimal digits.
fn version(procedures: &str, calendar: &Calendar) -> String {
    let hash = Sha256::new()
        .chain_update(procedures)
        .chain_update(calendar.version())
        .chain_update(tzdb_version())
        .finalize();
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The census tables: those of the folder where it has them, else the compiled-in ones.
fn directory(dir: Option<&Path>) -> Result<Directory, ConfigError> {
    let built_in = Tables::COMPILED_IN;
    let regions = read(dir, "regions.csv", built_in.regions)?;
    let provinces = read(dir, "provinces.csv", built_in.provinces)?;
    let communes = read(dir, "communes.csv", built_in.communes)?;
    let arrondissements = read(dir, "arrondissements.csv", built_in.arrondissements)?;
    let tables = Tables {
        regions: &regions,
        provinces: &provinces,
        communes: &communes,
        arrondissements: &arrondissements,
    };
    Directory::from_csv(&tables).map_err(|e| ConfigError::unreadable(Path::new("config"), e.to_string()))
}

/// From the present legal day on every commune must have an agency of every kind that is served. Who served before is
/// history: files keep the agency that was asked.
fn no_gaps(settings: &Settings, coverage: &Coverage, directory: &Directory) -> Result<(), ConfigError> {
    let kinds: Vec<AgencyKind> =
        settings.agencies.enabled.iter().filter_map(|kind| AgencyKind::try_new(kind.as_str()).ok()).collect();
    let communes = directory.communes();
    let places: Vec<Place<'_>> =
        communes.map(|entry| (entry.code.as_str(), entry.province.as_str(), entry.region.as_str())).collect();
    match coverage.gaps(&kinds, &places, settings.clock.legal()?.today()) {
        faults if faults.is_empty() => Ok(()),
        faults => Err(all(&faults)),
    }
}

fn all(faults: &[wasl_core::RuleError]) -> ConfigError {
    let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
    ConfigError::unreadable(Path::new("config"), text.join("; "))
}

fn policy(settings: &Settings) -> Policy {
    let flow = &settings.flow;
    let polled = wasl_adapters::registry::ENTRIES.iter().filter(|entry| entry.polled);
    let poll_interval_ms: BTreeMap<AgencyKind, u64> =
        polled.filter_map(|e| Some((AgencyKind::try_new(e.kind).ok()?, flow.poll_interval_ms))).collect();
    Policy {
        retry_initial_ms: flow.retry_initial_ms,
        retry_factor: flow.retry_factor,
        retry_max_ms: flow.retry_max_ms,
        watchdog_ms: flow.watchdog_ms,
        unanswered_grace_days: flow.unanswered_grace_days,
        silence_look_initial_ms: flow.silence_look_initial_ms,
        silence_look_max_ms: flow.silence_look_max_ms,
        silence_wait_max_ms: flow.silence_wait_max_ms,
        payable_days: flow.payable_days,
        poll_interval_ms,
        poll_interval_max_ms: flow.poll_interval_max_ms,
    }
}
