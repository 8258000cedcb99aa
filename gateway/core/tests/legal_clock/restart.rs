//! A restart equals a new filing on that day (building regulation art. 37).

use jiff::civil::Date;
use wasl_core::deadline::{ClockEvent, SimulateInput, simulate, simulate_dates};
use wasl_core::procedure::{Rule, Rules, Start};
use wasl_schemas::file::ProjectClass;

use crate::draw::{Draw, FILED};
use crate::every::{drawn_clock, each};
use crate::{calendar, rules};

/// An act that is counted by this rule.
fn act(rule: &Rule, filed: Date, events: Vec<ClockEvent>) -> SimulateInput {
    SimulateInput {
        permit: rule.permit,
        class: Some(rule.class.unwrap_or(ProjectClass::Large)),
        filed,
        investment: rule.investment.unwrap_or(false),
        events,
    }
}

/// What may have happened before: nothing of it is left after the restart.
fn past(draw: &mut Draw, rules: &Rules, rule: &Rule, until: Date) -> (Date, Vec<ClockEvent>) {
    let filed = draw.after(until, -120, -1).max(FILED.0);
    let mut events = Vec::new();
    let act = act(rule, filed, Vec::new());
    let first = rules.rule_for(act.permit, act.class.unwrap(), filed, act.investment).unwrap();
    if draw.percent(50) && filed < until && first.suspension {
        events.push(ClockEvent::Suspended(filed));
    }
    if first.starts == Start::UrbanAgencyAgreement && filed < until && draw.percent(50) {
        events.push(ClockEvent::Agreed(filed));
    }
    (filed, events)
}

/// What happens after the restart, and after the new filing alike.
fn future(rule: &Rule, filed: Date) -> Vec<ClockEvent> {
    let clock = drawn_clock(5, rule, filed);
    let mut events = Vec::new();
    if rule.starts == Start::UrbanAgencyAgreement {
        events.push(ClockEvent::Agreed(filed));
    }
    if let Some(span) = clock.suspensions.iter().find(|span| span.from > filed && rule.suspension) {
        events.push(ClockEvent::Suspended(span.from));
        events.extend(span.to.map(ClockEvent::Resumed));
    }
    events
}

#[test]
fn a_restart_equals_a_new_filing_on_that_day() {
    let (rules, calendar) = (rules(), calendar());
    let mut with_a_past = 0;
    each(|rule, day| {
        let mut draw = Draw(u64::from(day.day_of_year().unsigned_abs()) << 16 | rule.id.len() as u64);
        let (first, mut events) = past(&mut draw, &rules, rule, day);
        with_a_past += usize::from(!events.is_empty());
        let after = future(rule, day);
        events.push(ClockEvent::Redeposited(day));
        events.extend(after.clone());
        let again = act(rule, first, events);
        let anew = act(rule, day, after);
        let what = || format!("{} {day}: {again:?}", rule.id);
        let (restarted, filed) =
            (simulate_dates(&again, &rules, &calendar), simulate_dates(&anew, &rules, &calendar));
        assert_eq!(filed.as_ref().map(|dates| dates.rule.as_str()), Ok(rule.id.as_str()), "{}", what());
        assert_eq!(restarted, filed, "{}", what());
    });
    assert!(with_a_past > 10_000, "only {with_a_past} had a past");
}

/// The explanation of a restarted clock is that of a new one, but for the list of the deposits.
#[test]
fn a_restart_is_explained_like_a_new_filing() {
    let (rules, calendar) = (rules(), calendar());
    each(|rule, day| {
        // Each rule on every seventh day, another one each week: explanations are long.
        if day.day_of_year() % 7 != 3 {
            return;
        }
        let first = Draw(u64::from(day.day_of_year().unsigned_abs())).after(day, -60, -1).max(FILED.0);
        let after = future(rule, day);
        let events = [vec![ClockEvent::Redeposited(day)], after.clone()].concat();
        let mut restarted = simulate(&act(rule, first, events), &rules, &calendar).unwrap();
        assert_eq!(restarted.deposits, [first, day]);
        restarted.deposits.clear();
        assert_eq!(restarted, simulate(&act(rule, day, after), &rules, &calendar).unwrap());
    });
}
