//! The right by silence: acquired exactly when it is due, exactly once, only where silence is approval, and surely
//! when nothing was decided.

use jiff::Timestamp;
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState};

use crate::life::Life;

/// When a commune did what ends the clock.
fn own_time(event: &Event) -> Option<Timestamp> {
    match event {
        Event::DecisionRecorded { decision, .. } => Some(decision.decided_at),
        Event::Withdrawn { withdrawn_at, .. } => Some(*withdrawn_at),
        Event::ModificationRequested { requested_at, .. } => Some(*requested_at),
        _ => None,
    }
}

pub(super) fn judge(life: &Life) -> Result<(), String> {
    let mut state: Option<FileState> = None;
    let mut acquired = 0;
    // The last instant at which the dates moved: a right that lies before it could not be seen in time.
    let mut moved = Timestamp::MIN;
    for event in &life.events {
        if let (Event::RightAcquired { acquired_at, at, .. }, Some(before)) = (event, &state) {
            acquired += 1;
            if acquired > 1 {
                return Err("right acquired twice".into());
            }
            if at < acquired_at {
                return Err("right acquired early".into());
            }
            if before.dates.right_acquired_at != Some(*acquired_at) || !before.dates.silence_is_approval {
                return Err("right acquired against the dates".into());
            }
            if before.decision.is_some() {
                return Err("right acquired after a decision".into());
            }
            let prompt = *at == *acquired_at || *at == moved || life.is_back(*at);
            if !prompt && before.hold.is_none() {
                return Err(format!("right recorded late: due {acquired_at}, recorded {at}"));
            }
        }
        if let (Some(time), Some(before)) = (own_time(event), &state)
            && before.awaits_decision()
            && before.dates.silence_is_approval
            && before.dates.right_acquired_at.is_some_and(|right| right <= time)
        {
            return Err(format!("right taken away by what came after it: {event:?}"));
        }
        if let Event::ClockMoved { at, .. } | Event::Redeposited { at, .. } | Event::Registered { at, .. } =
            event
        {
            moved = *at;
        }
        state = evolve(state, event);
    }
    let last = state.ok_or("no state")?;
    let due = last.dates.right_acquired_at.filter(|_| last.dates.silence_is_approval);
    match due {
        Some(at) if last.awaits_decision() && last.hold.is_none() && at < life.end => {
            Err(format!("right lost: due {at}"))
        }
        _ => Ok(()),
    }
}
