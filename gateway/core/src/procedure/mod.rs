//! The rules of the procedure: which limit holds for an act filed on a day, and who is consulted.
//!
//! Rules are dated rows of `config/procedures.toml`, each with its legal basis and a mark where the source
//! leaves a doubt. Changing a limit is editing a row; no limit stands in the code.

mod cap;
mod check;
mod class;
mod read;
mod read_review;
mod review;
mod rule;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use wasl_schemas::file::{Permit, PermitFile, ProjectClass};

pub use review::{Reviewer, SilenceMeans};
pub use rule::{Escalation, EscalationLevel, ReminderAt, ReminderRule, Rule, Start, Step, Unit};

use crate::rows::RuleError;

/// All rules and the table of reviewers.
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
    reviews: Vec<review::ReviewRow>,
    history_from: Date,
}

impl Rules {
    /// Reads `procedures.toml`. `known_agencies` are the kinds that can be asked over a wire.
    ///
    /// # Errors
    /// Every [`RuleError`]: unknown keys and agencies, overlaps, gaps, steps that do not add up.
    pub fn from_toml(text: &str, known_agencies: &[&str]) -> Result<Self, Vec<RuleError>> {
        read::from_toml(text, known_agencies)
    }

    /// The rule that holds for an act filed on a day; `None` only before [`Rules::history_from`].
    #[must_use]
    pub fn rule_for(
        &self,
        permit: Permit,
        class: ProjectClass,
        filed: Date,
        investment: bool,
    ) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.serves(permit, class, investment) && rule.holds_on(filed))
    }

    /// A rule by its id, also one that no longer holds for new files.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Every rule, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// First day of filing for which rules are known.
    #[must_use]
    pub const fn history_from(&self) -> Date {
        self.history_from
    }

    /// The connected agencies that are asked about a file, each once, in the order of the table.
    ///
    /// A province's own row takes the place of the default one. Conditions are taken as the file states
    /// them.
    #[must_use]
    pub fn reviewers(
        &self,
        file: &PermitFile,
        class: ProjectClass,
        province: &str,
        filed: Date,
    ) -> Vec<Reviewer> {
        review::select(&self.reviews, file, class, province, filed, true)
    }

    /// The reviewers that are not connected: their opinions come in the commune's own messages
    /// (`opinion.recorded`).
    #[must_use]
    pub fn recorded_reviewers(
        &self,
        file: &PermitFile,
        class: ProjectClass,
        province: &str,
        filed: Date,
    ) -> Vec<Reviewer> {
        review::select(&self.reviews, file, class, province, filed, false)
    }

    /// Large or small by annex 2 of the building regulation; the class that the file states is not believed.
    #[must_use]
    pub fn class_of(&self, file: &PermitFile) -> ProjectClass {
        class::class_of(file)
    }
}
