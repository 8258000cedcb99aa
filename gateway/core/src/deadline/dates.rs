//! The legal dates of a file and of its reviewers.

use jiff::civil::Date;
use wasl_schemas::notice::{LegalDates, StepDate};

use super::clock::{ClockState, Stops};
use super::count::{self, Count, Reading};
use crate::calendar::Calendar;
use crate::procedure::{Reviewer, Rule};
use crate::time::{date_of, day_number, end_of_day};

/// Every legal date that follows from rule, clock and calendar.
///
/// `due` is absent while it cannot be known: before the clock starts, and while a suspension that began
/// before the end is open (`suspended_since` then tells since when). Steps that ended before the
/// suspension keep their dates, later ones are absent. A suspension after the end changes nothing.
#[must_use]
pub fn legal_dates(rule: &Rule, clock: &ClockState, calendar: &Calendar) -> LegalDates {
    let stops = Stops::of(&clock.suspensions);
    let lengths = lengths(rule, clock);
    let (earlier, later) = count::readings(rule.unit);
    let with = |reading| Count { reading, roll: rule.roll, stops: &stops, calendar };
    let ends = ends(&with(earlier), rule, clock, lengths.as_deref());
    let due = ends.last().copied().flatten();
    let due_if_working_days = later.and_then(|reading| {
        let total = lengths.as_deref().and_then(|all| all.last());
        self::ends(&with(reading), rule, clock, total.map(std::slice::from_ref)).pop().flatten()
    });
    let steps = rule.steps.iter().zip(&ends);
    // The right needs the end in every reading: an open suspension may lie between the two.
    let last = if later.is_some() { due_if_working_days } else { due };
    LegalDates {
        rule: rule.id.clone(),
        basis: rule.basis.clone(),
        filed: clock.filed,
        due,
        due_if_working_days,
        steps: steps
            .filter_map(|(step, end)| end.map(|due| StepDate { name: step.name.clone(), due }))
            .collect(),
        silence_is_approval: rule.silence_is_approval,
        right_acquired_at: last.filter(|_| rule.silence_is_approval).map(end_of_day),
        suspended_since: if last.is_none() { clock.suspended_since() } else { None },
    }
}

/// Cumulated lengths of the steps; the last is the whole limit, extension included. `None` before day 0.
pub(super) fn lengths(rule: &Rule, clock: &ClockState) -> Option<Vec<u32>> {
    let total = count::length(rule, count::day_zero(rule, clock)?, clock.extension_days)?;
    let mut sum = 0;
    let mut lengths: Vec<u32> = rule
        .steps
        .iter()
        .map(|step| {
            sum += u32::from(step.limit);
            sum
        })
        .collect();
    lengths.pop();
    lengths.push(total);
    Some(lengths)
}

fn ends(count: &Count<'_>, rule: &Rule, clock: &ClockState, lengths: Option<&[u32]>) -> Vec<Option<Date>> {
    let (Some(lengths), Some(day_zero)) = (lengths, count::day_zero(rule, clock)) else { return Vec::new() };
    let unrolled = count.days(day_number(day_zero), lengths);
    unrolled.into_iter().map(|day| day.and_then(|day| count.rolled(day)).and_then(date_of)).collect()
}

/// Last day on which a reviewer's opinion is in time.
///
/// Runs from the commune's reception (building regulation art. 18), the earlier reading where the unit is
/// doubtful; the file's extension is not the reviewer's. An open suspension has no end yet, so the date
/// stands as if it had not begun and moves when the clock is resumed; nobody is overdue meanwhile.
#[must_use]
pub fn reviewer_due(reviewer: &Reviewer, clock: &ClockState, calendar: &Calendar) -> Date {
    let stops = Stops::of(&clock.suspensions).closed();
    let (reading, _) = count::readings(reviewer.unit);
    let count = Count { reading, roll: true, stops: &stops, calendar };
    let length = count::bare_length(reviewer.limit, reviewer.unit, clock.filed);
    let day = length.and_then(|length| count.days(day_number(clock.filed), &[length]).pop().flatten());
    day.and_then(|day| count.rolled(day)).and_then(date_of).unwrap_or(Date::MAX)
}

/// Last day for minor complements that were asked on a day: working days, no restart (building regulation
/// art. 38).
#[must_use]
pub fn complements_due(rule: &Rule, asked_on: Date, calendar: &Calendar) -> Date {
    let stops = Stops::of(&[]);
    let count = Count { reading: Reading::Working, roll: true, stops: &stops, calendar };
    let end = count.days(day_number(asked_on), &[u32::from(rule.complement_days)]).pop().flatten();
    end.and_then(date_of).unwrap_or(Date::MAX)
}
