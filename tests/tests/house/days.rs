//! The arithmetic of days stands in one place: `gateway/core/src/time.rs` and what `deadline` counts on it. A day
//! added elsewhere would miss a holiday, a roll or the change of zone.

use crate::source::{Blank, blank, is_test, lines_with, without_tests};
use crate::tree::Tree;
use crate::{exactly, none};

/// Where days may be counted.
const COUNTING: &[&str] = &[
    "gateway/core/src/time.rs",
    "gateway/core/src/deadline/",
    "gateway/core/src/calendar/",
    // A column of the type DATE is a number of days on the wire; nothing is counted.
    "gateway/server/src/store/read/types.rs",
];

/// Ways of jiff to move by days or longer.
const MOVES: &[&str] = &[
    ".days(",
    ".try_days(",
    ".weeks(",
    ".months(",
    ".try_months(",
    ".years(",
    ".tomorrow(",
    ".yesterday(",
    "Unit::Day",
    "Unit::Week",
    "Unit::Month",
    "ToSpan",
    "DateDifference",
    "nth_weekday",
    "days_in_month",
];

/// Ways of SQL to do it, in lower case.
const SQL: &[&str] = &[
    "day'",
    "days'",
    "week'",
    "weeks'",
    "month'",
    "months'",
    "current_date",
    "localtimestamp",
    "date_trunc",
    "make_interval(days",
    "make_interval(months",
    "age(",
    "africa/casablanca",
];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for under in ["gateway/", "adapters/src/", "schemas/src/"] {
        for (path, text) in tree.files(under, ".rs").filter(|(path, _)| !is_test(path)) {
            if COUNTING.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            let code = without_tests(&blank(text, Blank::CommentsAndStrings));
            for word in MOVES {
                faults.extend(lines_with(&code, word).into_iter().map(|line| {
                    format!(
                        "{path}:{line}: `{word}` moves by days: `wasl_core::time` or `deadline` does that"
                    )
                }));
            }
        }
    }
    let strings = tree.files("gateway/server/src/", ".rs").filter(|(path, _)| !is_test(path));
    for (path, text) in strings.chain(tree.files("gateway/server/migrations/", ".sql")) {
        let text = blank(text, Blank::Comments).to_lowercase();
        for word in SQL {
            faults.extend(lines_with(&text, word).into_iter().filter(|line| in_sql(path, &text, *line)).map(|line| {
                format!("{path}:{line}: `{word}`: the database counts no legal day; the core does, on local dates")
            }));
        }
    }
    faults
}

/// In Rust only lines that speak SQL are meant: `wasl_core::time` may well take the zone by its name.
fn in_sql(path: &str, text: &str, line: usize) -> bool {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    path.ends_with(".sql")
        || ["interval", "select", "where", "set ", "at time zone", "::date"].iter().any(|w| line.contains(w))
}

#[test]
fn days_are_counted_in_one_place() {
    none(&faults(Tree::repository()));
}

#[test]
fn a_day_added_elsewhere_is_seen() {
    let planted = Tree::of(&[
        ("gateway/core/src/time.rs", "date.tomorrow()"),
        ("gateway/core/src/file/fees.rs", "today.saturating_add(Span::new().days(60)) // .weeks(1)"),
        ("gateway/server/src/store/timers.rs", "query!(\"WHERE due < now() + interval '3 days'\")"),
        ("gateway/server/src/store/feeds.rs", "query!(\"SET next_at = now() + interval '1 millisecond'\")"),
        ("gateway/server/migrations/0002_x.sql", "SELECT date_trunc('hour', at);"),
    ]);
    exactly(&faults(&planted), &["fees.rs:1: `.days(`", "timers.rs:1: `days'`", "x.sql:1: `date_trunc`"]);
}
