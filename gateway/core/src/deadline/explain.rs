//! The answer to "why this date?", for a jurist, an applicant and a machine alike.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::file::Permit;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::notice::{LegalDates, StepDate};
use wasl_schemas::problem::Texts;

use super::clock::ClockState;
use super::count;
use super::dates::{legal_dates, reviewer_due};
use super::reminders::{Escalated, Reminder, escalations, reminders};
use super::strip::{self, DayLine};
use super::texts;
use crate::calendar::Calendar;
use crate::procedure::{Reviewer, Rule, SilenceMeans, Unit};
use crate::time::{ZONE, local_date, start_of_day, tzdb_version, with_offset};

/// How a clock ended, on a local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockEnd {
    /// The commune decided.
    Decided(Date),
    /// The applicant withdrew.
    Withdrawn(Date),
}

impl ClockEnd {
    const fn on(self) -> Date {
        match self {
            Self::Decided(on) | Self::Withdrawn(on) => on,
        }
    }
}

/// Where the clock stands. Whether a running one is overdue depends on today, which nothing here knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStatus {
    /// Not started yet.
    Waiting,
    /// Runs to a known end.
    Running,
    /// Stands still; the end is not known.
    Suspended,
    /// Ended by a decision.
    Decided,
    /// Ended by withdrawal.
    Withdrawn,
}

/// What silence leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilenceLine {
    /// The administration's silence is approval for this act.
    pub approval: bool,
    /// Instant at which the right is acquired, RFC 3339 with the local offset: the midnight after the last
    /// day of the later reading. Absent where it is not known, or where a decision or a withdrawal came
    /// before.
    pub acquired_at: Option<String>,
}

/// The decision against the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// Its local day.
    pub on: Date,
    /// After the last day (the earlier reading).
    pub late: bool,
    /// After the right was acquired.
    pub after_right: bool,
}

/// A reviewer and its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewerLine {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// No permit without its favourable opinion.
    pub binding: bool,
    /// Last day on which its opinion is in time.
    pub due: Date,
    /// What its silence means.
    pub silence: SilenceMeans,
    /// Why it is asked.
    pub basis: String,
}

/// Everything that follows from a rule, a clock and a calendar, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Rule of `procedures.toml`.
    pub rule: String,
    /// The act.
    pub permit: Permit,
    /// Its legal basis.
    pub basis: String,
    /// What the source leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Texts>,
    /// The limit, in `unit`.
    pub limit: u16,
    /// What the limit counts.
    pub unit: Unit,
    /// Time zone.
    pub zone: String,
    /// Version of the time zone database.
    pub tzdb: String,
    /// Version of the calendar.
    pub calendar: String,
    /// Where the clock stands.
    pub status: ClockStatus,
    /// Local date of the receipt of the present deposit.
    pub filed: Date,
    /// Receipts of all deposits, when there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposits: Vec<Date>,
    /// Day 0 where the clock starts with the urban agency's agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Date>,
    /// Last day for the decision; the earlier reading where the unit is doubtful.
    pub due: Option<Date>,
    /// The later reading, only where the unit is doubtful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_if_working_days: Option<Date>,
    /// Day by day.
    pub days: Vec<DayLine>,
    /// The list of days was cut, the dates stand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub days_cut: bool,
    /// Last day of each step.
    pub steps: Vec<StepDate>,
    /// Reviewers and their last days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<ReviewerLine>,
    /// Reminders.
    pub reminders: Vec<Reminder>,
    /// Who hears that the last day has passed.
    pub escalations: Vec<Escalated>,
    /// The decision, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionLine>,
    /// What silence leads to.
    pub silence: SilenceLine,
    /// What a reader should know besides.
    pub notes: Vec<Texts>,
}

/// Explains a clock. `end` is the decision or withdrawal, `reviewers` those who were asked.
#[must_use]
pub fn explain(
    rule: &Rule,
    clock: &ClockState,
    calendar: &Calendar,
    end: Option<ClockEnd>,
    reviewers: &[Reviewer],
) -> Explanation {
    let dates = legal_dates(rule, clock, calendar);
    let (days, days_cut) = strip::days(rule, clock, calendar, &dates);
    let still_open = |on: Date| end.is_none_or(|end| on <= end.on());
    let mut reminders = reminders(rule, &dates, clock, calendar);
    reminders.retain(|reminder| still_open(reminder.on));
    let mut escalations = escalations(rule, &dates);
    escalations.retain(|step| still_open(step.on));
    Explanation {
        rule: rule.id.clone(),
        permit: rule.permit,
        basis: rule.basis.clone(),
        doubt: rule.doubt.clone(),
        limit: rule.limit,
        unit: rule.unit,
        zone: ZONE.to_owned(),
        tzdb: tzdb_version().to_owned(),
        calendar: calendar.version().to_owned(),
        status: status(&dates, clock, rule, end),
        filed: clock.filed,
        deposits: Vec::new(),
        started_on: clock.started_on,
        decision: decision(&dates, end),
        silence: silence(&dates, end),
        notes: notes(&dates, calendar, rule, clock, &days),
        reviewers: reviewers.iter().map(|reviewer| reviewer_line(reviewer, clock, calendar)).collect(),
        due: dates.due,
        due_if_working_days: dates.due_if_working_days,
        steps: dates.steps,
        days,
        days_cut,
        reminders,
        escalations,
    }
}

fn status(dates: &LegalDates, clock: &ClockState, rule: &Rule, end: Option<ClockEnd>) -> ClockStatus {
    match end {
        Some(ClockEnd::Decided(_)) => ClockStatus::Decided,
        Some(ClockEnd::Withdrawn(_)) => ClockStatus::Withdrawn,
        None if count::day_zero(rule, clock).is_none() => ClockStatus::Waiting,
        None if dates.suspended_since.is_some() => ClockStatus::Suspended,
        None => ClockStatus::Running,
    }
}

fn decision(dates: &LegalDates, end: Option<ClockEnd>) -> Option<DecisionLine> {
    let Some(ClockEnd::Decided(on)) = end else { return None };
    let late = dates.due.is_some_and(|due| on > due);
    let after_right = dates.right_acquired_at.is_some_and(|right| on >= local_date(right));
    Some(DecisionLine { on, late, after_right })
}

fn silence(dates: &LegalDates, end: Option<ClockEnd>) -> SilenceLine {
    // A decision or withdrawal on the last day is in time: the right would come at the midnight after it.
    let stands =
        dates.right_acquired_at.filter(|right| end.is_none_or(|end| start_of_day(end.on()) >= *right));
    SilenceLine { approval: dates.silence_is_approval, acquired_at: stands.map(with_offset) }
}

fn reviewer_line(reviewer: &Reviewer, clock: &ClockState, calendar: &Calendar) -> ReviewerLine {
    ReviewerLine {
        agency: reviewer.agency.clone(),
        binding: reviewer.binding,
        due: reviewer_due(reviewer, clock, calendar),
        silence: reviewer.silence.clone(),
        basis: reviewer.basis.clone(),
    }
}

fn notes(
    dates: &LegalDates,
    calendar: &Calendar,
    rule: &Rule,
    clock: &ClockState,
    days: &[DayLine],
) -> Vec<Texts> {
    let mut notes = Vec::new();
    if let (Some(due), Some(later)) = (dates.due, dates.due_if_working_days) {
        notes.push(texts::doubtful_unit(due, later));
    }
    if count::day_zero(rule, clock).is_none() {
        notes.push(texts::not_started());
    }
    if let Some(since) = dates.suspended_since {
        notes.push(texts::suspended(since));
    }
    if days.first().is_some_and(|first| first.date < calendar.lunar_from()) {
        notes.push(texts::no_lunar_data(calendar.lunar_from()));
    }
    if days.last().is_some_and(|last| last.date > calendar.confirmed_until()) {
        notes.push(texts::unconfirmed(calendar.confirmed_until()));
    }
    notes
}
