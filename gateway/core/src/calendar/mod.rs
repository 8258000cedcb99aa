//! Which days are worked: weekends, fixed holidays, lunar holidays (confirmed or provisional) and
//! exceptional days. All of it is data (`config/calendar/`), each entry with its source.

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use wasl_schemas::problem::Texts;

use crate::rows::RuleError;
use crate::time::{add_months, date_of, day_number, weekday_of};

/// First and last year for which holidays are laid out; before and after, only weekends are known.
pub const YEARS: (i16, i16) = (1990, 2100);

/// What kind of day a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day<'c> {
    /// Offices are open.
    Worked,
    /// Saturday or Sunday, as the data say. A holiday at a weekend is told as the holiday.
    Weekend,
    /// A holiday, also when it falls on a weekend (there is no substitute day).
    Holiday {
        /// Its name.
        name: &'c Texts,
        /// False while it waits for the sighting of the moon.
        confirmed: bool,
        /// Where the entry comes from.
        source: &'c str,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Holiday {
    name: Texts,
    confirmed: bool,
    source: String,
}

/// A day that one calendar holds for worked and another does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayChange {
    /// The day.
    pub date: Date,
    /// Worked in the newer calendar.
    pub now_worked: bool,
}

/// The working days of Morocco, laid out once so that a lookup is an index.
#[derive(Debug, Clone)]
pub struct Calendar {
    first: i32,
    worked: Vec<bool>,
    weekend: [bool; 8],
    holidays: BTreeMap<i32, Holiday>,
    lunar_from: Date,
    confirmed_until: Date,
    version: String,
}

impl Calendar {
    /// Reads the files of `config/calendar/` (name and text of each, in any order).
    ///
    /// # Errors
    /// Every [`RuleError`], each naming its file and row.
    pub fn from_toml(files: &[(&str, &str)]) -> Result<Self, Vec<RuleError>> {
        read::from_toml(files)
    }

    /// What kind of day it is, with the holiday's name.
    #[must_use]
    pub fn day(&self, date: Date) -> Day<'_> {
        let number = day_number(date);
        match self.holidays.get(&number) {
            Some(day) => Day::Holiday { name: &day.name, confirmed: day.confirmed, source: &day.source },
            None if self.is_weekend(number) => Day::Weekend,
            None => Day::Worked,
        }
    }

    /// Whether offices are open.
    #[must_use]
    pub fn is_worked(&self, date: Date) -> bool {
        self.is_worked_number(day_number(date))
    }

    /// The day until which all is confirmed, where it lies less than twelve months after `today`: limits that are
    /// counted past it may still move, and somebody must look after the calendar.
    #[must_use]
    pub fn horizon_near(&self, today: Date) -> Option<Date> {
        let in_a_year = add_months(today, 12)?;
        (self.confirmed_until < in_a_year).then_some(self.confirmed_until)
    }

    /// The date itself when it is worked, else the next day that is.
    #[must_use]
    pub fn next_worked_on_or_after(&self, date: Date) -> Date {
        // The data refuse a weekend of seven days, so the search ends within the longest run of holidays.
        let mut number = day_number(date);
        while !self.is_worked_number(number) {
            number += 1;
        }
        date_of(number).unwrap_or(Date::MAX)
    }

    /// The date itself when it is worked, else the last day before that is.
    #[must_use]
    pub fn last_worked_on_or_before(&self, date: Date) -> Date {
        let mut number = day_number(date);
        while !self.is_worked_number(number) {
            number -= 1;
        }
        date_of(number).unwrap_or(Date::MIN)
    }

    /// First day from which the lunar holidays are in the data; earlier counts in working days miss them.
    #[must_use]
    pub const fn lunar_from(&self) -> Date {
        self.lunar_from
    }

    /// Last day up to which every holiday is known and confirmed. What is counted past it may move.
    #[must_use]
    pub const fn confirmed_until(&self) -> Date {
        self.confirmed_until
    }

    /// Hash over the names and texts of the files, 16 hexadecimal digits.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The days on which a newer calendar differs, in order.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<DayChange> {
        let days = self.first..self.first + i32::try_from(self.worked.len()).unwrap_or(0);
        days.filter(|number| self.is_worked_number(*number) != newer.is_worked_number(*number))
            .filter_map(|number| {
                Some(DayChange { date: date_of(number)?, now_worked: newer.is_worked_number(number) })
            })
            .collect()
    }

    pub(crate) fn is_worked_number(&self, number: i32) -> bool {
        usize::try_from(number - self.first)
            .ok()
            .and_then(|index| self.worked.get(index).copied())
            .unwrap_or_else(|| !self.is_weekend(number))
    }

    fn is_weekend(&self, number: i32) -> bool {
        usize::try_from(weekday_of(number)).is_ok_and(|index| self.weekend[index])
    }
}
