//! The limits in force since 13 July 2023 (joint order 1839.23; decree 2-18-475; laws 12-90 and 55-19), as a
//! table of its own, and the legal dates that follow from them.

use jiff::Timestamp;
use jiff::civil::Date;

use super::period::{Days, Stop, days_of_months, last_day};
use crate::world::clock::end_of_day;

/// Law 55-19 caps an investment act at so many days.
const INVESTMENT_DAYS_MAX: u32 = 30;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// "jours" and no more: calendar days for reminders, working days for a right by silence.
    Doubtful,
    /// Working days.
    Working,
    /// Calendar days.
    Calendar,
    /// Months.
    Months,
}

/// The limit of one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In `unit`.
    pub length: u32,
    /// What it counts.
    pub unit: Unit,
    /// Has the steps receipt 1, transmission 3, commission 15, minutes 3, inform 3, deliver 5.
    pub steps: bool,
    /// The administration's silence is approval.
    pub silence: bool,
    /// Counted from the urban agency's agreement.
    pub from_agreement: bool,
    /// Something is to be paid before delivery.
    pub fee: bool,
}

/// The steps of the acts of 30 days, cumulated.
pub const STEPS: [(&str, u32); 6] = [
    ("receipt", 1),
    ("transmission", 4),
    ("commission", 19),
    ("minutes", 22),
    ("inform", 25),
    ("deliver", 30),
];

/// The limit of a permit; `None` for a kind that does not exist.
#[must_use]
pub fn limit(permit: &str, large: bool) -> Option<Limit> {
    let plain =
        |length, unit| Limit { length, unit, steps: false, silence: true, from_agreement: false, fee: true };
    let thirty = Limit { steps: true, ..plain(30, Unit::Doubtful) };
    Some(match permit {
        "building" if large => thirty,
        "building" => plain(15, Unit::Doubtful),
        "subdivision" | "housing-group" | "parcelling" => thirty,
        "occupancy" | "conformity" | "demolition" => Limit { fee: false, ..plain(1, Unit::Months) },
        "repair" => plain(10, Unit::Working),
        "regularisation" => Limit { silence: false, from_agreement: true, ..plain(60, Unit::Calendar) },
        "activity-declaration" => Limit { silence: false, fee: false, ..plain(60, Unit::Calendar) },
        "classified-2" | "classified-3" => plain(60, Unit::Calendar),
        "public-domain" => Limit { silence: false, ..plain(60, Unit::Calendar) },
        _ => return None,
    })
}

/// What has happened to the clock of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// Day of the numbered receipt: day 0.
    pub filed: Date,
    /// Day of the urban agency's agreement, where that starts the clock.
    pub agreed: Option<Date>,
    /// Suspensions that have ended.
    pub stops: Vec<Stop>,
    /// Days added to the unrolled end.
    pub extension_days: u32,
    /// An investment act (law 55-19).
    pub investment: bool,
}

/// The legal dates of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    /// Last day in the earlier reading.
    pub due: Option<Date>,
    /// Last day in working days, where the unit is doubtful.
    pub due_if_working_days: Option<Date>,
    /// Last day of each step.
    pub steps: Vec<(&'static str, Date)>,
    /// When silence gives the right.
    pub right_acquired_at: Option<Timestamp>,
}

/// The legal dates of an act.
#[must_use]
pub fn dates(limit: Limit, course: &Course) -> Dates {
    let start = if limit.from_agreement { course.agreed } else { Some(course.filed) };
    let Some(zero) = start else {
        return Dates { due: None, due_if_working_days: None, steps: Vec::new(), right_acquired_at: None };
    };
    let base = if limit.unit == Unit::Months { days_of_months(zero, limit.length) } else { limit.length };
    let capped = if course.investment { base.min(INVESTMENT_DAYS_MAX) } else { base };
    let length = capped + course.extension_days;
    let first = if limit.unit == Unit::Working { Days::Working } else { Days::Calendar };
    let end = |length, days| last_day(zero, length, days, &course.stops);
    let due = end(length, first);
    let working = (limit.unit == Unit::Doubtful).then(|| end(length, Days::Working));
    let steps = if limit.steps { &STEPS[..] } else { &[] };
    let last_step = STEPS.len() - 1;
    Dates {
        due: Some(due),
        due_if_working_days: working,
        steps: steps
            .iter()
            .enumerate()
            .map(|(index, (name, sum))| {
                // The last step ends with the whole limit, extension included.
                (*name, end(if index == last_step { length } else { *sum }, first))
            })
            .collect(),
        right_acquired_at: limit.silence.then(|| end_of_day(working.unwrap_or(due))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn of(permit: &str, large: bool, course: &Course) -> Dates {
        dates(limit(permit, large).unwrap(), course)
    }

    #[test]
    fn a_small_building_filed_on_2_november_2026() {
        let found = of("building", false, &Course { filed: date(2026, 11, 2), ..Course::default() });
        assert_eq!(found.due, Some(date(2026, 11, 17)));
        assert_eq!(found.due_if_working_days, Some(date(2026, 11, 25)));
        assert_eq!(found.right_acquired_at.unwrap().to_string(), "2026-11-26T00:00:00Z");
        assert!(found.steps.is_empty());
    }

    #[test]
    fn the_steps_of_thirty_days_are_each_moved_on_their_own() {
        let found = of("subdivision", true, &Course { filed: date(2026, 11, 2), ..Course::default() });
        let commission = found.steps.iter().find(|(name, _)| *name == "commission").unwrap();
        // 19 days after the 2nd is Saturday the 21st.
        assert_eq!(commission.1, date(2026, 11, 23));
        // 4 days after is the 6th, a holiday before a weekend.
        assert_eq!(found.steps[1], ("transmission", date(2026, 11, 9)));
        assert_eq!(found.steps[5], ("deliver", date(2026, 12, 2)));
    }

    #[test]
    fn regularisation_waits_for_the_agreement_and_silence_gives_nothing() {
        let filed = Course { filed: date(2026, 11, 2), ..Course::default() };
        assert_eq!(of("regularisation", false, &filed).due, None);
        let agreed = Course { agreed: Some(date(2026, 11, 9)), ..filed };
        let found = of("regularisation", false, &agreed);
        assert_eq!((found.due, found.right_acquired_at), (Some(date(2027, 1, 8)), None));
    }

    #[test]
    fn an_investment_act_is_capped_at_thirty_days() {
        let course = Course { filed: date(2026, 11, 2), investment: true, ..Course::default() };
        assert_eq!(of("classified-2", true, &course).due, Some(date(2026, 12, 2)));
        let extended = Course { extension_days: 5, ..course };
        assert_eq!(of("classified-2", true, &extended).due, Some(date(2026, 12, 7)));
    }
}
