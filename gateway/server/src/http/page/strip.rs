//! The legal period as a calendar: weeks from Monday to Sunday, each day with its number in the count.

use jiff::civil::Date;
use wasl_core::deadline::{DayKind, DayLine, Explanation};
use wasl_core::time::{add_days, days_between};

use crate::http::texts::Say;

/// A day's cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Classes of the style sheet; empty outside the period.
    pub class: String,
    /// Day of the month.
    pub day: String,
    /// Its number in the count, where it counts.
    pub number: String,
    /// The number is that of the later reading: the earlier one has ended.
    pub later: bool,
    /// Why it counts or not.
    pub why: String,
    /// Day 0, last day, decision, today: the word under the number.
    pub mark: String,
}

/// A month's name over its first week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// The month, in the week in which it begins and in the first one.
    pub month: String,
    /// Monday to Sunday.
    pub days: Vec<Cell>,
}

/// What is marked beside the limits.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// The present legal day.
    pub today: Date,
    /// When the commune decided.
    pub decided: Option<Date>,
}

/// Lays the period out; empty where the clock has not started.
#[must_use]
pub fn weeks(say: Say, explanation: &Explanation, marks: Marks) -> Vec<Week> {
    let (Some(first), Some(last)) = (explanation.days.first(), explanation.days.last()) else {
        return Vec::new();
    };
    let monday = add_days(first.date, -i32::from(first.date.weekday().to_monday_zero_offset()));
    let days = days_between(monday, last.date) + 1;
    let weeks = (days + 6) / 7;
    (0..weeks)
        .map(|week| {
            let begin = add_days(monday, week * 7);
            let dates: Vec<Date> = (0..7).map(|day| add_days(begin, day)).collect();
            let new_month =
                dates.iter().find(|date| date.day() == 1).or(if week == 0 { dates.first() } else { None });
            Week {
                month: new_month.map(|date| say.of("month", &date.month().to_string())).unwrap_or_default(),
                days: dates.into_iter().map(|date| cell(say, explanation, marks, date)).collect(),
            }
        })
        .collect()
}

fn cell(say: Say, explanation: &Explanation, marks: Marks, date: Date) -> Cell {
    let first = explanation.days.first().map_or(date, |line| line.date);
    let line = usize::try_from(days_between(first, date)).ok().and_then(|index| explanation.days.get(index));
    let Some(line) = line else { return Cell { day: date.day().to_string(), ..Cell::default() } };
    let later = explanation.due.is_some_and(|due| line.date > due);
    let number = if later { line.number_if_working_days } else { line.number };
    let (mark, mark_class) = mark(say, line, marks, date == first);
    Cell {
        class: format!("{} {mark_class}", kind(line)).trim_end().to_owned(),
        day: date.day().to_string(),
        number: number.map(|n| n.to_string()).unwrap_or_default(),
        later,
        why: say.lang.text(&line.why).to_owned(),
        mark,
    }
}

const fn kind(line: &DayLine) -> &'static str {
    match line.kind {
        DayKind::Worked => "worked",
        DayKind::Weekend => "weekend",
        DayKind::Holiday => "holiday",
        DayKind::Suspended => "suspended",
    }
}

/// The strongest mark of a day: a decision, the limits, day 0, today.
fn mark(say: Say, line: &DayLine, marks: Marks, is_first: bool) -> (String, &'static str) {
    if marks.decided == Some(line.date) {
        (say.t("strip.decided").to_owned(), "is-decided")
    } else if line.due {
        (say.t("strip.due").to_owned(), "is-due")
    } else if line.due_if_working_days {
        (say.t("strip.due-later").to_owned(), "is-due-later")
    } else if is_first {
        (say.t("strip.filed").to_owned(), "is-first")
    } else if line.date == marks.today {
        (say.t("strip.today").to_owned(), "is-today")
    } else {
        (String::new(), "")
    }
}
