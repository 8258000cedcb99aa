//! The order of what arrives does not matter: an extension while suspended, a decision in the second of the
//! limit, a decision that was taken in time and comes too late.

use serde_json::json;
use wasl_schemas::problem::Code;

use super::*;

/// The right by silence of a repair permit that was filed on 2 November.
const RIGHT: &str = "2026-11-18T00:00:00Z";

fn recorded(desk: &Desk) -> Option<(bool, bool)> {
    desk.events.iter().find_map(|event| match event {
        Event::DecisionRecorded { late, after_right, .. } => Some((*late, *after_right)),
        _ => None,
    })
}

#[test]
fn an_extension_may_come_before_during_and_after_a_suspension() {
    let suspended = ("clock.suspended", json!({"from": "2026-11-09", "reason": "enquiry"}));
    let resumed = ("clock.resumed", json!({"to": "2026-11-16"}));
    let extended = ("clock.extended", json!({"extended_on": "2026-11-10", "days": 5, "ground": "expertise"}));
    let orders = [
        [&extended, &suspended, &resumed],
        [&suspended, &extended, &resumed],
        [&suspended, &resumed, &extended],
    ];
    let mut ends = orders.map(|order| {
        let mut desk = Desk::with(Permit::Repair);
        for (number, (name, data)) in order.into_iter().enumerate() {
            desk.says(&format!("2026-11-16T1{number}:00:00Z"), name, data.clone()).unwrap();
        }
        (desk.state().dates.clone(), desk.state().clock.clone())
    });
    ends.iter_mut().for_each(|(_, clock)| clock.suspensions.sort_by_key(|span| span.from));
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[1], ends[2]);
    // Fifteen working days: 3 to 5 November, then from Monday 16 without Wednesday 18.
    assert_eq!(ends[0].0.due, Some("2026-12-02".parse().unwrap()));
}

#[test]
fn a_decision_in_the_second_of_the_limit_is_in_time_when_it_is_read_first() {
    let mut desk = Desk::with(Permit::Repair);
    desk.until("2026-11-17T23:59:59Z");
    desk.says_before_timers(RIGHT, "decision.taken", &decision("granted", "2026-11-17T23:59:59Z")).unwrap();
    desk.until("2026-12-01T00:00:00Z");
    assert_eq!(recorded(&desk), Some((false, false)));
    assert!(desk.state().right.is_none());
}

/// The written rule: a decision's time is the one in its message. Taken before the right was acquired it stands,
/// granted or refused, and is flagged when it arrives after; a refusal taken at the instant of the right or later
/// comes too late to take it away; a grant never does harm.
#[test]
fn a_decision_that_arrives_after_the_right_stands_by_its_own_time() {
    let before = "2026-11-17T23:59:59Z";
    let after = "2026-11-18T00:00:01Z";
    let cases = [
        ("refused", before, Some((false, true))),
        ("granted", before, Some((false, true))),
        ("refused", RIGHT, None),
        ("refused", after, None),
        ("granted", RIGHT, Some((true, true))),
        ("granted", after, Some((true, true))),
    ];
    for (outcome, decided_at, expected) in cases {
        let mut desk = Desk::with(Permit::Repair);
        desk.says("2026-11-18T00:00:02Z", "decision.taken", decision(outcome, decided_at)).unwrap();
        assert!(desk.state().right.is_some(), "the right was acquired before it arrived");
        assert_eq!(recorded(&desk), expected, "{outcome} at {decided_at}");
        let rejected = desk.told.iter().any(|notice| {
            let code = Code::DecisionAfterRightAcquired.as_str();
            matches!(notice, Notice::DecisionRejected { faults, .. } if faults.iter().any(|f| f.code == code))
        });
        assert_eq!(rejected, expected.is_none(), "{outcome} at {decided_at}");
        let flagged =
            desk.told.iter().any(|n| matches!(n, Notice::DecisionRecorded { after_right: true, .. }));
        assert_eq!(flagged, expected.is_some(), "{outcome} at {decided_at}");
    }
}
