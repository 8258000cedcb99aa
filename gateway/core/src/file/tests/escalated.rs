//! A limit that a commune let pass is told to the province, then to the region: each once, on its day.

use serde_json::json;

use super::*;

const TO_BOTH: [&str; 2] = [
    "decision of 2026-11-17 to province at 2026-11-20T00:00:00Z",
    "decision of 2026-11-17 to region at 2026-11-27T00:00:00Z",
];

#[test]
fn province_and_region_hear_once_each_on_their_day_and_the_commune_with_them() {
    let mut desk = Desk::with(Permit::PublicDomain);
    // Sixty days end on 1 January, a holiday before a weekend: Monday 4.
    desk.until("2027-01-06T23:59:59Z");
    assert_eq!(desk.levels(), Vec::<String>::new());
    desk.until("2027-06-01T00:00:00Z");
    let both = ["province at 2027-01-07T00:00:00Z", "region at 2027-01-14T00:00:00Z"];
    assert_eq!(desk.levels(), both.map(|told| format!("decision of 2027-01-04 to {told}")));
    let levels: Vec<EscalationLevel> = desk.escalated.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, EscalationLevel::ALL);
    for (level, notice) in &desk.escalated {
        let days_past = if *level == EscalationLevel::Province { 3 } else { 10 };
        assert!(
            matches!(notice, Notice::DeadlineEscalated { level: said, commune, what, days_past: days, .. }
            if said == level && commune.as_str() == "015110106" && what == "decision" && *days == days_past)
        );
        assert!(desk.told.contains(notice), "the commune reads what is said about it");
    }
}

#[test]
fn silence_gives_the_right_and_the_commune_is_still_told_on() {
    let mut desk = Desk::with(Permit::Repair);
    desk.until("2027-02-01T00:00:00Z");
    assert!(desk.state().right.is_some());
    assert_eq!(desk.levels(), TO_BOTH);
}

#[test]
fn an_act_before_its_day_keeps_a_level_from_being_told() {
    let ends: [(&str, &str, Value, usize); 4] = [
        ("2026-11-16T10:00:00Z", "decision.taken", decision("granted", "2026-11-16T09:00:00Z"), 0),
        ("2026-11-19T10:00:00Z", "decision.taken", decision("granted", "2026-11-19T09:00:00Z"), 0),
        ("2026-11-23T10:00:00Z", "decision.taken", decision("granted", "2026-11-23T09:00:00Z"), 1),
        ("2026-11-23T10:00:00Z", "file.withdrawn", json!({"withdrawn_at": "2026-11-23T09:00:00Z"}), 1),
    ];
    for (when, name, data, levels) in ends {
        let mut desk = Desk::with(Permit::Repair);
        desk.says(when, name, data).unwrap();
        desk.until("2027-02-01T00:00:00Z");
        assert_eq!(desk.levels().len(), levels, "{name} at {when}");
    }
}

#[test]
fn an_attestation_is_the_act_in_the_communes_place() {
    let mut desk = Desk::with(Permit::Repair);
    let attested = json!({"commune": "015110106", "number": "A-1", "authority": "governor",
        "attested_at": "2026-11-23T09:00:00Z"});
    desk.says("2026-11-19T10:00:00Z", "silence.invoked", json!({"invoked_at": "2026-11-19T09:00:00Z"}))
        .unwrap();
    desk.says("2026-11-23T10:00:00Z", "silence.attested", attested).unwrap();
    desk.until("2027-02-01T00:00:00Z");
    assert_eq!(desk.levels(), [TO_BOTH[0]]);
}

#[test]
fn a_suspension_moves_the_day_of_each_level() {
    let mut desk = Desk::with(Permit::PublicDomain);
    let suspended = json!({"from": "2026-11-10", "reason": "enquiry"});
    desk.says("2026-11-10T10:00:00Z", "clock.suspended", suspended).unwrap();
    desk.until("2027-03-01T00:00:00Z");
    assert!(desk.levels().is_empty() && desk.passed().is_empty(), "nobody is late while the clock stands");
    desk.says("2027-03-01T10:00:00Z", "clock.resumed", json!({"to": "2027-03-01"})).unwrap();
    let due = desk.state().dates.due.unwrap();
    desk.until("2027-08-01T00:00:00Z");
    let expected = [(3, "province"), (10, "region")].map(|(days, level)| {
        let day = crate::time::start_of_day(crate::time::add_days(due, days));
        format!("decision of {due} to {level} at {day}")
    });
    assert_eq!(desk.levels(), expected);
}
