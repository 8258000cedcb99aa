//! Deadlines: the legal dates of each kind of rule that there is, and what else is counted from them.

use std::collections::BTreeMap;
use std::hint::black_box;

use wasl_core::deadline::{
    ClockState, Span, complements_due, escalations, explain, legal_dates, reminders, reviewer_due,
};
use wasl_core::procedure::{Rule, Start};

use crate::count::{Case, Work};
use crate::world::World;

/// A rule with steps and a doubtful unit: all that can be counted is counted.
const RICHEST: &str = "building-large-2023";

/// What is counted of a file.
type Counted = fn(&World, &Rule, &ClockState);

pub(crate) fn cases() -> Vec<Case> {
    let kinds = kinds(&World::shipped()).into_iter();
    let dates: Counted = |world, rule, clock| {
        black_box(legal_dates(black_box(rule), clock, &world.calendar));
    };
    let mut cases: Vec<Case> = kinds
        .map(|(kind, id)| {
            Case::new(format!("deadline.dates.{kind}"), move || {
                let clock = clock();
                Some(counted(id.clone(), clock, dates))
            })
        })
        .collect();
    cases.push(Case::new("deadline.dates.suspended-and-extended", move || {
        Some(counted(RICHEST.to_owned(), suspended(), dates))
    }));
    let besides: [(&str, Counted); 5] = [
        ("reminders", |world, rule, clock| {
            let dates = legal_dates(rule, clock, &world.calendar);
            black_box(reminders(rule, black_box(&dates), clock, &world.calendar));
        }),
        ("escalations", |world, rule, clock| {
            let dates = legal_dates(rule, clock, &world.calendar);
            black_box(escalations(rule, black_box(&dates)));
        }),
        ("reviewers", |world, rule, clock| {
            let file = &world.sample;
            let asked = world.rules.reviewers(file, file.project_class, "01511", clock.filed);
            assert!(!asked.is_empty(), "{}", rule.id);
            asked.iter().for_each(|one| {
                black_box(reviewer_due(one, clock, &world.calendar));
            });
        }),
        ("complements", |world, rule, clock| {
            black_box(complements_due(rule, clock.filed, &world.calendar));
        }),
        ("explained", |world, rule, clock| {
            black_box(explain(rule, clock, &world.calendar, None, &[]));
        }),
    ];
    cases.extend(besides.map(|(name, what)| {
        Case::new(format!("deadline.{name}"), move || Some(counted(RICHEST.to_owned(), clock(), what)))
    }));
    cases
}

/// Every kind of rule in the shipped table, with the first rule of that kind: its unit, whether it has steps and a
/// ceiling, and what starts it.
fn kinds(world: &World) -> BTreeMap<String, String> {
    let mut kinds = BTreeMap::new();
    for rule in world.rules.all() {
        let unit = serde_json::to_value(rule.unit).unwrap();
        let parts = [
            (!rule.steps.is_empty(), "steps"),
            (rule.cap_days.is_some(), "ceiling"),
            (!rule.roll, "unrolled"),
            (rule.starts == Start::UrbanAgencyAgreement, "agreement"),
        ];
        let named: Vec<&str> = parts.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
        let kind = std::iter::once(unit.as_str().unwrap()).chain(named).collect::<Vec<_>>().join("-");
        kinds.entry(kind).or_insert_with(|| rule.id.clone());
    }
    kinds
}

fn counted(id: String, clock: ClockState, what: Counted) -> Work {
    let world = World::shipped();
    Box::new(move || what(&world, world.rules.rule(&id).unwrap(), &clock))
}

/// Filed on a day, and started for the rules that wait for an agreement.
fn clock() -> ClockState {
    let filed = "2026-11-02".parse().unwrap();
    ClockState { started_on: Some(filed), ..ClockState::filed_on(filed) }
}

fn suspended() -> ClockState {
    let span = |from: &str, to: &str| Span { from: from.parse().unwrap(), to: Some(to.parse().unwrap()) };
    ClockState {
        extension_days: 15,
        suspensions: vec![span("2026-11-05", "2026-11-12"), span("2026-11-20", "2026-12-01")],
        ..clock()
    }
}
