//! Silence is approval (law 12-90 as amended by 66-12, law 55-19): the limit of a listed act passes without a
//! decision. What the applicant, the wali and a late decision then do stands in [`super::decision`].
//!
//! - The caller has seen that all that was sent before the limit has been read (a marker came back through the
//!   queues). What remains is what was read and not dealt with: a message that is set aside, an attempt of which
//!   nothing is known. While one waits, the right waits, with a bound.
//! - The bound is there because the applicant has the right by law: the gateway records it, it does not give it.
//!   What still waits is then named in the event, and the decision that may come to light falls under the rule
//!   of decisions that are reported late.

use jiff::{SignedDuration, Timestamp};

use super::decide::Decider;
use super::state::{Hold, HoldReason};
use super::{Event, FileState};
use crate::policy::Policy;

impl Decider<'_> {
    /// Exactly when, exactly once, and never for an act whose silence is not approval.
    pub(super) fn silence(&mut self, set_aside: bool) {
        let Some(state) = self.before else { return };
        let Some(acquired_at) = state.dates.right_acquired_at else { return };
        let at = self.now();
        if !state.dates.silence_is_approval || !state.awaits_decision() || at < acquired_at {
            return;
        }
        let waits = match set_aside {
            true => Some(HoldReason::SetAside),
            false => state.has_open_attempt().then_some(HoldReason::OpenAttempt),
        };
        let event = match waits {
            Some(reason) if !is_over(state.hold.as_ref(), at, self.context.policy) => {
                let look_again_at = next_look(state.hold.as_ref(), at, self.context.policy);
                Event::SilenceHeld { reason, look_again_at, at }
            }
            despite => Event::RightAcquired { acquired_at, at, despite },
        };
        self.emit(event);
    }
}

impl FileState {
    /// A request to an agency is on its way, and nothing is known of it.
    #[must_use]
    pub fn has_open_attempt(&self) -> bool {
        self.present().any(|(_, c)| c.dispatch.in_flight && !c.status.is_closed())
    }
}

fn is_over(hold: Option<&Hold>, now: Timestamp, policy: &Policy) -> bool {
    hold.is_some_and(|hold| now >= plus(hold.since, policy.silence_wait_max_ms))
}

/// The pause doubles with each look; the last look is at the bound.
fn next_look(hold: Option<&Hold>, now: Timestamp, policy: &Policy) -> Timestamp {
    let looks = hold.map_or(0, |hold| hold.looks);
    let pause = policy.silence_look_initial_ms.saturating_mul(1_u64 << looks.min(32));
    let since = hold.map_or(now, |hold| hold.since);
    plus(now, pause.min(policy.silence_look_max_ms)).min(plus(since, policy.silence_wait_max_ms))
}

fn plus(at: Timestamp, ms: u64) -> Timestamp {
    at.saturating_add(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
