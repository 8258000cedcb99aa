//! What a file's clock has been through.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::time::day_number;

/// Days on which the clock stands still: the half-open span `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First local day that does not count.
    pub from: Date,
    /// First local day that counts again; absent while the clock is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// All that dates depend on besides rule and calendar. A restart is a new state with a new `filed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// Local date of the numbered receipt of the present deposit: day 0.
    pub filed: Date,
    /// Suspensions, in any order; they may touch and overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspensions: Vec<Span>,
    /// Days added to the unrolled end, in the rule's unit (calendar days where that is months).
    #[serde(default)]
    pub extension_days: u16,
    /// Day 0 for a clock that starts with the urban agency's agreement; absent until it agrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Date>,
}

impl ClockState {
    /// A clock that starts with a receipt of that day.
    #[must_use]
    pub fn filed_on(filed: Date) -> Self {
        Self { filed, ..Self::default() }
    }

    /// A suspension is open.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended_since().is_some()
    }

    /// First day of the open suspension.
    #[must_use]
    pub fn suspended_since(&self) -> Option<Date> {
        self.suspensions.iter().filter(|span| span.to.is_none()).map(|span| span.from).min()
    }
}

/// Suspensions as day numbers: sorted, merged, none empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stops(Vec<(i32, Option<i32>)>);

impl Stops {
    pub(super) fn of(spans: &[Span]) -> Self {
        let mut all: Vec<(i32, Option<i32>)> =
            spans.iter().map(|span| (day_number(span.from), span.to.map(day_number))).collect();
        all.retain(|(from, to)| to.is_none_or(|to| *from < to));
        all.sort_unstable_by_key(|(from, _)| *from);
        let mut merged: Vec<(i32, Option<i32>)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match merged.last_mut() {
                // An open span takes in everything after it.
                Some((_, None)) => break,
                Some((_, Some(end))) if from <= *end => match to {
                    Some(to) => *end = to.max(*end),
                    None => {
                        if let Some(last) = merged.last_mut() {
                            last.1 = None;
                        }
                    }
                },
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// Only the spans that have an end.
    pub(super) fn closed(mut self) -> Self {
        self.0.retain(|(_, to)| to.is_some());
        self
    }

    /// The end of the span that holds the day: `Some(None)` where it is open, `None` where the clock runs.
    pub(super) fn holding(&self, day: i32) -> Option<Option<i32>> {
        self.0.iter().find(|(from, to)| *from <= day && to.is_none_or(|to| day < to)).map(|(_, to)| *to)
    }
}
