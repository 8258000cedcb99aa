//! When people are reminded that a limit comes near, and who hears that it has passed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::notice::LegalDates;

use super::clock::{ClockState, Stops};
use super::count::{self, Count};
use super::dates;
use crate::calendar::Calendar;
use crate::procedure::{Escalation, EscalationLevel, ReminderAt, Rule};
use crate::time::{add_days, date_of, day_number, days_between};

/// A reminder and its day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reminder {
    /// Local day on which it is given.
    pub on: Date,
    /// `decision`, or a step's name.
    pub what: String,
    /// Calendar days that remain until the last day.
    pub days_left: i32,
}

/// A level that hears of a passed limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// `decision`, or a step's name.
    pub what: String,
    /// Who.
    pub level: EscalationLevel,
    /// Local day.
    pub on: Date,
}

/// The reminders of a file in the order of their days, each once.
///
/// A reminder that falls on a day without work comes on the last worked day before, so that somebody reads
/// it; one that would come on day 0 or before is left out. Uses the earlier reading of a doubtful unit.
/// There is none while the last day is not known.
#[must_use]
pub fn reminders(rule: &Rule, dates: &LegalDates, clock: &ClockState, calendar: &Calendar) -> Vec<Reminder> {
    let Some(day_zero) = count::day_zero(rule, clock) else { return Vec::new() };
    let stops = Stops::of(&clock.suspensions);
    let count = Count { reading: count::readings(rule.unit).0, roll: rule.roll, stops: &stops, calendar };
    let lengths = dates::lengths(rule, clock).unwrap_or_default();
    let mut all: Vec<Reminder> = rule
        .reminders
        .iter()
        .filter_map(|reminder| {
            let (due, length) = limit_of(&reminder.what, rule, dates, &lengths)?;
            let on = match reminder.at {
                ReminderAt::DaysBefore(days) => add_days(due, -i32::from(days)),
                ReminderAt::Percent(percent) => {
                    let part = (length * u32::from(percent)).div_ceil(100);
                    date_of(count.days(day_number(day_zero), &[part]).pop().flatten()?)?
                }
            };
            let on = open_day_before(on, &stops, calendar)?;
            let in_time = day_zero < on && on <= due;
            in_time.then(|| Reminder { on, what: reminder.what.clone(), days_left: days_between(on, due) })
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Last day and whole length of the decision or of a step.
fn limit_of(what: &str, rule: &Rule, dates: &LegalDates, lengths: &[u32]) -> Option<(Date, u32)> {
    if what == "decision" {
        return Some((dates.due?, *lengths.last()?));
    }
    let position = rule.steps.iter().position(|step| step.name == what)?;
    let due = dates.steps.iter().find(|step| step.name == what)?.due;
    Some((due, *lengths.get(position)?))
}

/// The day itself, or the last one before it that is worked and on which the clock runs.
fn open_day_before(date: Date, stops: &Stops, calendar: &Calendar) -> Option<Date> {
    let mut day = day_number(date);
    // Long enough for every suspension that a person would still call a reminder's.
    for _ in 0..400 {
        if calendar.is_worked_number(day) && stops.holding(day).is_none() {
            return date_of(day);
        }
        day -= 1;
    }
    None
}

/// Who hears, and when, that the last day of the decision or of a step has passed (the earlier reading).
#[must_use]
pub fn escalations(rule: &Rule, dates: &LegalDates) -> Vec<Escalated> {
    let last_day = |what: &str| match what {
        "decision" => dates.due,
        step => dates.steps.iter().find(|known| known.name == step).map(|known| known.due),
    };
    let told = |step: &Escalation| {
        let on = add_days(last_day(&step.what)?, i32::from(step.days_after));
        Some(Escalated { what: step.what.clone(), level: step.level, on })
    };
    rule.escalation.iter().filter_map(told).collect()
}
