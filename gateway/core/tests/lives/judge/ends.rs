//! One final state; a delivery has its act and its money; nothing is left that nobody wakes.

use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState, Status};
use wasl_schemas::decision::DecisionOutcome;

use crate::life::Life;

pub(super) fn judge(life: &Life) -> Result<(), String> {
    one_end(life)?;
    let state = &life.state;
    let delivered = state.status == Status::Delivered;
    let granted = state.decision.as_ref().is_some_and(|d| d.outcome == DecisionOutcome::Granted);
    let attested = state.right.as_ref().is_some_and(|r| r.attestation.is_some());
    if delivered && !(granted || attested) {
        return Err("delivered without an act".into());
    }
    if delivered && !state.fees_settled() {
        return Err("delivered before payment".into());
    }
    stuck(life)
}

/// What a file has come to in the end, if it has.
fn end_of(state: &FileState) -> Option<&'static str> {
    match state.status {
        Status::Delivered => Some("delivered"),
        Status::Withdrawn => Some("withdrawn"),
        _ if state.is_refused() => Some("refused"),
        _ => None,
    }
}

/// Once a file has ended, it has ended so for good. (An applicant may withdraw a file that was refused.)
fn one_end(life: &Life) -> Result<(), String> {
    let (mut state, mut end): (Option<FileState>, Option<&str>) = (None, None);
    let (mut deliveries, mut decisions) = (0, 0);
    for event in &life.events {
        state = evolve(state, event);
        let now = state.as_ref().and_then(end_of);
        deliveries += u32::from(matches!(event, Event::Delivered { .. }));
        decisions += u32::from(matches!(event, Event::DecisionRecorded { .. }));
        if deliveries > 1 || decisions > 1 || end.is_some_and(|end| Some(end) != now && end != "refused") {
            return Err(format!("two ends: {end:?}, then {now:?} by {event:?}"));
        }
        end = now;
    }
    Ok(())
}

/// A consultation that is open, in a file that runs, has a timer that looks after it.
fn stuck(life: &Life) -> Result<(), String> {
    let state = &life.state;
    let stuck = state.consultations.iter().find(|(id, c)| {
        let woken = life.timers_left.iter().any(|key| key.ends_with(&id.to_string()));
        !c.status.is_closed() && !woken && state.awaits_decision()
    });
    match stuck {
        Some((id, _)) if !state.awaiting_redeposit && state.dates.due.is_some() => {
            Err(format!("a file that nothing wakes: consultation {id}"))
        }
        _ => Ok(()),
    }
}
