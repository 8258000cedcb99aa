//! The right by silence: acquired exactly when it is due, exactly once, only where silence is approval, and surely
//! when nothing was decided.

use jiff::Timestamp;
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState};

use crate::life::Life;

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
            if *at != *acquired_at && *at != moved && before.hold.is_none() {
                return Err(format!("right recorded late: due {acquired_at}, recorded {at}"));
            }
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
