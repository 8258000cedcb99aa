//! The shipped rules, calendar and registry, and the file of the contract's sample.

use wasl_core::calendar::Calendar;
use wasl_core::file::Context;
use wasl_core::policy::Policy;
use wasl_core::procedure::Rules;
use wasl_core::routing::Coverage;
use wasl_schemas::file::PermitFile;
use wasl_schemas::id::AgencyKind;

const AGENCIES: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];
const FILES: [(&str, &str); 3] = [
    ("fixed.toml", include_str!("../../../../config/calendar/fixed.toml")),
    ("lunar.toml", include_str!("../../../../config/calendar/lunar.toml")),
    ("exceptional.toml", include_str!("../../../../config/calendar/exceptional.toml")),
];
const COVERAGE: &str = include_str!("../../../../config/agencies/coverage.toml");
const PROCEDURES: &str = include_str!("../../../../config/procedures.toml");
const SAMPLE: &str = include_str!("../../../../schemas/samples/valid/file.submitted.json");

/// What every life is lived in.
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) calendar: Calendar,
    pub(crate) sample: PermitFile,
    coverage: Coverage,
    policy: Policy,
}

impl World {
    pub(crate) fn shipped() -> Self {
        let polled = ["onee", "barid-bank"].map(|kind| (agency(kind), 10 * 24 * 3_600_000));
        let whole: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        Self {
            rules: Rules::from_toml(PROCEDURES, &AGENCIES).unwrap(),
            calendar: Calendar::from_toml(&FILES).unwrap(),
            sample: serde_json::from_value(whole["data"].clone()).unwrap(),
            coverage: Coverage::from_toml(COVERAGE, &AGENCIES).unwrap(),
            policy: Policy { poll_interval_ms: polled.into_iter().collect(), ..Policy::default() },
        }
    }

    /// What a decision may look at, at an instant.
    pub(crate) fn at(&self, now: jiff::Timestamp) -> Context<'_> {
        Context {
            now,
            rules: &self.rules,
            calendar: &self.calendar,
            coverage: &self.coverage,
            policy: &self.policy,
        }
    }
}

pub(crate) fn agency(kind: &str) -> AgencyKind {
    AgencyKind::try_new(kind).unwrap()
}
