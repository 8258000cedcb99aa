//! The count itself, on day numbers.

use jiff::civil::Date;

use super::clock::{ClockState, Stops};
use crate::calendar::Calendar;
use crate::procedure::{Rule, Start, Unit};
use crate::time::{add_months, day_number};

/// What one reading of a unit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Every day.
    Calendar,
    /// Worked days only.
    Working,
}

/// What stays the same during a count.
#[derive(Clone, Copy)]
pub(super) struct Count<'a> {
    pub(super) reading: Reading,
    pub(super) roll: bool,
    pub(super) stops: &'a Stops,
    pub(super) calendar: &'a Calendar,
}

impl Count<'_> {
    /// The next day that counts; `None` when an open suspension comes first.
    pub(super) fn next(&self, after: i32) -> Option<i32> {
        let mut day = after.checked_add(1)?;
        loop {
            if let Some(end) = self.stops.holding(day) {
                day = end?;
            } else if self.reading == Reading::Working && !self.calendar.is_worked_number(day) {
                day += 1;
            } else {
                return Some(day);
            }
        }
    }

    /// The day itself, or the next one that is worked and on which the clock runs: a period does not end
    /// while it is suspended, nor while offices are closed.
    pub(super) fn rolled(&self, mut day: i32) -> Option<i32> {
        if !self.roll {
            return Some(day);
        }
        loop {
            if let Some(end) = self.stops.holding(day) {
                day = end?;
            } else if self.calendar.is_worked_number(day) {
                return Some(day);
            } else {
                day += 1;
            }
        }
    }

    /// The unrolled days on which periods of these lengths end, counted after `day_zero` in one pass.
    /// `lengths` ascend. `None` where an open suspension comes first.
    pub(super) fn days(&self, day_zero: i32, lengths: &[u32]) -> Vec<Option<i32>> {
        let (mut day, mut number) = (Some(day_zero), 0);
        let mut ends = Vec::with_capacity(lengths.len());
        for length in lengths {
            while number < *length && day.is_some() {
                day = day.and_then(|day| self.next(day));
                number += 1;
            }
            ends.push(day);
        }
        ends
    }
}

/// Day 0 of a clock, once it has started.
pub(super) fn day_zero(rule: &Rule, clock: &ClockState) -> Option<Date> {
    match rule.starts {
        Start::Receipt => Some(clock.filed),
        Start::UrbanAgencyAgreement => clock.started_on,
    }
}

/// The readings of a unit: the earlier one first.
pub(super) const fn readings(unit: Unit) -> (Reading, Option<Reading>) {
    match unit {
        Unit::WorkingDays => (Reading::Working, None),
        Unit::CalendarDays | Unit::Months => (Reading::Calendar, None),
        Unit::Doubtful => (Reading::Calendar, Some(Reading::Working)),
    }
}

/// The whole length of a limit in counted days, extension included.
///
/// Months become the calendar days that they last from day 0, so that a suspension moves their end by
/// exactly the days on which the clock stood still; a ceiling shortens them before anything is added.
pub(super) fn length(rule: &Rule, day_zero: Date, extension_days: u16) -> Option<u32> {
    let base = bare_length(rule.limit, rule.unit, day_zero)?;
    let capped = rule.cap_days.map_or(base, |cap| base.min(u32::from(cap)));
    Some(capped + u32::from(extension_days))
}

/// A limit in counted days, without ceiling or extension.
pub(super) fn bare_length(limit: u16, unit: Unit, day_zero: Date) -> Option<u32> {
    match unit {
        Unit::Months => u32::try_from(day_number(add_months(day_zero, limit)?) - day_number(day_zero)).ok(),
        Unit::WorkingDays | Unit::CalendarDays | Unit::Doubtful => Some(u32::from(limit)),
    }
}
