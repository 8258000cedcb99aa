//! What is explained is what the engine counts.

use wasl_core::deadline::{ClockEnd, ClockStatus, DayLine, explain, legal_dates, reminders};
use wasl_core::time::{end_of_day, with_offset};

use crate::calendar;
use crate::every::{drawn_clock, each, running};

#[test]
fn the_explanation_and_the_engine_agree() {
    let calendar = calendar();
    let mut unknown = 0;
    each(|rule, filed| {
        let clock = drawn_clock(11, rule, filed);
        let dates = legal_dates(rule, &clock, &calendar);
        let told = explain(rule, &clock, &calendar, None, &[]);
        let what = || format!("{} {filed}: {clock:?}", rule.id);
        assert_eq!(
            (told.due, told.due_if_working_days),
            (dates.due, dates.due_if_working_days),
            "{}",
            what()
        );
        assert_eq!(told.steps, dates.steps, "{}", what());
        assert_eq!(told.reminders, reminders(rule, &dates, &clock, &calendar), "{}", what());
        assert_eq!(told.silence.approval, dates.silence_is_approval);
        assert_eq!(told.silence.acquired_at, dates.right_acquired_at.map(with_offset), "{}", what());
        assert_eq!(told.status == ClockStatus::Suspended, dates.suspended_since.is_some(), "{}", what());
        unknown += usize::from(dates.due.is_none());
        // The days tell the same story: numbered without a hole, and the end where the engine has it.
        let numbers: Vec<u32> = told.days.iter().filter_map(|day| day.number).collect();
        assert!(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()), "{}", what());
        let later: Vec<u32> = told.days.iter().filter_map(|day| day.number_if_working_days).collect();
        assert!(later.iter().copied().eq(1..=u32::try_from(later.len()).unwrap()), "{}", what());
        let only = |is: fn(&&DayLine) -> bool| {
            let found: Vec<_> = told.days.iter().filter(is).map(|day| day.date).collect();
            assert!(found.len() <= 1, "{}", what());
            found.first().copied()
        };
        assert_eq!(only(|day| day.due), dates.due, "{}", what());
        assert_eq!(only(|day| day.due_if_working_days), dates.due_if_working_days, "{}", what());
        assert!(told.days.iter().all(|day| day.counted == day.number.is_some()), "{}", what());
        assert!(told.days.windows(2).all(|pair| pair[0].date.tomorrow().unwrap() == pair[1].date));
        assert_eq!(told.days.first().map(|day| day.date), Some(filed));
    });
    assert!(unknown > 1_000, "only {unknown} clocks had an open end");
}

/// A decision on the last day is in time; from the midnight after it on, it comes after the right.
#[test]
fn a_decision_is_told_against_the_limit_that_the_engine_has() {
    let calendar = calendar();
    each(|rule, filed| {
        let clock = running(filed);
        let dates = legal_dates(rule, &clock, &calendar);
        let (due, last) = (dates.due.unwrap(), dates.due_if_working_days.or(dates.due).unwrap());
        for (on, late, after_right) in [
            (due, false, false),
            (last, last > due, false),
            (last.tomorrow().unwrap(), true, rule.silence_is_approval),
        ] {
            // Only the verdict is wanted: a clock without days would do, but none exists.
            let told = explain(rule, &clock, &calendar, Some(ClockEnd::Decided(on)), &[]);
            let verdict = told.decision.unwrap();
            assert_eq!((verdict.late, verdict.after_right), (late, after_right), "{} {filed} {on}", rule.id);
            let stands = after_right.then(|| with_offset(end_of_day(last)));
            assert_eq!(told.silence.acquired_at, stands, "{} {filed} {on}", rule.id);
        }
    });
}
