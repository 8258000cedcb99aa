//! What must hold between the rows: no overlap, no gap, steps that add up, ids that are unique.

use jiff::civil::Date;
use wasl_schemas::file::{Permit, ProjectClass};

use super::Rules;
use super::review::ReviewRow;
use super::rule::{Rule, Unit};
use crate::rows::RuleError;

pub(super) fn check(rules: &Rules, faults: &mut Vec<RuleError>) {
    for (index, rule) in rules.rules.iter().enumerate() {
        check_alone(rule, faults);
        if rules.rules.iter().take(index).any(|before| before.id == rule.id) {
            faults.push(fault(rule, "another row has this id"));
        }
    }
    for permit in Permit::ALL {
        for class in [ProjectClass::Large, ProjectClass::Small] {
            for investment in [false, true] {
                check_history(rules, permit, class, investment, faults);
            }
        }
    }
    check_reviews(rules, faults);
    // The same fault shows for large and small, investment or not.
    let mut seen = Vec::with_capacity(faults.len());
    faults.retain(|fault| {
        let new = !seen.contains(fault);
        seen.push(fault.clone());
        new
    });
}

fn fault(rule: &Rule, problem: impl Into<String>) -> RuleError {
    RuleError::new(format!("procedures.toml, rule `{}`", rule.id), problem)
}

fn check_alone(rule: &Rule, faults: &mut Vec<RuleError>) {
    let sum: u32 = rule.steps.iter().map(|step| u32::from(step.limit)).sum();
    if !rule.steps.is_empty() && sum != u32::from(rule.limit) {
        faults.push(fault(rule, format!("the steps add up to {sum}, the limit is {}", rule.limit)));
    }
    if !rule.steps.is_empty() && rule.unit == Unit::Months {
        faults.push(fault(rule, "a limit in months has no steps: give it in days"));
    }
    for (index, step) in rule.steps.iter().enumerate() {
        if rule.steps.iter().take(index).any(|before| before.name == step.name) || step.name == "decision" {
            faults.push(fault(rule, format!("the step name `{}` is taken", step.name)));
        }
    }
    if rule.valid_to.is_some_and(|end| end <= rule.valid_from) {
        faults.push(fault(rule, "`valid_to` must lie after `valid_from`"));
    }
}

/// For one act the rows follow each other from the beginning of the history to the end of time.
fn check_history(
    rules: &Rules,
    permit: Permit,
    class: ProjectClass,
    investment: bool,
    faults: &mut Vec<RuleError>,
) {
    let mut rows: Vec<&Rule> =
        rules.rules.iter().filter(|rule| rule.serves(permit, class, investment)).collect();
    rows.sort_by_key(|rule| rule.valid_from);
    let Some(first) = rows.first() else {
        let what = format!("procedures.toml, permit `{}`", permit.as_str());
        faults.push(RuleError::new(what, "has no rule"));
        return;
    };
    if first.valid_from > rules.history_from {
        faults.push(fault(first, gap(rules.history_from, first.valid_from)));
    }
    for pair in rows.windows(2) {
        let [before, after] = pair else { continue };
        match before.valid_to {
            Some(end) if end < after.valid_from => faults.push(fault(after, gap(end, after.valid_from))),
            Some(end) if end == after.valid_from => {}
            _ => faults.push(fault(after, format!("overlaps with rule `{}`", before.id))),
        }
    }
    if let Some(last) = rows.last()
        && let Some(end) = last.valid_to
    {
        faults.push(fault(last, format!("no rule follows it from {end}")));
    }
}

fn gap(from: Date, to: Date) -> String {
    format!("leaves a gap before it: no rule for acts filed from {from} until {to}")
}

fn check_reviews(rules: &Rules, faults: &mut Vec<RuleError>) {
    for (index, row) in rules.reviews.iter().enumerate() {
        let name = format!("procedures.toml, review {} `{}`", row.place, row.reviewer.agency);
        if let Some(other) = rules.reviews.iter().take(index).find(|other| overlap(other, row)) {
            faults.push(RuleError::new(
                name.clone(),
                format!("asks the same reviewer as review {}", other.place),
            ));
        }
        if !row.consulted && row.provinces.is_empty() {
            faults.push(RuleError::new(name.clone(), "`consulted = false` is for a province's own row"));
        }
        if let Some(rule) = rules.rules.iter().find(|rule| outlasts(row, rule)) {
            let problem = format!("its limit is longer than that of rule `{}`", rule.id);
            faults.push(RuleError::new(name, problem));
        }
    }
}

fn meet(a: (Date, Option<Date>), b: (Date, Option<Date>)) -> bool {
    a.1.is_none_or(|end| b.0 < end) && b.1.is_none_or(|end| a.0 < end)
}

fn overlap(a: &ReviewRow, b: &ReviewRow) -> bool {
    let classes_meet = a.class.is_none() || b.class.is_none() || a.class == b.class;
    let places_meet = (a.provinces.is_empty() && b.provinces.is_empty())
        || a.provinces.iter().any(|p| b.provinces.contains(p));
    a.reviewer.agency == b.reviewer.agency
        && classes_meet
        && places_meet
        && a.permits.iter().any(|permit| b.permits.contains(permit))
        && meet((a.valid_from, a.valid_to), (b.valid_from, b.valid_to))
}

/// A reviewer cannot have more time than the decision that waits for it. A clock that starts with the
/// reviewer's own agreement sets no such bound.
fn outlasts(row: &ReviewRow, rule: &Rule) -> bool {
    let days = |limit: u16, unit: Unit| if unit == Unit::Months { limit.saturating_mul(30) } else { limit };
    row.permits.contains(&rule.permit)
        && (row.class.is_none() || rule.class.is_none() || row.class == rule.class)
        && rule.starts == super::Start::Receipt
        && meet((row.valid_from, row.valid_to), (rule.valid_from, rule.valid_to))
        && days(row.reviewer.limit, row.reviewer.unit) > days(rule.limit, rule.unit)
}
