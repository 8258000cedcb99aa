//! A limit passes once; one whose last day moves to a day that is not over has not passed, and passes again.

use serde_json::{Value, json};

use super::*;

/// A small building permit: fifteen days, doubtful. The earlier reading ends on Tuesday 17 November, the later
/// one on Wednesday 25.
fn passed_once() -> Desk {
    let mut desk = Desk::with(Permit::Building);
    desk.until("2026-11-18T10:00:00Z");
    assert_eq!(desk.passed(), [FIRST]);
    desk
}

const FIRST: &str = "decision of 2026-11-17 at 2026-11-18T00:00:00Z";

#[test]
fn a_limit_that_moves_into_the_future_passes_again_and_its_levels_hear_again() {
    let mut desk = passed_once();
    desk.days_off("2026-11-20T10:00:00Z", &["2026-11-17", "2026-11-19", "2026-11-20", "2026-11-23"]);
    assert_eq!(desk.levels().len(), 1, "the province heard of the first last day");
    assert!(desk.state().passed.is_empty() && desk.state().escalated.is_empty());
    desk.until("2027-02-01T00:00:00Z");
    assert_eq!(desk.passed(), [FIRST, "decision of 2026-11-24 at 2026-11-25T00:00:00Z"]);
    assert_eq!(desk.levels().len(), 3, "province twice, region once: {:?}", desk.levels());
    assert_eq!(desk.events.iter().filter(|e| matches!(e, Event::RightAcquired { .. })).count(), 1);
}

#[test]
fn a_limit_that_moves_to_another_day_that_is_over_does_not_pass_again() {
    let mut desk = passed_once();
    desk.days_off("2026-11-20T10:00:00Z", &["2026-11-17"]);
    assert_eq!(desk.state().dates.due, Some("2026-11-19".parse().unwrap()));
    desk.until("2026-11-24T00:00:00Z");
    assert_eq!(desk.passed(), [FIRST]);
    assert_eq!(desk.levels().len(), 1);
}

#[test]
fn a_suspension_that_began_before_the_last_day_is_told_after_it() {
    let mut desk = passed_once();
    let suspended = json!({"from": "2026-11-16", "reason": "enquiry"});
    desk.says("2026-11-18T11:00:00Z", "clock.suspended", suspended).unwrap();
    assert!(desk.state().passed.is_empty(), "its last day is not known any more");
    desk.says("2026-11-30T10:00:00Z", "clock.resumed", json!({"to": "2026-11-30"})).unwrap();
    desk.until("2027-02-01T00:00:00Z");
    // Two days were left on the morning of Monday 16.
    assert_eq!(desk.passed(), [FIRST, "decision of 2026-12-01 at 2026-12-02T00:00:00Z"]);
}

#[test]
fn other_reminders_and_levels_hold_for_open_files_although_no_date_moves() {
    let mut desk = Desk::with(Permit::Repair);
    let keys = |desk: &Desk| {
        let context = Context {
            now: desk.now,
            rules: &desk.rules,
            calendar: &desk.calendar,
            coverage: &desk.coverage,
            policy: &desk.policy,
        };
        let timers = crate::file::deadline_timers(desk.state(), &context);
        timers.map(|timers| timers.iter().map(|(kind, _)| kind.to_string()).collect::<Vec<_>>())
    };
    let before = keys(&desk).unwrap();
    let set: Vec<&String> = desk.timers.keys().collect();
    assert!(set.iter().all(|key| before.contains(key)) && set.len() == before.len(), "{before:?} {set:?}");
    let other = test_data::PROCEDURES.replacen("level = \"region\"\ndays_after = 10", "", 1);
    let other = other.replacen("[[escalation]]\n\n", "", 1);
    desk.rules = Rules::from_toml(&other, &test_data::AGENCIES).unwrap();
    let after = keys(&desk).unwrap();
    assert!(before.contains(&"escalate:decision:region".to_owned()));
    assert!(!after.contains(&"escalate:decision:region".to_owned()), "{after:?}");
    desk.until("2026-12-01T00:00:00Z");
    assert_eq!(keys(&desk), None, "nothing runs once the right is acquired");
}

#[test]
fn a_right_that_is_acquired_is_not_taken_back_by_a_calendar() {
    let mut desk = Desk::with(Permit::Repair);
    desk.days_off("2026-11-19T10:00:00Z", &["2026-11-17", "2026-11-19", "2026-11-20"]);
    let right = desk.state().right.as_ref().unwrap();
    assert_eq!(right.acquired_at, at("2026-11-18T00:00:00Z"));
    assert!(!desk.events.iter().any(|event| matches!(event, Event::ClockMoved { .. })));
}

#[test]
fn where_the_right_comes_in_the_same_instant_the_limit_has_passed_too() {
    let mut desk = Desk::with(Permit::Repair);
    desk.until("2026-11-18T00:00:00Z");
    assert!(desk.state().right.is_some());
    assert_eq!(desk.passed(), [FIRST]);
}

#[test]
fn a_reminder_is_given_once_for_a_last_day_whatever_moves_that_day() {
    let mut desk = Desk::with(Permit::Building);
    desk.until("2026-11-16T10:00:00Z");
    let reminded = |desk: &Desk| {
        let found = desk.events.iter().filter_map(|event| match event {
            Event::DeadlineApproaching { due, days_left, .. } => Some((*due, *days_left)),
            _ => None,
        });
        found.collect::<Vec<_>>()
    };
    let before = reminded(&desk);
    assert!(before.iter().any(|(_, days_left)| *days_left == 1), "today's reminder was given: {before:?}");
    // Suspended and resumed on one day: every timer is set anew, and no date moves.
    desk.says("2026-11-16T11:00:00Z", "clock.suspended", json!({"from": "2026-11-16", "reason": "r"}))
        .unwrap();
    desk.says("2026-11-16T11:30:00Z", "clock.resumed", json!({"to": "2026-11-16"})).unwrap();
    desk.until("2026-11-16T12:00:00Z");
    assert_eq!(reminded(&desk), before);
    desk.until("2026-11-26T00:00:00Z");
    let mut all = reminded(&desk);
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "each once");
}

/// What is read after an outage: no timer has fired since.
fn after_an_outage(permit: Permit, name: &str, data: &Value) -> Desk {
    let mut desk = Desk::with(permit);
    desk.until("2026-11-10T00:00:00Z");
    desk.says_before_timers("2026-12-20T09:00:00Z", name, data).unwrap();
    desk
}

fn decided_in_an_outage(permit: Permit, outcome: &str, decided_at: &str) -> Desk {
    let data = json!({"number": "D1", "outcome": outcome, "decided_at": decided_at, "reasons": ["r"]});
    after_an_outage(permit, "decision.taken", &data)
}

fn kinds(desk: &Desk) -> Vec<&'static str> {
    let of = |event: &Event| match event {
        Event::DeadlinePassed { .. } => Some("passed"),
        Event::DeadlineEscalated { level: EscalationLevel::Province, .. } => Some("province"),
        Event::DeadlineEscalated { level: EscalationLevel::Region, .. } => Some("region"),
        Event::RightAcquired { .. } => Some("right"),
        Event::DecisionRecorded { .. } => Some("decision"),
        Event::DecisionRejected { .. } => Some("rejected"),
        Event::Withdrawn { .. } => Some("withdrawn"),
        Event::SilenceInvoked { .. } => Some("invoked"),
        _ => None,
    };
    desk.events.iter().filter_map(of).collect()
}

#[test]
fn a_late_refusal_that_is_read_before_the_timers_takes_no_right_away() {
    let desk = decided_in_an_outage(Permit::Building, "refused", "2026-12-10T09:00:00Z");
    assert_eq!(kinds(&desk), ["passed", "province", "right", "region", "rejected"]);
    let right = desk.state().right.as_ref().unwrap();
    assert_eq!(right.acquired_at, at("2026-11-26T00:00:00Z"), "its legal instant, whenever it was read");
}

#[test]
fn a_late_grant_that_is_read_before_the_timers_comes_after_the_right() {
    let desk = decided_in_an_outage(Permit::Repair, "granted", "2026-12-10T09:00:00Z");
    assert_eq!(kinds(&desk), ["passed", "right", "province", "region", "decision"]);
    assert!(desk.events.iter().any(|e| matches!(e, Event::DecisionRecorded { after_right: true, .. })));
}

#[test]
fn a_decision_in_time_that_is_read_late_finds_nothing_passed() {
    let desk = decided_in_an_outage(Permit::Building, "refused", "2026-11-17T23:59:59Z");
    assert_eq!(kinds(&desk), ["decision"]);
    let between = decided_in_an_outage(Permit::Building, "refused", "2026-11-20T09:00:00Z");
    assert_eq!(
        kinds(&between),
        ["passed", "province", "decision"],
        "after the earlier reading, before the right"
    );
}

#[test]
fn what_follows_a_right_is_not_refused_because_no_timer_has_fired() {
    let invoked = json!({"invoked_at": "2026-12-01T09:00:00Z"});
    let invoked = after_an_outage(Permit::Building, "silence.invoked", &invoked);
    assert_eq!(kinds(&invoked), ["passed", "province", "right", "region", "invoked"]);
    let withdrawn = json!({"withdrawn_at": "2026-11-26T09:00:00Z"});
    let withdrawn = after_an_outage(Permit::Building, "file.withdrawn", &withdrawn);
    assert_eq!(kinds(&withdrawn), ["passed", "province", "right", "withdrawn"]);
}

#[test]
fn what_passed_before_a_message_passes_once() {
    let mut desk = decided_in_an_outage(Permit::Building, "refused", "2026-12-10T09:00:00Z");
    let once = kinds(&desk);
    desk.until("2027-02-01T00:00:00Z");
    assert_eq!(kinds(&desk), once);
}
