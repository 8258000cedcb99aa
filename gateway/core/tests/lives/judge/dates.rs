//! No date moves without an event that says so, and every date is the one that the engine counts from the clock.
//! Events are the truth: the state follows from them, and storing changes neither.

use wasl_core::deadline::{ClockState, legal_dates};
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState};
use wasl_core::time::local_date;
use wasl_schemas::decision::DecisionOutcome;

use crate::life::Life;
use crate::world::World;

/// Only with these may a date move.
pub(crate) fn says_so(event: &Event) -> bool {
    matches!(
        event,
        Event::Registered { .. }
            | Event::Redeposited { .. }
            | Event::ModificationRequested { .. }
            | Event::ClockMoved { .. }
    )
}

pub(super) fn judge(world: &World, life: &Life) -> Result<(), String> {
    if let Some((from, to)) =
        life.moved.iter().find(|(from, to)| !life.events[*from..*to].iter().any(says_so))
    {
        return Err(format!("a date moved without an event that says so: {:?}", &life.events[*from..*to]));
    }
    let mut state: Option<FileState> = None;
    for event in &life.events {
        let before = state.as_ref().map(|s| s.dates.clone());
        let blocked = state.as_ref().is_some_and(|s| s.grant_blocked().is_some());
        state = evolve(state, event);
        let Some(after) = &state else { return Err("no state".into()) };
        if let Event::DecisionRecorded { decision, .. } = event
            && decision.outcome == DecisionOutcome::Granted
            && blocked
        {
            return Err("granted against a binding opinion".into());
        }
        if says_so(event) {
            counted(world, after, event)?;
        } else if Some(&after.dates) != before.as_ref() {
            return Err(format!("a date moved without an event that says so: {event:?}"));
        }
        if &again(event)? != event {
            return Err(format!("an event changes when it is stored: {event:?}"));
        }
    }
    if state.as_ref() != Some(&life.state) {
        return Err("state differs from its events".into());
    }
    if again(&life.state)? == life.state { Ok(()) } else { Err("a state changes when it is stored".into()) }
}

/// Written down and read again, as the database does.
fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> Result<T, String> {
    let written = serde_json::to_vec(value).map_err(|e| e.to_string())?;
    serde_json::from_slice(&written).map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&written)))
}

/// The dates are those of rule, clock and calendar; a re-deposit is a new filing on its day.
fn counted(world: &World, after: &FileState, event: &Event) -> Result<(), String> {
    let rule = world.rules.rule(&after.rule).ok_or("a rule that nobody knows")?;
    if legal_dates(rule, &after.clock, &world.calendar) != after.dates {
        return Err(format!("dates that the engine does not count: {event:?}"));
    }
    if let Event::Registered { .. } | Event::Redeposited { .. } = event {
        let filed = local_date(after.permit_file.receipt.issued_at);
        if after.clock != ClockState::filed_on(filed) || !rule.holds_on(filed) {
            return Err("a restart that is no new filing".into());
        }
    }
    Ok(())
}
