//! Suspensions, the extension, restarts.

use super::*;

fn small(clock: &ClockState) -> LegalDates {
    legal_dates(&rule(Permit::Building, SMALL, clock.filed), clock, &calendar())
}

fn with(filed: Date, spans: &[(Date, Option<Date>)]) -> ClockState {
    let mut clock = ClockState::filed_on(filed);
    clock.suspensions = spans.iter().map(|(from, to)| Span { from: *from, to: *to }).collect();
    clock
}

/// From Monday 9 to Sunday 15 November nothing counts: seven days, of which five are worked.
#[test]
fn a_suspension_is_half_open_and_moves_both_readings() {
    let dates = small(&with(date(2026, 11, 2), &[(date(2026, 11, 9), Some(date(2026, 11, 16)))]));
    assert_eq!(dates.due, Some(date(2026, 11, 24)));
    assert_eq!(dates.due_if_working_days, Some(date(2026, 12, 2)));
    assert_eq!(dates.suspended_since, None);
}

#[test]
fn while_it_is_open_no_last_day_is_known() {
    let dates = small(&with(date(2026, 11, 2), &[(date(2026, 11, 9), None)]));
    assert_eq!((dates.due, dates.due_if_working_days, dates.right_acquired_at), (None, None, None));
    assert_eq!(dates.suspended_since, Some(date(2026, 11, 9)));
}

/// The earlier reading may be over before an open suspension begins, the later one not.
#[test]
fn an_open_suspension_between_the_two_readings_stops_only_the_later() {
    let dates = small(&with(date(2026, 11, 2), &[(date(2026, 11, 20), None)]));
    assert_eq!(dates.due, Some(date(2026, 11, 17)));
    assert_eq!((dates.due_if_working_days, dates.right_acquired_at), (None, None));
    assert_eq!(dates.suspended_since, Some(date(2026, 11, 20)));
}

#[test]
fn a_suspension_after_the_end_changes_nothing() {
    let plain = small(&with(date(2026, 11, 2), &[]));
    assert_eq!(small(&with(date(2026, 11, 2), &[(date(2026, 11, 26), None)])), plain);
    assert_ne!(
        small(&with(date(2026, 11, 2), &[(date(2026, 11, 25), None)])),
        plain,
        "the last day is not the end"
    );
}

#[test]
fn an_empty_or_inverted_suspension_is_none() {
    let plain = small(&with(date(2026, 11, 2), &[]));
    let day = date(2026, 11, 9);
    assert_eq!(small(&with(date(2026, 11, 2), &[(day, Some(day))])), plain);
    assert_eq!(small(&with(date(2026, 11, 2), &[(day, Some(date(2026, 11, 5)))])), plain);
}

#[test]
fn suspensions_that_touch_or_overlap_in_any_order_are_one() {
    let one = small(&with(date(2026, 11, 2), &[(date(2026, 11, 9), Some(date(2026, 11, 16)))]));
    let parts = [
        (date(2026, 11, 12), Some(date(2026, 11, 16))),
        (date(2026, 11, 9), Some(date(2026, 11, 12))),
        (date(2026, 11, 10), Some(date(2026, 11, 13))),
    ];
    assert_eq!(small(&with(date(2026, 11, 2), &parts)), one);
    let open = small(&with(
        date(2026, 11, 2),
        &[(date(2026, 11, 9), Some(date(2026, 11, 16))), (date(2026, 11, 12), None)],
    ));
    assert_eq!(open.suspended_since, Some(date(2026, 11, 12)));
    assert_eq!(open.due, None);
}

/// Filed on Friday 13 November: day 15 is Saturday 28, so the period runs to Monday 30. Suspended on that
/// Monday, it does not end before the clock runs again.
#[test]
fn a_period_does_not_end_while_it_is_suspended() {
    let plain = small(&with(date(2026, 11, 13), &[]));
    assert_eq!(plain.due, Some(date(2026, 11, 30)));
    let held = small(&with(date(2026, 11, 13), &[(date(2026, 11, 30), Some(date(2026, 12, 3)))]));
    assert_eq!(held.due, Some(date(2026, 12, 3)));
    let resumed_on_friday_evening =
        small(&with(date(2026, 11, 13), &[(date(2026, 11, 30), Some(date(2026, 12, 5)))]));
    assert_eq!(resumed_on_friday_evening.due, Some(date(2026, 12, 7)), "5 December is a Saturday");
}

/// An extension adds days to the unrolled end: 15 + 10 = 25 days, Friday 27 November.
#[test]
fn an_extension_adds_days_to_the_unrolled_end_in_each_reading() {
    let mut clock = with(date(2026, 11, 2), &[]);
    clock.extension_days = 10;
    let dates = small(&clock);
    assert_eq!(dates.due, Some(date(2026, 11, 27)));
    assert_eq!(dates.due_if_working_days, Some(date(2026, 12, 9)));
}

/// Whether the extension came before, during or after the suspension makes no difference.
#[test]
fn an_extension_may_arrive_while_suspended() {
    let run = |events: &[&str]| {
        let events = events.iter().map(|text| text.parse().unwrap()).collect();
        let input = SimulateInput {
            permit: Permit::Building,
            class: Some(SMALL),
            filed: date(2026, 11, 2),
            investment: false,
            events,
        };
        simulate_dates(&input, &rules(), &calendar()).unwrap()
    };
    let during = run(&["suspended:2026-11-09", "extended:2026-11-10:10", "resumed:2026-11-16"]);
    let before = run(&["extended:2026-11-04:10", "resumed:2026-11-16", "suspended:2026-11-09"]);
    let after = run(&["suspended:2026-11-09", "resumed:2026-11-16", "extended:2026-11-17:10"]);
    assert_eq!(during, before);
    assert_eq!(during, after);
    assert_eq!(during.due, Some(date(2026, 12, 4)));
}

#[test]
fn the_last_step_takes_the_extension_and_the_others_stand() {
    let on = date(2026, 11, 2);
    let rule = rule(Permit::Building, ProjectClass::Large, on);
    let mut clock = ClockState::filed_on(on);
    let plain = legal_dates(&rule, &clock, &calendar());
    clock.extension_days = 10;
    let extended = legal_dates(&rule, &clock, &calendar());
    assert_eq!(plain.steps[..5], extended.steps[..5]);
    assert_eq!(Some(extended.steps[5].due), extended.due);
}

/// A month that is suspended ends later by exactly the days on which the clock stood still.
#[test]
fn a_suspended_month_lasts_its_days() {
    let on = date(2026, 11, 9);
    let rule = rule(Permit::Demolition, SMALL, on);
    let clock = with(on, &[(date(2026, 11, 16), Some(date(2026, 11, 24)))]);
    // 9 December and eight days: Thursday 17 December.
    assert_eq!(legal_dates(&rule, &clock, &calendar()).due, Some(date(2026, 12, 17)));
}

#[test]
fn the_ends_of_time_are_no_panic() {
    for filed in [Date::MIN, Date::MAX, date(0, 2, 29)] {
        for rule in rules().all() {
            let mut clock = ClockState { started_on: Some(filed), ..ClockState::filed_on(filed) };
            clock.extension_days = u16::MAX;
            clock.suspensions.push(Span { from: Date::MIN, to: Some(Date::MAX) });
            let dates = legal_dates(rule, &clock, &calendar());
            assert!(reminders(rule, &dates, &clock, &calendar()).len() <= rule.reminders.len());
        }
    }
}
