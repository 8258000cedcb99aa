//! Worked examples that read like the law, then what happens at the edges.

mod edges;
mod explained;
mod reminded;

use jiff::civil::{Date, date};
use wasl_schemas::file::{Permit, ProjectClass};
use wasl_schemas::notice::LegalDates;

use super::*;
use crate::procedure::Rule;
use crate::test_data::{calendar, rules};
use crate::time::with_offset;

fn rule(permit: Permit, class: ProjectClass, filed: Date) -> Rule {
    rules().rule_for(permit, class, filed, false).unwrap().clone()
}

fn filed(permit: Permit, class: ProjectClass, on: Date) -> LegalDates {
    legal_dates(&rule(permit, class, on), &ClockState::filed_on(on), &calendar())
}

fn acquired(dates: &LegalDates) -> Option<String> {
    dates.right_acquired_at.map(with_offset)
}

const SMALL: ProjectClass = ProjectClass::Small;

/// Joint order 1839.23: 30 days, "jours" without more. Filed on Monday 2 November 2026.
/// Calendar days: Wednesday 2 December. Working days, without 6 and 18 November: Wednesday 16 December.
#[test]
fn a_large_building_has_30_days_in_both_readings() {
    let dates = filed(Permit::Building, ProjectClass::Large, date(2026, 11, 2));
    assert_eq!(dates.due, Some(date(2026, 12, 2)));
    assert_eq!(dates.due_if_working_days, Some(date(2026, 12, 16)));
    assert_eq!(acquired(&dates).as_deref(), Some("2026-12-17T00:00:00+00:00"));
}

/// Receipt 1, transmission 3, commission 15, minutes 3, information 3, delivery 5: cumulated from filing,
/// each moved to a worked day on its own. Day 4 is 6 November, a holiday; day 19 is a Saturday.
#[test]
fn its_steps_are_cumulated_and_each_is_rolled_on_its_own() {
    let dates = filed(Permit::Building, ProjectClass::Large, date(2026, 11, 2));
    let steps: Vec<_> = dates.steps.iter().map(|step| (step.name.as_str(), step.due)).collect();
    assert_eq!(
        steps,
        [
            ("receipt", date(2026, 11, 3)),
            ("transmission", date(2026, 11, 9)),
            ("commission", date(2026, 11, 23)),
            ("minutes", date(2026, 11, 24)),
            ("inform", date(2026, 11, 27)),
            ("deliver", date(2026, 12, 2)),
        ]
    );
}

#[test]
fn a_small_building_has_15_days_and_had_10_before_july_2023() {
    let dates = filed(Permit::Building, SMALL, date(2026, 11, 2));
    assert_eq!((dates.due, dates.due_if_working_days), (Some(date(2026, 11, 17)), Some(date(2026, 11, 25))));
    let before = filed(Permit::Building, SMALL, date(2023, 7, 12));
    // Day 10 is Saturday 22 July 2023.
    assert_eq!(before.due, Some(date(2023, 7, 24)));
    assert_eq!(before.right_acquired_at, None, "silence was not approval yet");
}

/// A repair has 10 working days. Filed on Friday 13 March 2026: four days until the Aïd al-Fitr of
/// 20, 21 and 23 March, then six. The right is acquired after Ramadan, at UTC+1 again.
#[test]
fn a_repair_has_10_working_days_around_the_aid() {
    let dates = filed(Permit::Repair, SMALL, date(2026, 3, 13));
    assert_eq!(dates.due, Some(date(2026, 3, 31)));
    assert_eq!(dates.due_if_working_days, None, "its unit is certain");
    assert_eq!(acquired(&dates).as_deref(), Some("2026-04-01T00:00:00+01:00"));
    // Inside the month of Ramadan local time is UTC+0.
    let inside = filed(Permit::Repair, SMALL, date(2026, 3, 2));
    assert_eq!(acquired(&inside).as_deref(), Some("2026-03-17T00:00:00+00:00"));
}

/// A month ends on the same day number, or the month's last day; a Sunday moves to Monday.
#[test]
fn a_demolition_has_a_month() {
    assert_eq!(filed(Permit::Demolition, SMALL, date(2026, 11, 9)).due, Some(date(2026, 12, 9)));
    assert_eq!(
        filed(Permit::Demolition, SMALL, date(2027, 1, 29)).due,
        Some(date(2027, 3, 1)),
        "28 February is a Sunday"
    );
    assert_eq!(filed(Permit::Demolition, SMALL, date(2028, 1, 31)).due, Some(date(2028, 2, 29)));
}

/// On 20 September 2026 at 01:00 UTC Morocco left UTC+1 for good (decree 2.26.530).
#[test]
fn the_right_acquired_around_20_september_2026() {
    let month = |on| acquired(&filed(Permit::Occupancy, SMALL, on)).unwrap();
    assert_eq!(month(date(2026, 8, 18)), "2026-09-19T00:00:00+01:00");
    // 20 September is a Sunday: Monday is the last day, and midnight is at UTC+0.
    assert_eq!(month(date(2026, 8, 20)), "2026-09-22T00:00:00+00:00");
    // No Ramadan switch any more: February 2027 stays at UTC+0.
    assert_eq!(month(date(2027, 1, 15)), "2027-02-16T00:00:00+00:00");
}

#[test]
fn an_investment_act_in_months_ends_with_the_ceiling_of_30_days() {
    let rules = rules();
    let due = |investment| {
        let rule = rules.rule_for(Permit::Demolition, SMALL, date(2026, 12, 1), investment).unwrap();
        legal_dates(rule, &ClockState::filed_on(date(2026, 12, 1)), &calendar()).due
    };
    // The month ends on 1 January, a holiday and a Friday: Monday 4 January.
    assert_eq!(due(false), Some(date(2027, 1, 4)));
    assert_eq!(due(true), Some(date(2026, 12, 31)));
}

/// 60 days after the urban agency's agreement, and never by silence.
#[test]
fn a_regularisation_waits_for_the_urban_agency() {
    let rule = rule(Permit::Regularisation, SMALL, date(2026, 11, 2));
    let mut clock = ClockState::filed_on(date(2026, 11, 2));
    let waiting = legal_dates(&rule, &clock, &calendar());
    assert_eq!((waiting.due, waiting.right_acquired_at, waiting.suspended_since), (None, None, None));
    clock.started_on = Some(date(2026, 11, 10));
    let running = legal_dates(&rule, &clock, &calendar());
    // Day 60 is Saturday 9 January 2027; Monday 11 January is a holiday.
    assert_eq!(running.due, Some(date(2027, 1, 12)));
    assert_eq!(running.right_acquired_at, None);
    assert_eq!(running.filed, date(2026, 11, 2));
}

/// Building regulation art. 18: the commission's 15 days run from the commune's reception.
#[test]
fn a_reviewer_counts_from_the_communes_reception() {
    let file = r#"{ "reference": "PCT-1/2026", "commune": "015110101", "permit": "building",
        "project_class": "large", "deposit_version": 1,
        "receipt": { "number": "1", "issued_at": "2026-11-02T09:00:00Z" },
        "applicant": { "kind": "person", "cin": "K123456", "name": { "fr": "A", "ar": "ا" } },
        "project": { "use": "housing", "title": "Villa" } }"#;
    let file = serde_json::from_str(file).unwrap();
    let reviewers = rules().reviewers(&file, ProjectClass::Large, "01511", date(2026, 11, 2));
    let mut clock = ClockState::filed_on(date(2026, 11, 2));
    assert_eq!(reviewer_due(&reviewers[0], &clock, &calendar()), date(2026, 11, 17));
    clock.extension_days = 10;
    assert_eq!(reviewer_due(&reviewers[0], &clock, &calendar()), date(2026, 11, 17), "not the reviewer's");
    clock.suspensions.push(Span { from: date(2026, 11, 9), to: None });
    assert_eq!(
        reviewer_due(&reviewers[0], &clock, &calendar()),
        date(2026, 11, 17),
        "moves at the resumption"
    );
    clock.suspensions[0].to = Some(date(2026, 11, 16));
    assert_eq!(reviewer_due(&reviewers[0], &clock, &calendar()), date(2026, 11, 24));
}

/// Building regulation art. 38: at most 5 working days, no restart.
#[test]
fn minor_complements_have_5_working_days() {
    let rule = rule(Permit::Building, SMALL, date(2026, 11, 2));
    assert_eq!(complements_due(&rule, date(2026, 11, 3), &calendar()), date(2026, 11, 11));
}
