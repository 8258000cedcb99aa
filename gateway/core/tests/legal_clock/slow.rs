//! A second count, as a clerk would do it: one day after the other on a wall calendar, with a list of
//! holidays of its own. It shares nothing with the engine but the numbers of the rule.

use std::collections::HashSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use wasl_core::deadline::{ClockEvent, SimulateInput};
use wasl_core::procedure::{Rule, Start, Unit};

/// What the clerk finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) due: Option<Date>,
    pub(crate) due_if_working_days: Option<Date>,
    pub(crate) steps: Vec<(String, Date)>,
    pub(crate) right_acquired_at: Option<Timestamp>,
}

pub(crate) struct Clerk {
    off: HashSet<Date>,
    zone: TimeZone,
}

impl Clerk {
    pub(crate) fn new() -> Self {
        let mut off = HashSet::new();
        for year in 2018..=2040 {
            let every_year = [(1, 1), (1, 11), (5, 1), (7, 30), (8, 14), (8, 20), (8, 21), (11, 6), (11, 18)];
            off.extend(every_year.map(|(month, day)| Date::new(year, month, day).unwrap()));
            if year >= 2024 {
                off.insert(Date::new(year, 1, 14).unwrap());
            }
            if year >= 2026 {
                off.insert(Date::new(year, 10, 31).unwrap());
            }
        }
        let moon = "2024-04-10 2024-04-11 2024-04-12 2024-06-17 2024-06-18 2024-07-07 2024-09-16 2024-09-17 \
                    2025-03-31 2025-04-01 2025-06-07 2025-06-08 2025-06-09 2025-06-27 2025-09-05 2025-09-06 \
                    2026-03-20 2026-03-21 2026-03-23 2026-05-27 2026-05-28 2026-06-16 2026-08-25 2026-08-26 \
                    2027-03-09 2027-03-10 2027-05-16 2027-05-17 2027-06-06 2027-08-14 2027-08-15";
        off.extend(moon.split_whitespace().map(|day| day.parse::<Date>().unwrap()));
        Self { off, zone: TimeZoneDatabase::bundled().get("Africa/Casablanca").unwrap() }
    }

    fn works(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.off.contains(&day)
    }

    /// The one row of the table that is about this act on that day.
    pub(crate) fn rule<'r>(table: &'r [Rule], act: &SimulateInput, deposited: Date) -> &'r Rule {
        let mut fitting = table.iter().filter(|row| {
            row.permit == act.permit
                && (row.class.is_none() || row.class == act.class)
                && (row.investment.is_none() || row.investment == Some(act.investment))
                && deposited >= row.valid_from
                && row.valid_to.is_none_or(|end| deposited < end)
        });
        let row = fitting.next().unwrap();
        assert!(fitting.next().is_none(), "two rows for {act:?}");
        row
    }

    /// The dates of a file that was last deposited on `deposited`, after all that happened to it.
    pub(crate) fn dates(&self, rule: &Rule, deposited: Date, events: &[ClockEvent]) -> Found {
        let present: Vec<ClockEvent> =
            events.iter().copied().filter(|event| event.on() >= deposited).collect();
        let Some(start) = start(rule, deposited, &present) else {
            return Found {
                due: None,
                due_if_working_days: None,
                steps: Vec::new(),
                right_acquired_at: None,
            };
        };
        let extension: u32 = present
            .iter()
            .map(|event| if let ClockEvent::Extended(_, days) = event { u32::from(*days) } else { 0 })
            .sum();
        let total = length(rule, start) + extension;
        let doubtful = rule.unit == Unit::Doubtful;
        let working = rule.unit == Unit::WorkingDays;
        let due = self.end(rule, start, total, working, &present);
        let due_if_working_days = if doubtful { self.end(rule, start, total, true, &present) } else { None };
        let mut steps = Vec::new();
        let mut sum = 0;
        for (index, step) in rule.steps.iter().enumerate() {
            sum += u32::from(step.limit);
            let length = if index + 1 == rule.steps.len() { total } else { sum };
            steps
                .extend(self.end(rule, start, length, working, &present).map(|end| (step.name.clone(), end)));
        }
        let last = if doubtful { due_if_working_days } else { due };
        let right_acquired_at = last
            .filter(|_| rule.silence_is_approval)
            .map(|day| day.tomorrow().unwrap().to_zoned(self.zone.clone()).unwrap().timestamp());
        Found { due, due_if_working_days, steps, right_acquired_at }
    }

    /// Walks until `length` days are counted, then on to a day on which the period can end.
    fn end(
        &self,
        rule: &Rule,
        start: Date,
        length: u32,
        working: bool,
        events: &[ClockEvent],
    ) -> Option<Date> {
        let mut day = start;
        let mut counted = 0;
        loop {
            let stopped = is_stopped(day, events);
            if stopped && events.iter().all(|event| event.on() <= day) {
                return None;
            }
            if day > start && counted < length && !stopped && (!working || self.works(day)) {
                counted += 1;
            }
            if counted == length && !stopped && (!rule.roll || self.works(day)) {
                return Some(day);
            }
            day = day.tomorrow().unwrap();
        }
    }
}

/// Each suspension and each resumption turns the clock off or on: after an odd number it stands.
fn is_stopped(day: Date, events: &[ClockEvent]) -> bool {
    let turns = |event: &&ClockEvent| matches!(event, ClockEvent::Suspended(_) | ClockEvent::Resumed(_));
    events.iter().filter(turns).filter(|event| event.on() <= day).count() % 2 == 1
}

fn start(rule: &Rule, deposited: Date, events: &[ClockEvent]) -> Option<Date> {
    if rule.starts == Start::Receipt {
        return Some(deposited);
    }
    events.iter().find_map(|event| if let ClockEvent::Agreed(on) = event { Some(*on) } else { None })
}

/// Days of the limit. A month is walked day by day to the same day number, or the month's last day.
fn length(rule: &Rule, start: Date) -> u32 {
    if rule.unit != Unit::Months {
        return u32::from(rule.limit);
    }
    let mut month = start.first_of_month();
    for _ in 0..rule.limit {
        month = month.last_of_month().tomorrow().unwrap();
    }
    let end = month + (i64::from(start.day().min(month.days_in_month())) - 1).days();
    let mut days = 0;
    let mut day = start;
    while day < end {
        day = day.tomorrow().unwrap();
        days += 1;
    }
    // Law 55-19: the ceiling, where there is one.
    rule.cap_days.map_or(days, |cap| days.min(u32::from(cap)))
}
