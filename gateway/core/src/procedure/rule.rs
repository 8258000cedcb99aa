//! One rule: a limit with its unit, its steps, its dates and its legal basis.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::file::{Permit, ProjectClass};
pub use wasl_schemas::notice::EscalationLevel;
use wasl_schemas::problem::Texts;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Days that are neither weekend nor holiday.
    WorkingDays,
    /// Every day.
    CalendarDays,
    /// Until the same day number, or the month's last day.
    Months,
    /// The text says "jours" and no more: both readings are kept. Reminders use the earlier one (calendar
    /// days), a right by silence the later one (working days).
    Doubtful,
}

/// What starts the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The commune's numbered, dated receipt.
    Receipt,
    /// The urban agency's agreement (regularisation).
    UrbanAgencyAgreement,
}

/// A step with its own limit, in the rule's unit, counted after the steps before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `receipt`, `transmission`, `commission`, `minutes`, `inform`, `deliver`.
    pub name: String,
    /// Days of this step alone.
    pub limit: u16,
}

/// When a reminder is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderAt {
    /// When this part of the limit has run, in percent (1 to 99).
    Percent(u8),
    /// This many calendar days before the last day (0 is the last day itself).
    DaysBefore(u16),
}

/// A reminder that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderRule {
    /// `decision`, or a step's name.
    pub what: String,
    /// When.
    pub at: ReminderAt,
}

/// Calendar days after the last day on which a level hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// `decision`, or a step's name.
    pub what: String,
    /// Who.
    pub level: EscalationLevel,
    /// Calendar days after the last day.
    pub days_after: u16,
}

/// A row of `procedures.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable name, kept with every file that was counted by it.
    pub id: String,
    /// The act.
    pub permit: Permit,
    /// Large or small projects only; both when absent.
    pub class: Option<ProjectClass>,
    /// Investment acts only (`true`), all others only (`false`), or both.
    pub investment: Option<bool>,
    /// The limit, in `unit`.
    pub limit: u16,
    /// What the limit counts.
    pub unit: Unit,
    /// The law's ceiling in days (law 55-19); it shortens a limit in months that is longer. Absent for acts
    /// filed before that law was in force.
    pub cap_days: Option<u16>,
    /// A last day that is not worked moves to the next one that is.
    pub roll: bool,
    /// The steps; empty, or their limits add up to `limit`.
    pub steps: Vec<Step>,
    /// The administration's silence is approval.
    pub silence_is_approval: bool,
    /// Fees must be paid before delivery (building regulation art. 28), unless the act is exempt.
    pub fees_due: bool,
    /// What starts the clock.
    pub starts: Start,
    /// The clock may be suspended.
    pub suspension: bool,
    /// How many extensions a file may have (law 55-19: one).
    pub extensions_max: u8,
    /// Longest extension, in the rule's unit.
    pub extension_days_max: u16,
    /// How many requests for complements a file may have (law 55-19: one).
    pub complement_requests_max: u8,
    /// Working days for minor complements, without a restart (building regulation art. 38).
    pub complement_days: u16,
    /// Law, order, article.
    pub basis: String,
    /// What the source leaves open, in one sentence of each language.
    pub doubt: Option<Texts>,
    /// First day of filing for which the rule holds.
    pub valid_from: Date,
    /// First day of filing for which it no longer holds.
    pub valid_to: Option<Date>,
    /// Reminders, each once.
    pub reminders: Vec<ReminderRule>,
    /// Who hears of it when the limit has passed.
    pub escalation: Vec<Escalation>,
}

impl Rule {
    /// Whether an act filed on that day is counted by this rule.
    #[must_use]
    pub fn holds_on(&self, filed: Date) -> bool {
        self.valid_from <= filed && self.valid_to.is_none_or(|end| filed < end)
    }

    /// Whether the rule is about this act, whatever the day.
    #[must_use]
    pub fn serves(&self, permit: Permit, class: ProjectClass, investment: bool) -> bool {
        self.permit == permit
            && self.class.is_none_or(|only| only == class)
            && self.investment.is_none_or(|only| only == investment)
    }
}
