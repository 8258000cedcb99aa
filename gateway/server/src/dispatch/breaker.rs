//! Circuit breaker: an agency that does not answer is left alone for a while. Open, it neither burns attempts nor
//! gives anything back to the broker: requests are answered "try later", and the core's schedule remembers them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasl_schemas::agency::Outcome;

use crate::config::Adapter as Settings;

/// The breaker of one agency.
#[derive(Debug)]
pub(super) struct Breaker {
    failures_max: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            failures_max: settings.breaker_failures_max.max(1),
            open_for: Duration::from_millis(settings.breaker_open_ms),
            state: Mutex::default(),
        }
    }

    /// Whether a call may be made now. After the pause exactly one call probes.
    ///
    /// # Errors
    /// How long it stays open.
    pub(super) fn admits(&self) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            Some(until) if until > Instant::now() => Err(until - Instant::now()),
            Some(_) => {
                state.open_until = Some(Instant::now() + self.open_for);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Learns from an outcome: only "not reached" counts as a failure.
    pub(super) fn note(&self, outcome: &Outcome) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(outcome, Outcome::TryLater { .. } | Outcome::InDoubt { .. }) {
            state.failures = state.failures.saturating_add(1);
            if state.failures >= self.failures_max && state.open_until.is_none() {
                state.open_until = Some(Instant::now() + self.open_for);
            }
        } else {
            *state = State::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker(open_ms: u64) -> Breaker {
        let settings = Settings {
            concurrency_max: 1,
            breaker_failures_max: 2,
            breaker_open_ms: open_ms,
            request_timeout_ms: 1,
        };
        Breaker::new(&settings)
    }

    fn failure() -> Outcome {
        Outcome::TryLater { reason: String::new(), retry_after_ms: None }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_on_success() {
        let breaker = breaker(60_000);
        breaker.note(&failure());
        assert!(breaker.admits().is_ok());
        breaker.note(&failure());
        assert!(breaker.admits().is_err());
        breaker.note(&Outcome::NotKnown);
        assert!(breaker.admits().is_ok());
    }

    #[test]
    fn after_the_pause_one_call_probes() {
        let breaker = breaker(0);
        breaker.note(&failure());
        breaker.note(&failure());
        assert!(breaker.admits().is_ok());
        let slow = Breaker { open_for: Duration::from_secs(60), ..breaker };
        assert!(slow.admits().is_ok(), "the probe");
        assert!(slow.admits().is_err(), "nobody else");
    }
}
