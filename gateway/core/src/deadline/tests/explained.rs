//! Explanations and simulations.

use super::*;

fn input(permit: Permit, class: Option<ProjectClass>, filed: Date, events: &[&str]) -> SimulateInput {
    let events = events.iter().map(|text| text.parse().unwrap()).collect();
    SimulateInput { permit, class, filed, investment: false, events }
}

fn run(input: &SimulateInput) -> Explanation {
    simulate(input, &rules(), &calendar()).unwrap()
}

fn refused(input: &SimulateInput) -> String {
    simulate(input, &rules(), &calendar()).unwrap_err().to_string()
}

#[test]
fn every_day_says_whether_it_counts_and_why() {
    let found = run(&input(Permit::Repair, None, date(2026, 11, 3), &[]));
    let lines: Vec<_> = found
        .days
        .iter()
        .take(7)
        .map(|day| (day.date.day(), day.counted, day.number, day.why.en.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (3, false, None, "Day of the receipt: day 0, it does not count"),
            (4, true, Some(1), "Day 1 of 10"),
            (5, true, Some(2), "Day 2 of 10"),
            (6, false, None, "Not a working day: it does not count (Green March)"),
            (7, false, None, "Not a working day: it does not count (weekend)"),
            (8, false, None, "Not a working day: it does not count (weekend)"),
            (9, true, Some(3), "Day 3 of 10"),
        ]
    );
    let last = found.days.last().unwrap();
    assert_eq!((Some(last.date), last.number, last.due), (found.due, Some(10), true));
}

#[test]
fn a_doubtful_unit_shows_both_counts_to_the_later_end() {
    let found = run(&input(Permit::Building, Some(SMALL), date(2026, 11, 2), &[]));
    assert_eq!(found.days.last().map(|day| day.date), found.due_if_working_days);
    assert_eq!(found.days.iter().filter(|day| day.counted).count(), 15);
    assert_eq!(found.days.iter().filter(|day| day.number_if_working_days.is_some()).count(), 15);
    let friday = found.days.iter().find(|day| day.date == date(2026, 11, 6)).unwrap();
    assert_eq!(
        (friday.number, friday.number_if_working_days, friday.kind),
        (Some(4), None, DayKind::Holiday)
    );
    assert_eq!(
        friday.why.en,
        "Day 4 of 15 (Green March); in working days: not a working day: it does not count"
    );
    assert!(found.notes.iter().any(|note| note.en.contains("2026-11-17") && note.en.contains("2026-11-25")));
    assert!(found.doubt.is_some());
}

#[test]
fn the_json_has_the_shape_that_is_promised() {
    let found = run(&input(Permit::Building, Some(ProjectClass::Large), date(2026, 11, 2), &[]));
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["rule"], "building-large-2023");
    assert_eq!(json["zone"], "Africa/Casablanca");
    assert!(json["tzdb"].as_str().unwrap() >= "2026c");
    assert_eq!(json["filed"], "2026-11-02");
    assert_eq!(json["due"], "2026-12-02");
    assert_eq!(json["due_if_working_days"], "2026-12-16");
    assert_eq!(json["days"][1]["date"], "2026-11-03");
    assert_eq!(json["days"][1]["counted"], true);
    assert_eq!(json["days"][1]["number"], 1);
    for language in ["fr", "ar", "en"] {
        assert!(json["days"][1]["why"][language].is_string());
    }
    assert_eq!(json["steps"][2]["name"], "commission");
    assert_eq!(json["steps"][2]["due"], "2026-11-23");
    assert_eq!(json["reminders"][0]["on"], "2026-11-17");
    assert_eq!(json["silence"]["approval"], true);
    assert_eq!(json["silence"]["acquired_at"], "2026-12-17T00:00:00+00:00");
    let certain = run(&input(Permit::Repair, None, date(2026, 11, 2), &[]));
    assert!(serde_json::to_value(certain).unwrap().get("due_if_working_days").is_none());
}

#[test]
fn a_rolled_end_says_so() {
    // Day 15 after Friday 13 November is a Saturday.
    let found = run(&input(Permit::Building, Some(SMALL), date(2026, 11, 13), &[]));
    let text = |day| found.days.iter().find(|line| line.date == day).unwrap().why.en.clone();
    assert!(text(date(2026, 11, 28)).starts_with("Day 15 of 15 (weekend)"), "{}", text(date(2026, 11, 28)));
    assert!(text(date(2026, 11, 29)).starts_with("The last day is not worked"));
    assert!(text(date(2026, 11, 30)).starts_with("First working day after a last day that is not worked"));
}

#[test]
fn a_decision_in_time_leaves_no_right_and_a_later_one_comes_after_it() {
    let at = |event: &str| run(&input(Permit::Building, Some(SMALL), date(2026, 11, 2), &[event]));
    let in_time = at("decided:2026-11-25");
    assert_eq!(in_time.silence.acquired_at, None, "the last day belongs to the commune");
    let line = in_time.decision.unwrap();
    assert!(line.late && !line.after_right, "late for the ranking, in time for the right");
    let after = at("decided:2026-11-26");
    assert_eq!(after.silence.acquired_at.as_deref(), Some("2026-11-26T00:00:00+00:00"));
    assert!(after.decision.unwrap().after_right);
    assert_eq!(after.status, ClockStatus::Decided);
    let withdrawn = at("withdrawn:2026-11-10");
    assert_eq!((withdrawn.status, withdrawn.silence.acquired_at), (ClockStatus::Withdrawn, None));
    assert!(withdrawn.reminders.iter().all(|reminder| reminder.on <= date(2026, 11, 10)));
}

/// Building regulation art. 37: on re-deposit the period starts again from zero.
#[test]
fn a_restart_equals_a_new_filing_on_that_day() {
    let events = ["suspended:2026-11-05", "extended:2026-11-06:5", "redeposited:2026-12-01"];
    let restarted = run(&input(Permit::Building, Some(SMALL), date(2026, 11, 2), &events));
    let mut fresh = run(&input(Permit::Building, Some(SMALL), date(2026, 12, 1), &[]));
    assert_eq!(restarted.deposits, [date(2026, 11, 2), date(2026, 12, 1)]);
    fresh.deposits.clone_from(&restarted.deposits);
    assert_eq!(restarted, fresh);
}

#[test]
fn the_rule_of_a_restart_is_that_of_its_own_day() {
    let events = ["redeposited:2023-07-13"];
    let found = run(&input(Permit::Building, Some(SMALL), date(2023, 7, 3), &events));
    assert_eq!(found.rule, "building-small-2023");
}

#[test]
fn an_open_suspension_is_shown_to_its_first_day() {
    let found = run(&input(Permit::Building, Some(SMALL), date(2026, 11, 2), &["suspended:2026-11-09"]));
    assert_eq!((found.status, found.due), (ClockStatus::Suspended, None));
    let last = found.days.last().unwrap();
    assert_eq!((last.date, last.kind, last.counted), (date(2026, 11, 9), DayKind::Suspended, false));
    assert!(found.notes.iter().any(|note| note.en.contains("suspended since 2026-11-09")));
}

#[test]
fn a_regularisation_shows_what_it_waits_for() {
    let waiting = run(&input(Permit::Regularisation, None, date(2026, 11, 2), &[]));
    assert_eq!((waiting.status, waiting.due), (ClockStatus::Waiting, None));
    assert!(waiting.days.is_empty());
    let agreed = run(&input(Permit::Regularisation, None, date(2026, 11, 2), &["agreed:2026-11-10"]));
    assert_eq!((agreed.due, agreed.silence.approval), (Some(date(2027, 1, 12)), false));
    assert!(agreed.days[0].why.en.contains("urban agency's agreement"));
}

#[test]
fn what_is_provisional_or_missing_is_said() {
    let note = |filed: Date, part: &str| {
        let found = run(&input(Permit::Repair, None, filed, &[]));
        found.notes.iter().any(|note| note.en.contains(part))
    };
    assert!(note(date(2026, 11, 2), "confirmed until 2026-05-26 only"));
    assert!(!note(date(2026, 4, 2), "confirmed until"));
    assert!(note(date(2022, 4, 4), "before 2024-01-01 are not in the calendar"));
}

#[test]
fn events_that_cannot_be_are_refused_with_the_reason() {
    let on = date(2026, 11, 2);
    let small = |events: &[&str]| refused(&input(Permit::Building, Some(SMALL), on, events));
    assert!(small(&["resumed:2026-11-10"]).contains("not suspended"));
    assert!(small(&["suspended:2026-11-10", "suspended:2026-11-11"]).contains("suspended already"));
    assert!(small(&["suspended:2026-11-01"]).contains("before the filing"));
    assert!(small(&["extended:2026-11-10:5", "extended:2026-11-11:5"]).contains("at most 1 extension"));
    assert!(small(&["extended:2026-11-10:16"]).contains("1 to 15 days"));
    assert!(small(&["extended:2026-11-26:5"]).contains("was over on 2026-11-25"));
    assert!(small(&["decided:2026-11-10", "suspended:2026-11-11"]).contains("has ended"));
    assert!(small(&["agreed:2026-11-10"]).contains("starts with the receipt"));
    assert!(refused(&input(Permit::Building, None, on, &[])).contains("large or small"));
    assert!(refused(&input(Permit::Repair, None, date(2018, 1, 1), &[])).contains("begin on 2019-01-01"));
}

#[test]
fn an_event_is_read_as_it_is_written() {
    for text in
        ["suspended:2026-11-10", "extended:2026-11-10:15", "agreed:2026-11-10", "withdrawn:2026-11-10"]
    {
        assert_eq!(text.parse::<ClockEvent>().unwrap().to_string(), text);
    }
    let wrong = |text: &str| text.parse::<ClockEvent>().unwrap_err().to_string();
    assert!(wrong("suspnded:2026-11-10").contains("did you mean `suspended`?"));
    assert!(wrong("suspended:10/11/2026").contains("is not a date"));
    assert!(wrong("suspended:2026-11-10:3").contains("too many"));
    assert!(wrong("extended:2026-11-10").contains("extended:DATE:DAYS"));
    assert!(wrong("extended:2026-11-10:3:4").contains("too many"));
}

/// A suspension and a resumption of one day leave the clock as it was, in whatever order they are given.
#[test]
fn events_of_the_same_day_do_not_depend_on_their_order() {
    let dates = |events: &[&str]| {
        simulate_dates(
            &input(Permit::Building, Some(SMALL), date(2026, 11, 2), events),
            &rules(),
            &calendar(),
        )
    };
    let plain = dates(&[]).unwrap();
    assert_eq!(dates(&["suspended:2026-11-09", "resumed:2026-11-09"]).unwrap(), plain);
    assert_eq!(dates(&["resumed:2026-11-09", "suspended:2026-11-09"]).unwrap(), plain);
    let long = dates(&["suspended:2026-11-05", "resumed:2026-11-12"]).unwrap();
    let chained =
        ["suspended:2026-11-05", "resumed:2026-11-09", "suspended:2026-11-09", "resumed:2026-11-12"];
    assert_eq!(dates(&chained).unwrap(), long);
}
