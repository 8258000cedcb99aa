//! What holds on every filing date from 2019 to 2030 and for every rule.

use std::collections::HashMap;

use jiff::civil::Date;
use wasl_core::calendar::Calendar;
use wasl_core::deadline::{ClockState, Span, explain, legal_dates, reminders};
use wasl_core::procedure::Rule;
use wasl_core::time::{end_of_day, local_date};
use wasl_schemas::notice::LegalDates;

use crate::draw::{Draw, FILED};
use crate::{FILES, calendar, rules};

/// A clock that runs from that day, whatever starts it.
fn running(filed: Date) -> ClockState {
    ClockState { started_on: Some(filed), ..ClockState::filed_on(filed) }
}

/// Every rule on every day of filing on which it holds, or on each `every` of them.
fn each(every: usize, mut check: impl FnMut(&Rule, Date)) {
    let rules = rules();
    let mut filed = FILED.0;
    let mut number = 0;
    while filed <= FILED.1 {
        if number % every == 0 {
            rules.all().iter().filter(|rule| rule.holds_on(filed)).for_each(|rule| check(rule, filed));
        }
        number += 1;
        filed = filed.tomorrow().unwrap();
    }
}

#[test]
fn the_last_day_is_worked_and_the_right_comes_at_the_midnight_after_it() {
    let calendar = calendar();
    each(1, |rule, filed| {
        let dates = legal_dates(rule, &running(filed), &calendar);
        let due = dates.due.unwrap();
        assert!(filed < due && (calendar.is_worked(due) || !rule.roll), "{} {filed}: {due}", rule.id);
        let later = dates.due_if_working_days.unwrap_or(due);
        assert!(due <= later && calendar.is_worked(later), "{} {filed}: {later}", rule.id);
        assert_eq!(dates.right_acquired_at, rule.silence_is_approval.then(|| end_of_day(later)));
        if let Some(right) = dates.right_acquired_at {
            assert_eq!(local_date(right), later.tomorrow().unwrap());
        }
    });
}

#[test]
fn steps_follow_each_other_and_the_last_is_the_decision() {
    let calendar = calendar();
    each(1, |rule, filed| {
        let dates = legal_dates(rule, &running(filed), &calendar);
        assert!(dates.steps.is_sorted_by_key(|step| step.due), "{} {filed}", rule.id);
        assert!(dates.steps.iter().all(|step| calendar.is_worked(step.due)));
        assert!(dates.steps.is_empty() || dates.steps.last().map(|step| step.due) == dates.due);
    });
}

#[test]
fn filing_later_never_ends_earlier() {
    let calendar = calendar();
    let mut before: HashMap<String, LegalDates> = HashMap::new();
    each(1, |rule, filed| {
        let dates = legal_dates(rule, &running(filed), &calendar);
        if let Some(earlier) = before.get(&rule.id) {
            assert!(earlier.due <= dates.due, "{} {filed}", rule.id);
            assert!(earlier.due_if_working_days <= dates.due_if_working_days, "{} {filed}", rule.id);
        }
        before.insert(rule.id.clone(), dates);
    });
}

/// Adds drawn days off to the shipped calendar.
fn with_more_holidays(draw: &mut Draw) -> Calendar {
    let mut text = FILES[2].1.to_owned();
    let mut days: Vec<Date> =
        (0..400).map(|_| draw.date()).filter(|day| !text.contains(&day.to_string())).collect();
    days.sort();
    days.dedup();
    for day in days {
        let name = "name = { fr = \"a\", ar = \"a\", en = \"a\" }\nsource = \"drawn\"";
        text.push_str(&format!("\n[[exceptional]]\ndate = {day}\n{name}\n"));
    }
    Calendar::from_toml(&[FILES[0], FILES[1], ("exceptional.toml", &text)]).unwrap()
}

#[test]
fn more_holidays_never_make_a_date_earlier() {
    let plain = calendar();
    let mut moved = 0;
    for seed in 0..4 {
        let more = with_more_holidays(&mut Draw(seed));
        each(7, |rule, filed| {
            let clock =
                drawn_clock(&mut Draw(seed << 32 | u64::from(filed.day_of_year().unsigned_abs())), filed);
            let (before, after) = (legal_dates(rule, &clock, &plain), legal_dates(rule, &clock, &more));
            assert_eq!(before.due.is_some(), after.due.is_some());
            assert!(before.due <= after.due, "{} {filed}: {clock:?}", rule.id);
            if after.due_if_working_days.is_some() {
                assert!(
                    before.due_if_working_days <= after.due_if_working_days,
                    "{} {filed}: {clock:?}",
                    rule.id
                );
            }
            for (before, after) in before.steps.iter().zip(&after.steps) {
                assert!(before.due <= after.due, "{} {filed}: {clock:?}", rule.id);
            }
            moved += usize::from(before != after);
        });
    }
    assert!(moved > 1_000, "only {moved} dates moved");
}

fn drawn_clock(draw: &mut Draw, filed: Date) -> ClockState {
    let mut clock = running(filed);
    clock.extension_days = u16::try_from(draw.between(0, 20)).unwrap();
    while draw.percent(40) {
        let from = filed.checked_add(jiff::Span::new().days(draw.between(-5, 40))).unwrap();
        let to = from.checked_add(jiff::Span::new().days(draw.between(0, 30))).unwrap();
        clock.suspensions.push(Span { from, to: Some(to) });
    }
    clock
}

#[test]
fn writing_a_clock_and_its_dates_down_and_reading_them_again_changes_nothing() {
    let calendar = calendar();
    each(13, |rule, filed| {
        let clock = drawn_clock(&mut Draw(u64::from(filed.day_of_year().unsigned_abs())), filed);
        let text = serde_json::to_string(&clock).unwrap();
        let read: ClockState = serde_json::from_str(&text).unwrap();
        assert_eq!(read, clock);
        let dates = legal_dates(rule, &clock, &calendar);
        let text = serde_json::to_string(&dates).unwrap();
        assert_eq!(serde_json::from_str::<LegalDates>(&text).unwrap(), dates);
        assert_eq!(legal_dates(rule, &read, &calendar), dates);
    });
}

#[test]
fn the_explanation_and_the_engine_agree() {
    let calendar = calendar();
    each(41, |rule, filed| {
        let clock = drawn_clock(&mut Draw(u64::from(filed.day_of_year().unsigned_abs())), filed);
        let dates = legal_dates(rule, &clock, &calendar);
        let told = explain(rule, &clock, &calendar, None, &[]);
        let what = || format!("{} {filed}: {clock:?}", rule.id);
        assert_eq!(
            (told.due, told.due_if_working_days),
            (dates.due, dates.due_if_working_days),
            "{}",
            what()
        );
        assert_eq!(told.steps, dates.steps);
        assert_eq!(told.reminders, reminders(rule, &dates, &clock, &calendar));
        assert!(told.silence.acquired_at.is_some() == dates.right_acquired_at.is_some());
        // The days tell the same story: numbered without a hole, and the end where the engine has it.
        let numbers: Vec<u32> = told.days.iter().filter_map(|day| day.number).collect();
        assert!(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()), "{}", what());
        assert_eq!(told.days.iter().find(|day| day.due).map(|day| day.date), dates.due, "{}", what());
        let later = told.days.iter().find(|day| day.due_if_working_days).map(|day| day.date);
        assert_eq!(later, dates.due_if_working_days, "{}", what());
        assert!(told.days.iter().all(|day| day.counted == day.number.is_some()));
        assert!(told.days.windows(2).all(|pair| pair[0].date.tomorrow().unwrap() == pair[1].date));
    });
}

#[test]
fn every_reminder_falls_inside_the_period_on_a_worked_day_and_once() {
    let calendar = calendar();
    each(5, |rule, filed| {
        let clock = running(filed);
        let dates = legal_dates(rule, &clock, &calendar);
        let all = reminders(rule, &dates, &clock, &calendar);
        assert!(!all.is_empty(), "{} {filed}", rule.id);
        for reminder in &all {
            assert!(
                filed < reminder.on && reminder.on <= dates.due.unwrap() && calendar.is_worked(reminder.on)
            );
            assert!(reminder.days_left >= 0);
        }
        let mut keys: Vec<_> =
            all.iter().map(|reminder| (reminder.what.as_str(), reminder.days_left)).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all.len(), "{} {filed}: {all:?}", rule.id);
    });
}
