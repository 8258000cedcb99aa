//! Writing down and reading again changes nothing.

use wasl_core::deadline::{ClockState, Explanation, explain, legal_dates};
use wasl_core::procedure::Rule;
use wasl_schemas::notice::LegalDates;

use crate::every::{drawn_clock, each};
use crate::{calendar, rules};

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn writing_a_clock_and_its_dates_down_and_reading_them_again_changes_nothing() {
    let calendar = calendar();
    each(|rule, filed| {
        let clock = drawn_clock(13, rule, filed);
        let read: ClockState = again(&clock);
        assert_eq!(read, clock);
        let dates = legal_dates(rule, &clock, &calendar);
        assert_eq!(again::<LegalDates>(&dates), dates);
        assert_eq!(legal_dates(rule, &read, &calendar), dates, "{} {filed}: {clock:?}", rule.id);
    });
}

/// What a page or a partner is given is read back as it was said.
#[test]
fn an_explanation_that_is_written_down_is_read_as_it_was() {
    let calendar = calendar();
    each(|rule, filed| {
        // A page is thousands of characters: every eleventh day, each with all of its rules.
        if filed.day_of_year() % 11 == 5 {
            let told = explain(rule, &drawn_clock(17, rule, filed), &calendar, None, &[]);
            assert_eq!(again::<Explanation>(&told), told, "{} {filed}", rule.id);
        }
    });
}

/// A file keeps the id of its rule; the rule itself is read anew at every start.
#[test]
fn a_rule_that_is_written_down_and_one_that_is_read_again_are_the_same() {
    let (first, second) = (rules(), rules());
    for rule in first.all() {
        assert_eq!(&again::<Rule>(rule), rule);
        assert_eq!(second.rule(&rule.id), Some(rule));
    }
    assert_eq!(calendar().version(), calendar().version());
    assert!(calendar().changes(&calendar()).is_empty());
}
