//! More holidays never make a date earlier.

use jiff::civil::Date;
use wasl_core::calendar::Calendar;
use wasl_core::deadline::{legal_dates, reviewer_due};
use wasl_core::procedure::Reviewer;

use crate::draw::{Draw, FILED};
use crate::every::{drawn_clock, each, running};
use crate::{FILES, calendar};

/// The shipped calendar with this number of drawn days off besides.
fn with_more_holidays(draw: &mut Draw, number: u32) -> Calendar {
    let mut text = FILES[2].1.to_owned();
    let mut days: Vec<Date> =
        (0..number).map(|_| draw.date()).filter(|day| !text.contains(&day.to_string())).collect();
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
    // Few, so that a single day shows; many, so that they stand beside and behind each other.
    for (salt, number) in [(1, 60), (2, 400), (3, 1_500)] {
        let more = with_more_holidays(&mut Draw(salt), number);
        let mut moved = 0;
        each(|rule, filed| {
            for clock in [running(filed), drawn_clock(salt, rule, filed)] {
                let (before, after) = (legal_dates(rule, &clock, &plain), legal_dates(rule, &clock, &more));
                let what = || format!("{} {filed}: {clock:?}", rule.id);
                let later = |before: Option<Date>, after: Option<Date>| {
                    assert!(before.is_some() || after.is_none(), "a date out of nothing: {}", what());
                    // What is not known any more lies behind an open suspension: later than any date.
                    after.is_none_or(|after| before.is_none_or(|before| before <= after))
                };
                assert!(later(before.due, after.due), "{}", what());
                assert!(later(before.due_if_working_days, after.due_if_working_days), "{}", what());
                let right = |at: Option<jiff::Timestamp>| at.map(wasl_core::time::local_date);
                assert!(later(right(before.right_acquired_at), right(after.right_acquired_at)), "{}", what());
                for step in &after.steps {
                    let known = before.steps.iter().find(|known| known.name == step.name);
                    assert!(known.is_some_and(|known| known.due <= step.due), "{}", what());
                }
                moved += usize::from(before != after);
            }
        });
        assert!(moved > 1_000, "only {moved} dates moved by {number} days off");
    }
}

/// A reviewer's limit obeys the same law.
#[test]
fn more_holidays_never_make_a_reviewer_due_earlier() {
    let (plain, rules) = (calendar(), crate::rules());
    let more = with_more_holidays(&mut Draw(9), 400);
    let file = crate::file();
    let mut moved = 0;
    each(|rule, filed| {
        let class = rule.class.unwrap_or(wasl_schemas::file::ProjectClass::Large);
        let mut file = file.clone();
        file.permit = rule.permit;
        let asked: Vec<Reviewer> = rules.reviewers(&file, class, "01511", filed);
        let clock = drawn_clock(9, rule, filed);
        for reviewer in &asked {
            let (before, after) =
                (reviewer_due(reviewer, &clock, &plain), reviewer_due(reviewer, &clock, &more));
            assert!(before <= after, "{} of {} {filed}: {clock:?}", reviewer.agency.as_str(), rule.id);
            assert!(
                filed < before
                    && plain.is_worked(before)
                    && before <= FILED.1.saturating_add(jiff::Span::new().years(2))
            );
            moved += usize::from(before != after);
        }
    });
    assert!(moved > 1_000, "only {moved} dates moved");
}
