//! Draws lives of clocks. A seed replays any of them.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use wasl_core::deadline::{ClockEvent, SimulateInput};
use wasl_schemas::file::{Permit, ProjectClass};

#[path = "../lives/draw.rs"]
mod numbers;

pub(crate) use numbers::Draw;

/// First and last day of filing that is drawn.
pub(crate) const FILED: (Date, Date) = (date(2019, 1, 1), date(2030, 12, 31));

impl Draw {
    pub(crate) fn date(&mut self) -> Date {
        let days = i64::from(FILED.0.until(FILED.1).unwrap().get_days());
        FILED.0 + self.between(0, days).days()
    }

    /// A day so many days after another one (before it, where negative), within the years that exist.
    pub(crate) fn after(&mut self, day: Date, low: i64, high: i64) -> Date {
        day.saturating_add(self.between(low, high).days())
    }

    /// A life: a filing, sometimes an agreement, an extension, suspensions and re-deposits, told in a drawn
    /// order.
    pub(crate) fn life(&mut self) -> SimulateInput {
        let permit = self.pick(&Permit::ALL);
        let filed = self.date();
        let mut events = Vec::new();
        let mut extended = false;
        self.deposit(permit, filed, &mut extended, &mut events);
        let mut last = filed;
        while self.percent(25) {
            last += self.between(1, 80).days();
            events.retain(|event| event.on() < last);
            extended = events.iter().any(|event| matches!(event, ClockEvent::Extended(..)));
            events.push(ClockEvent::Redeposited(last));
            self.deposit(permit, last, &mut extended, &mut events);
        }
        self.shuffle(&mut events);
        let class = Some(self.pick(&[ProjectClass::Large, ProjectClass::Small]));
        SimulateInput { permit, class, filed, investment: self.percent(30), events }
    }

    /// What happens after one deposit. An extension comes early and is short, so that every rule allows it.
    fn deposit(&mut self, permit: Permit, filed: Date, extended: &mut bool, events: &mut Vec<ClockEvent>) {
        if permit == Permit::Regularisation && self.percent(80) {
            events.push(ClockEvent::Agreed(filed + self.between(0, 40).days()));
        }
        if !*extended && self.percent(30) {
            *extended = true;
            let days = u16::try_from(self.between(1, 10)).unwrap();
            events.push(ClockEvent::Extended(filed + self.between(0, 6).days(), days));
        }
        let mut day = filed;
        while self.percent(35) {
            day += self.between(0, 25).days();
            events.push(ClockEvent::Suspended(day));
            if self.percent(15) {
                break;
            }
            day += self.between(0, 40).days();
            events.push(ClockEvent::Resumed(day));
        }
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, usize::try_from(self.between(0, i64::try_from(last).unwrap())).unwrap());
        }
    }
}
