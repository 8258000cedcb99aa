//! What holds on every filing date from 2019 to 2030 and for every rule.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::date;
use wasl_core::deadline::{legal_dates, reminders};
use wasl_core::time::{end_of_day, local_date};
use wasl_schemas::file::{Permit, ProjectClass};
use wasl_schemas::notice::LegalDates;

use crate::draw::FILED;
use crate::every::{days, each, running};
use crate::{calendar, rules};

/// An act that is filed on any day has one limit, and one only.
#[test]
fn on_every_day_one_rule_holds_for_every_act() {
    let rules = rules();
    let mut met = BTreeSet::new();
    for filed in days() {
        for permit in Permit::ALL {
            for class in [ProjectClass::Large, ProjectClass::Small] {
                for investment in [false, true] {
                    let serving = rules
                        .all()
                        .iter()
                        .filter(|rule| rule.serves(permit, class, investment) && rule.holds_on(filed));
                    let serving: Vec<&str> = serving.map(|rule| rule.id.as_str()).collect();
                    assert_eq!(serving.len(), 1, "{} {class:?} {filed}: {serving:?}", permit.as_str());
                    met.extend(serving.into_iter().map(str::to_owned));
                }
            }
        }
    }
    let all: BTreeSet<String> = rules.all().iter().map(|rule| rule.id.clone()).collect();
    assert_eq!(met, all, "a rule that no act of these years is counted by");
    assert_eq!((FILED.0, FILED.1), (date(2019, 1, 1), date(2030, 12, 31)));
}

#[test]
fn the_last_day_is_worked_and_the_right_comes_at_the_midnight_after_it() {
    let calendar = calendar();
    each(|rule, filed| {
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
    each(|rule, filed| {
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
    each(|rule, filed| {
        let dates = legal_dates(rule, &running(filed), &calendar);
        if let Some(earlier) = before.get(&rule.id) {
            assert!(earlier.due <= dates.due, "{} {filed}", rule.id);
            assert!(earlier.due_if_working_days <= dates.due_if_working_days, "{} {filed}", rule.id);
        }
        before.insert(rule.id.clone(), dates);
    });
}

#[test]
fn every_reminder_falls_inside_the_period_on_a_worked_day_and_once() {
    let calendar = calendar();
    each(|rule, filed| {
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
