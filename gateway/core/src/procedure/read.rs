//! Reads `procedures.toml` row by row.

use jiff::civil::Date;
use wasl_schemas::file::{Permit, ProjectClass};

use super::cap::Cap;
use super::read_review::{self, Agencies};
use super::rule::{Escalation, EscalationLevel, ReminderAt, ReminderRule, Rule, Start, Step, Unit};
use super::{Rules, check};
use crate::rows::{self, Row, RuleError, named};

const FILE: &str = "procedures.toml";
pub(super) const UNITS: [(&str, Unit); 4] = [
    ("working-days", Unit::WorkingDays),
    ("calendar-days", Unit::CalendarDays),
    ("months", Unit::Months),
    ("doubtful", Unit::Doubtful),
];
pub(super) const CLASSES: [(&str, ProjectClass); 2] =
    [("large", ProjectClass::Large), ("small", ProjectClass::Small)];
const STARTS: [(&str, Start); 2] =
    [("receipt", Start::Receipt), ("urban-agency-agreement", Start::UrbanAgencyAgreement)];
const LEVELS: [(&str, EscalationLevel); 2] =
    [("province", EscalationLevel::Province), ("region", EscalationLevel::Region)];

pub(super) fn permits() -> Vec<(&'static str, Permit)> {
    Permit::ALL.into_iter().map(|permit| (permit.as_str(), permit)).collect()
}

/// What holds for a row that does not say otherwise.
struct Defaults {
    reminders: Vec<ReminderRule>,
    escalation: Vec<Escalation>,
}

pub(super) fn from_toml(text: &str, known_agencies: &[&str]) -> Result<Rules, Vec<RuleError>> {
    let mut faults = Vec::new();
    let Some(table) = rows::parse(FILE, text, &mut faults) else { return Err(faults) };
    let mut file = Row::new(FILE, &table);
    let history_from = file.date("history_from");
    let history_from = file.required("history_from", history_from).unwrap_or(Date::MIN);
    let unconnected = file.list("unconnected").unwrap_or_default();
    let cap = file.inner("cap").and_then(|mut row| {
        let cap = Cap::read(&mut row);
        row.finish(&mut faults);
        cap
    });
    let defaults = Defaults {
        reminders: reminders(&mut file, &mut faults),
        escalation: escalation(&mut file, &mut faults),
    };
    let mut rules = Vec::new();
    for mut row in file.rows("rule", named("rule", "id")) {
        if let Some(rule) = rule(&mut row, &defaults, &mut faults) {
            match &cap {
                Some(cap) => rules.extend(cap.apply(rule, &mut row)),
                None => rules.push(rule),
            }
        }
        row.finish(&mut faults);
    }
    let agencies = Agencies { known: known_agencies, unconnected: &unconnected };
    let mut reviews = Vec::new();
    for (index, mut row) in file.rows("review", named("review", "agency")).into_iter().enumerate() {
        reviews.extend(read_review::review(&mut row, index + 1, &agencies));
        row.finish(&mut faults);
    }
    file.finish(&mut faults);
    let rules = Rules { rules, reviews, history_from };
    // A row that could not be read would show up as a gap, too; one fault at a time says it better.
    if faults.is_empty() {
        check::check(&rules, &mut faults);
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

fn rule(row: &mut Row<'_>, defaults: &Defaults, faults: &mut Vec<RuleError>) -> Option<Rule> {
    let id = row.text("id");
    let permit = row.choice("permit", &permits());
    let limit = row.whole("limit", 1, 365);
    let unit = row.choice("unit", &UNITS);
    let basis = row.text("basis");
    let valid_from = row.date("valid_from");
    let silence = row.flag("silence_is_approval");
    let fees = row.flag("fees_due");
    let (id, permit) = (row.required("id", id), row.required("permit", permit));
    let (limit, unit) = (row.required("limit", limit), row.required("unit", unit));
    let (basis, valid_from) = (row.required("basis", basis), row.required("valid_from", valid_from));
    let silence = row.required("silence_is_approval", silence);
    let fees = row.required("fees_due", fees);
    let steps = steps(row, faults);
    let own_reminders = row.has("reminder").then(|| reminders(row, faults));
    let own_escalation = row.has("escalation").then(|| escalation(row, faults));
    let extension_days_max = row.whole("extension_days_max", 0, 365);
    let rule = Rule {
        class: row.choice("class", &CLASSES),
        investment: row.flag("investment"),
        roll: row.flag("roll").unwrap_or(true),
        starts: row.choice("starts", &STARTS).unwrap_or(Start::Receipt),
        suspension: row.flag("suspension").unwrap_or(true),
        extensions_max: small(row.whole("extensions_max", 0, 9).unwrap_or(1)),
        complement_requests_max: small(row.whole("complement_requests_max", 0, 9).unwrap_or(1)),
        complement_days: row.whole("complement_days", 1, 60).unwrap_or(5),
        doubt: row.texts("doubt"),
        valid_to: row.date("valid_to"),
        id: id?,
        permit: permit?,
        limit: limit?,
        unit: unit?,
        cap_days: None,
        extension_days_max: extension_days_max.unwrap_or(in_days(limit?, unit?)),
        steps,
        silence_is_approval: silence?,
        fees_due: fees?,
        basis: basis?,
        valid_from: valid_from?,
        reminders: Vec::new(),
        escalation: Vec::new(),
    };
    Some(with_alarms(rule, own_reminders, own_escalation, defaults, row))
}

/// An extension may be as long as the limit itself; a month counts for 30 days.
const fn in_days(limit: u16, unit: Unit) -> u16 {
    if matches!(unit, Unit::Months) { limit.saturating_mul(30) } else { limit }
}

fn small(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// A default reminder or escalation of a step holds where the rule has that step; an own one must name one.
fn with_alarms(
    rule: Rule,
    reminders: Option<Vec<ReminderRule>>,
    escalation: Option<Vec<Escalation>>,
    defaults: &Defaults,
    row: &mut Row<'_>,
) -> Rule {
    let known: Vec<&str> =
        std::iter::once("decision").chain(rule.steps.iter().map(|step| step.name.as_str())).collect();
    let reminders = own_or_default(reminders, &defaults.reminders, "reminder", |r| &r.what, &known, row);
    let escalation = own_or_default(escalation, &defaults.escalation, "escalation", |e| &e.what, &known, row);
    Rule { reminders, escalation, ..rule }
}

fn own_or_default<T: Clone>(
    own: Option<Vec<T>>,
    defaults: &[T],
    name: &str,
    what: fn(&T) -> &String,
    known: &[&str],
    row: &mut Row<'_>,
) -> Vec<T> {
    let Some(own) = own else {
        return defaults.iter().filter(|item| known.contains(&what(item).as_str())).cloned().collect();
    };
    for item in own.iter().filter(|item| !known.contains(&what(item).as_str())) {
        row.fault(format!("{name}: {}", rows::unknown("step", what(item), known)));
    }
    own
}

fn steps(row: &mut Row<'_>, faults: &mut Vec<RuleError>) -> Vec<Step> {
    let mut steps = Vec::new();
    for mut step in row.rows("steps", named("step", "name")) {
        let (name, limit) = (step.text("name"), step.whole("limit", 1, 365));
        let (name, limit) = (step.required("name", name), step.required("limit", limit));
        steps.extend(name.zip(limit).map(|(name, limit)| Step { name, limit }));
        step.finish(faults);
    }
    steps
}

fn reminders(row: &mut Row<'_>, faults: &mut Vec<RuleError>) -> Vec<ReminderRule> {
    let mut all = Vec::new();
    for mut item in row.rows("reminder", |_, place| format!("reminder {place}")) {
        let what = item.text("what");
        let what = item.required("what", what);
        let (percent, days) = (item.whole("percent", 1, 99), item.whole("days_before", 0, 365));
        let at = match (percent, days) {
            (Some(percent), None) => Some(ReminderAt::Percent(small(percent))),
            (None, Some(days)) => Some(ReminderAt::DaysBefore(days)),
            _ => {
                item.fault("needs `percent` or `days_before`, and not both");
                None
            }
        };
        all.extend(what.zip(at).map(|(what, at)| ReminderRule { what, at }));
        item.finish(faults);
    }
    all
}

fn escalation(row: &mut Row<'_>, faults: &mut Vec<RuleError>) -> Vec<Escalation> {
    let mut all: Vec<Escalation> = Vec::new();
    for mut item in row.rows("escalation", named("escalation", "level")) {
        let what = item.text("what").unwrap_or_else(|| "decision".to_owned());
        let (level, days) = (item.choice("level", &LEVELS), item.whole("days_after", 1, 365));
        let (level, days) = (item.required("level", level), item.required("days_after", days));
        let next = level.zip(days).map(|(level, days_after)| Escalation { what, level, days_after });
        let known = |next: &Escalation| all.iter().any(|e| (&e.what, e.level) == (&next.what, next.level));
        if next.as_ref().is_some_and(known) {
            item.fault("another row tells the same level of the same limit");
        }
        all.extend(next);
        item.finish(faults);
    }
    all
}
