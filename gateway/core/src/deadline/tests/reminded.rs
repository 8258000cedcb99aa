//! Reminders and escalation.

use super::*;
use crate::procedure::EscalationLevel;

/// Half of 30 days is day 15, 17 November; three days and one day before 2 December; two days before the
/// commission's end on Monday 23 November is a Saturday, so Friday.
#[test]
fn each_reminder_comes_once_on_a_worked_day() {
    let on = date(2026, 11, 2);
    let rule = rule(Permit::Building, ProjectClass::Large, on);
    let clock = ClockState::filed_on(on);
    let dates = legal_dates(&rule, &clock, &calendar());
    let all: Vec<_> = reminders(&rule, &dates, &clock, &calendar())
        .into_iter()
        .map(|r| (r.on, r.what, r.days_left))
        .collect();
    let expected = [
        (date(2026, 11, 17), "decision", 15),
        (date(2026, 11, 20), "commission", 3),
        (date(2026, 11, 27), "decision", 5),
        (date(2026, 12, 1), "decision", 1),
    ];
    assert_eq!(all, expected.map(|(on, what, left)| (on, what.to_owned(), left)));
}

/// Filed on Friday 13 November 2026 for 10 working days, to Monday 30: three days before is Friday 27, and
/// so is the worked day before Sunday 29.
#[test]
fn reminders_that_meet_are_one() {
    let on = date(2026, 11, 13);
    let mut rule = rule(Permit::Repair, SMALL, on);
    let clock = ClockState::filed_on(on);
    rule.reminders.extend(rule.reminders.clone());
    let dates = legal_dates(&rule, &clock, &calendar());
    let all = reminders(&rule, &dates, &clock, &calendar());
    let days: Vec<_> = all.iter().map(|reminder| (reminder.on, reminder.days_left)).collect();
    assert_eq!(days, [(date(2026, 11, 23), 7), (date(2026, 11, 27), 3)]);
}

#[test]
fn there_is_none_while_the_end_is_not_known() {
    let on = date(2026, 11, 2);
    let rule = rule(Permit::Building, SMALL, on);
    let mut clock = ClockState::filed_on(on);
    clock.suspensions.push(Span { from: date(2026, 11, 4), to: None });
    let dates = legal_dates(&rule, &clock, &calendar());
    assert!(reminders(&rule, &dates, &clock, &calendar()).is_empty());
    assert!(escalations(&rule, &dates).is_empty());
}

#[test]
fn a_passed_limit_climbs_to_the_province_and_then_to_the_region() {
    let dates = filed(Permit::Building, SMALL, date(2026, 11, 2));
    let steps = escalations(&rule(Permit::Building, SMALL, date(2026, 11, 2)), &dates);
    let steps: Vec<_> = steps.iter().map(|step| (step.level, step.on)).collect();
    assert_eq!(
        steps,
        [(EscalationLevel::Province, date(2026, 11, 20)), (EscalationLevel::Region, date(2026, 11, 27))]
    );
}
