//! The shipped configuration, for tests.

use crate::calendar::Calendar;
use crate::procedure::Rules;
use crate::routing::Coverage;

pub(crate) const AGENCIES: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];
pub(crate) const PROCEDURES: &str = include_str!("../../../config/procedures.toml");
pub(crate) const COVERAGE: &str = include_str!("../../../config/agencies/coverage.toml");
pub(crate) const CALENDAR: [(&str, &str); 3] = [
    ("fixed.toml", include_str!("../../../config/calendar/fixed.toml")),
    ("lunar.toml", include_str!("../../../config/calendar/lunar.toml")),
    ("exceptional.toml", include_str!("../../../config/calendar/exceptional.toml")),
];

pub(crate) fn rules() -> Rules {
    Rules::from_toml(PROCEDURES, &AGENCIES).unwrap()
}

pub(crate) fn calendar() -> Calendar {
    Calendar::from_toml(&CALENDAR).unwrap()
}

pub(crate) fn coverage() -> Coverage {
    Coverage::from_toml(COVERAGE, &AGENCIES).unwrap()
}
