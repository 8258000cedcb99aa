//! The period day by day: what counts, what does not, and why.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::notice::LegalDates;
use wasl_schemas::problem::Texts;

use super::clock::{ClockState, Stops};
use super::count::{self, Reading};
use super::dates;
use super::texts::{self, Part};
use crate::calendar::{Calendar, Day};
use crate::procedure::Rule;
use crate::time::{date_of, day_number};

/// Longest list of days; a period that is longer is told in dates only.
pub(super) const EXPLAIN_DAYS_MAX: usize = 1_000;

/// What a day is, as a calendar strip shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Offices are open.
    Worked,
    /// Saturday or Sunday.
    Weekend,
    /// A holiday; `name` says which.
    Holiday,
    /// The clock stands still.
    Suspended,
}

/// One day of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayLine {
    /// Local date.
    pub date: Date,
    /// It counts, in the reading that gives `due`.
    pub counted: bool,
    /// Its number in that reading, from 1; absent where it does not count.
    pub number: Option<u32>,
    /// Its number if the unit is working days; only where the unit is doubtful and the day counts so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_if_working_days: Option<u32>,
    /// What it is.
    pub kind: DayKind,
    /// The holiday's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Texts>,
    /// The holiday waits for the sighting of the moon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Last day for the decision.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due: bool,
    /// Last day in the later reading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due_if_working_days: bool,
    /// Why it counts or not.
    pub why: Texts,
}

/// How far one reading has come.
struct Progress {
    reading: Reading,
    number: u32,
    due: Option<Date>,
}

/// The days from day 0 to the last day of the later reading, or to the first day of the suspension that
/// leaves the end open. The flag says that the list was cut at [`EXPLAIN_DAYS_MAX`].
pub(super) fn days(
    rule: &Rule,
    clock: &ClockState,
    calendar: &Calendar,
    dates: &LegalDates,
) -> (Vec<DayLine>, bool) {
    let lengths = dates::lengths(rule, clock);
    let total = lengths.as_deref().and_then(<[u32]>::last).copied();
    let (Some(first), Some(total)) = (count::day_zero(rule, clock), total) else {
        return (Vec::new(), false);
    };
    let (earlier, later) = count::readings(rule.unit);
    let mut strip = Strip {
        first: day_number(first),
        total,
        start: rule.starts,
        stops: Stops::of(&clock.suspensions),
        calendar,
        earlier: Progress { reading: earlier, number: 0, due: dates.due },
        later: later.map(|reading| Progress { reading, number: 0, due: dates.due_if_working_days }),
    };
    let mut lines = Vec::new();
    for day in strip.first.. {
        let Some(date) = date_of(day) else { break };
        if lines.len() == EXPLAIN_DAYS_MAX {
            return (lines, true);
        }
        lines.push(strip.line(day, date));
        let end = strip.later.as_ref().map_or(strip.earlier.due, |later| later.due);
        let open = strip.stops.holding(day) == Some(None);
        if open || end.is_some_and(|end| date >= end) {
            break;
        }
    }
    (lines, false)
}

struct Strip<'a> {
    first: i32,
    total: u32,
    start: crate::procedure::Start,
    stops: Stops,
    calendar: &'a Calendar,
    earlier: Progress,
    later: Option<Progress>,
}

impl Strip<'_> {
    fn line(&mut self, day: i32, date: Date) -> DayLine {
        let suspended = self.stops.holding(day).is_some();
        let (kind, name, provisional) = match self.calendar.day(date) {
            Day::Worked => (DayKind::Worked, None, false),
            Day::Weekend => (DayKind::Weekend, None, false),
            Day::Holiday { name, confirmed, .. } => (DayKind::Holiday, Some(name.clone()), !confirmed),
        };
        let (first, total, start) = (self.first, self.total, self.start);
        let part = |progress: &mut Progress| {
            if day == first {
                return Part::Zero(start);
            }
            progress.part(date, suspended, kind == DayKind::Worked, total)
        };
        let earlier = part(&mut self.earlier);
        let later = self.later.as_mut().map(part);
        let number = |part: &Part| if let Part::Number { number, .. } = part { Some(*number) } else { None };
        let is_due = |progress: &Progress| day != first && progress.due == Some(date);
        DayLine {
            date,
            counted: number(&earlier).is_some(),
            number: number(&earlier),
            number_if_working_days: later.as_ref().and_then(number),
            kind: if suspended && day != first { DayKind::Suspended } else { kind },
            due: is_due(&self.earlier),
            due_if_working_days: self.later.as_ref().is_some_and(is_due),
            why: texts::why(&earlier, later.as_ref(), kind, name.as_ref(), provisional),
            name,
            provisional,
        }
    }
}

impl Progress {
    fn part(&mut self, date: Date, suspended: bool, worked: bool, total: u32) -> Part {
        if self.number == total && self.due.is_some_and(|due| date > due) {
            return Part::Over;
        }
        if suspended {
            return Part::Suspended;
        }
        if self.number < total {
            if self.reading == Reading::Working && !worked {
                return Part::NotWorked;
            }
            self.number += 1;
            return Part::Number { number: self.number, total, ends: self.due == Some(date) };
        }
        if self.due == Some(date) { Part::RolledEnd } else { Part::Rolling }
    }
}
