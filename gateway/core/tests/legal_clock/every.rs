//! Every day of filing from 2019 to 2030, and every rule that holds on it.

use jiff::civil::Date;
use wasl_core::deadline::ClockState;
use wasl_core::procedure::Rule;

use crate::draw::{Draw, FILED};
use crate::rules;

/// A clock that runs from that day, whatever starts it.
pub(crate) fn running(filed: Date) -> ClockState {
    ClockState { started_on: Some(filed), ..ClockState::filed_on(filed) }
}

/// The days of filing, all of them.
pub(crate) fn days() -> impl Iterator<Item = Date> {
    std::iter::successors(Some(FILED.0), |day| day.tomorrow().ok()).take_while(|day| *day <= FILED.1)
}

/// Every rule on every day of filing on which it holds.
pub(crate) fn each(mut check: impl FnMut(&Rule, Date)) {
    let rules = rules();
    let mut checked = 0_u32;
    for filed in days() {
        for rule in rules.all().iter().filter(|rule| rule.holds_on(filed)) {
            checked += 1;
            check(rule, filed);
        }
    }
    assert!(checked > 60_000, "only {checked} cases: days or rules were left out");
}

/// A clock with a past: suspensions that may touch and overlap, an extension, sometimes no end of a suspension.
/// The same rule and day always give the same clock.
pub(crate) fn drawn_clock(salt: u64, rule: &Rule, filed: Date) -> ClockState {
    let name = rule.id.bytes().fold(salt, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
    let day = u64::try_from(FILED.0.until(filed).unwrap().get_days()).unwrap();
    let mut draw = Draw(name.wrapping_mul(0x1_0000_01b3).wrapping_add(day));
    let mut clock = running(filed);
    clock.extension_days = u16::try_from(draw.between(0, 20)).unwrap();
    while draw.percent(40) {
        let from = draw.after(filed, -5, 40);
        let to = draw.after(from, 0, 30);
        clock.suspensions.push(wasl_core::deadline::Span { from, to: Some(to) });
    }
    if draw.percent(10) {
        let from = draw.after(filed, 0, 60);
        clock.suspensions.push(wasl_core::deadline::Span { from, to: None });
    }
    clock
}
