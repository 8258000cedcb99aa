//! A life of a clock on paper: what would the dates be if this happened on those days?

use jiff::civil::Date;
use wasl_schemas::file::{Permit, ProjectClass};
use wasl_schemas::notice::LegalDates;

use super::clock::{ClockState, Span};
use super::dates::legal_dates;
use super::event::ClockEvent;
use super::explain::{ClockEnd, Explanation, explain};
use crate::calendar::Calendar;
use crate::procedure::{Rule, Rules, Start};

/// A case to simulate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulateInput {
    /// The act.
    pub permit: Permit,
    /// Needed where the act's rules differ by class.
    pub class: Option<ProjectClass>,
    /// Local date of the numbered receipt.
    pub filed: Date,
    /// An investment act (law 55-19).
    pub investment: bool,
    /// What happens; the order does not matter, the dates do.
    pub events: Vec<ClockEvent>,
}

/// Why a case cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// The class decides and is missing.
    #[error("the limit of `{0}` depends on the project: say whether it is large or small")]
    ClassMissing(&'static str),
    /// No rule holds on that day.
    #[error("no rule holds for `{permit}` filed on {filed}: the rules begin on {history_from}")]
    NoRule {
        /// The act.
        permit: &'static str,
        /// Day of filing.
        filed: Date,
        /// First day with rules.
        history_from: Date,
    },
    /// An event cannot be read, or cannot happen then.
    #[error("event `{event}`: {why}")]
    Event {
        /// The event as given.
        event: String,
        /// Why not.
        why: String,
    },
}

/// Runs the events through the clock, in the order of their dates, and explains the outcome.
///
/// A re-deposit is a new filing on its day: the rule of that day, day 0, nothing suspended or extended.
/// The one extension is for the life of the file.
///
/// # Errors
/// [`SimulateError`] says which event cannot happen and why.
pub fn simulate(
    input: &SimulateInput,
    rules: &Rules,
    calendar: &Calendar,
) -> Result<Explanation, SimulateError> {
    let life = Life::run(input, rules, calendar)?;
    let mut explanation = explain(life.rule, &life.clock, calendar, life.end, &[]);
    if life.deposits.len() > 1 {
        explanation.deposits = life.deposits;
    }
    Ok(explanation)
}

/// Only the dates of [`simulate`], without the explanation.
///
/// # Errors
/// [`SimulateError`] says which event cannot happen and why.
pub fn simulate_dates(
    input: &SimulateInput,
    rules: &Rules,
    calendar: &Calendar,
) -> Result<LegalDates, SimulateError> {
    let life = Life::run(input, rules, calendar)?;
    Ok(legal_dates(life.rule, &life.clock, calendar))
}

/// By day. A suspension and a resumption of the same day leave the clock as it was, whatever the state.
fn in_order(events: &[ClockEvent]) -> Vec<ClockEvent> {
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|event| (event.on(), event.rank()));
    let mut kept: Vec<ClockEvent> = Vec::with_capacity(sorted.len());
    for event in sorted {
        match (kept.last(), event) {
            (Some(ClockEvent::Resumed(before)), ClockEvent::Suspended(on)) if *before == on => {
                kept.pop();
            }
            _ => kept.push(event),
        }
    }
    kept
}

struct Life<'a> {
    input: &'a SimulateInput,
    rules: &'a Rules,
    calendar: &'a Calendar,
    rule: &'a Rule,
    clock: ClockState,
    deposits: Vec<Date>,
    extensions: u8,
    end: Option<ClockEnd>,
}

impl<'a> Life<'a> {
    fn new(
        input: &'a SimulateInput,
        rules: &'a Rules,
        calendar: &'a Calendar,
    ) -> Result<Self, SimulateError> {
        Ok(Self {
            rule: rule_of(input, rules, input.filed)?,
            input,
            rules,
            calendar,
            clock: ClockState::filed_on(input.filed),
            deposits: vec![input.filed],
            extensions: 0,
            end: None,
        })
    }

    fn run(
        input: &'a SimulateInput,
        rules: &'a Rules,
        calendar: &'a Calendar,
    ) -> Result<Self, SimulateError> {
        let mut life = Self::new(input, rules, calendar)?;
        for event in in_order(&input.events) {
            life.apply(event)?;
        }
        Ok(life)
    }

    fn apply(&mut self, event: ClockEvent) -> Result<(), SimulateError> {
        let refused = |why: String| Err(SimulateError::Event { event: event.to_string(), why });
        if event.on() < self.clock.filed {
            return refused(format!("lies before the filing of {}", self.clock.filed));
        }
        if self.end.is_some() {
            return refused("the clock has ended before".to_owned());
        }
        match event {
            ClockEvent::Suspended(from) => {
                if !self.rule.suspension {
                    return refused(format!("rule `{}` knows no suspension", self.rule.id));
                }
                if self.clock.is_suspended() {
                    return refused("the clock is suspended already".to_owned());
                }
                self.clock.suspensions.push(Span { from, to: None });
            }
            ClockEvent::Resumed(to) => match self.clock.suspensions.last_mut() {
                Some(span) if span.to.is_none() => span.to = Some(to),
                _ => return refused("the clock is not suspended".to_owned()),
            },
            ClockEvent::Extended(on, days) => match self.extension_refused(on, days) {
                Some(why) => return refused(why),
                None => {
                    self.clock.extension_days = days;
                    self.extensions += 1;
                }
            },
            ClockEvent::Redeposited(on) => {
                self.rule = rule_of(self.input, self.rules, on)?;
                self.clock = ClockState::filed_on(on);
                self.deposits.push(on);
            }
            ClockEvent::Agreed(on) => {
                if self.rule.starts != Start::UrbanAgencyAgreement {
                    return refused(format!("the clock of rule `{}` starts with the receipt", self.rule.id));
                }
                if self.clock.started_on.replace(on).is_some() {
                    return refused("the urban agency has agreed already".to_owned());
                }
            }
            ClockEvent::Decided(on) => self.end = Some(ClockEnd::Decided(on)),
            ClockEvent::Withdrawn(on) => self.end = Some(ClockEnd::Withdrawn(on)),
        }
        Ok(())
    }

    fn extension_refused(&self, on: Date, days: u16) -> Option<String> {
        let rule = self.rule;
        if self.extensions >= rule.extensions_max {
            return Some(format!("a file has at most {} extension(s)", rule.extensions_max));
        }
        if days == 0 || days > rule.extension_days_max {
            return Some(format!(
                "an extension has 1 to {} days by rule `{}`",
                rule.extension_days_max, rule.id
            ));
        }
        let dates = legal_dates(rule, &self.clock, self.calendar);
        let last = dates.due_if_working_days.or(dates.due).filter(|_| dates.suspended_since.is_none())?;
        (on > last).then(|| format!("the period was over on {last}"))
    }
}

fn rule_of<'a>(input: &SimulateInput, rules: &'a Rules, filed: Date) -> Result<&'a Rule, SimulateError> {
    let of = |class| rules.rule_for(input.permit, class, filed, input.investment);
    let missing =
        SimulateError::NoRule { permit: input.permit.as_str(), filed, history_from: rules.history_from() };
    match input.class {
        Some(class) => of(class).ok_or(missing),
        None => {
            let rule = of(ProjectClass::Small).ok_or(missing)?;
            let same = of(ProjectClass::Large).is_some_and(|other| other.id == rule.id);
            if same { Ok(rule) } else { Err(SimulateError::ClassMissing(input.permit.as_str())) }
        }
    }
}
