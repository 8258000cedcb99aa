//! Circuit breaker: an agency that does not answer is left alone. Open, it pauses the queue: nothing is taken from it,
//! so no attempt is burnt and nothing is given back to the broker. After the pause one message probes; what comes of
//! it closes the breaker or opens it again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use wasl_schemas::line::BreakerState;

use crate::config::Adapter as Settings;

/// The breaker of one agency.
#[derive(Debug)]
pub(super) struct Breaker {
    failures_max: u32,
    open_for: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Failures in a row so far.
    Closed { failures: u32 },
    /// Nothing is taken until then.
    Open { until: Instant },
    /// One message is under way; all others wait for what comes of it.
    Probing,
}

/// The right to take one message. Given back without a word (the connection broke first), a probe may be made anew.
#[derive(Debug)]
pub(super) struct Turn {
    breaker: Arc<Breaker>,
    probes: bool,
    told: bool,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            failures_max: settings.breaker_failures_max.max(1),
            open_for: Duration::from_millis(settings.breaker_open_ms),
            state: Mutex::new(State::Closed { failures: 0 }),
            changed: Notify::new(),
        }
    }

    /// Waits until a message may be taken. May be dropped at any time.
    pub(super) async fn turn(self: &Arc<Self>) -> Turn {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Listens from here on, so that nothing that happens before the wait is missed.
            changed.as_mut().enable();
            match self.look(Instant::now()) {
                Ok(probes) => return Turn { breaker: Arc::clone(self), probes, told: false },
                Err(Some(until)) => {
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(until) => {}
                    }
                }
                Err(None) => changed.await,
            }
        }
    }

    /// Whether a message may be taken now, and as a probe; else until when to wait, if that is known.
    fn look(&self, now: Instant) -> Result<bool, Option<Instant>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed { .. } => Ok(false),
            State::Open { until } if until > now => Err(Some(until)),
            State::Open { .. } => {
                *state = State::Probing;
                Ok(true)
            }
            State::Probing => Err(None),
        }
    }

    /// What is shown of it: a probe under way is an open breaker still.
    pub(super) fn shown(&self) -> BreakerState {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } | State::Probing => BreakerState::Open,
        }
    }

    fn note(&self, reached: bool, probes: bool) {
        let until = Instant::now() + self.open_for;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match (*state, reached) {
            (State::Closed { failures }, false) if failures + 1 >= self.failures_max => State::Open { until },
            (State::Closed { failures }, false) => State::Closed { failures: failures + 1 },
            (State::Closed { .. }, true) => State::Closed { failures: 0 },
            // An answer is an answer, also one that was asked for before the breaker opened.
            (State::Open { .. } | State::Probing, true) => State::Closed { failures: 0 },
            (State::Probing, false) if probes => State::Open { until },
            (state, false) => state,
        };
        drop(state);
        self.changed.notify_waiters();
    }
}

impl Turn {
    /// Tells what came of the message: whether the agency was reached and answered.
    pub(super) fn done(mut self, reached: bool) {
        self.told = true;
        self.breaker.note(reached, self.probes);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.probes && !self.told {
            let mut state = self.breaker.state.lock().unwrap_or_else(PoisonError::into_inner);
            if *state == State::Probing {
                *state = State::Open { until: Instant::now() };
            }
            drop(state);
            self.breaker.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    fn breaker() -> Arc<Breaker> {
        Arc::new(Breaker {
            failures_max: 2,
            open_for: PAUSE,
            state: Mutex::new(State::Closed { failures: 0 }),
            changed: Notify::new(),
        })
    }

    async fn opened() -> Arc<Breaker> {
        let breaker = breaker();
        breaker.turn().await.done(false);
        breaker.turn().await.done(false);
        assert_eq!(breaker.shown(), BreakerState::Open);
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_not_before() {
        let breaker = breaker();
        for _ in 0..10 {
            breaker.turn().await.done(false);
            breaker.turn().await.done(true);
        }
        assert_eq!(breaker.shown(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn open_it_pauses_and_then_lets_one_message_through() {
        let breaker = opened().await;
        let begin = Instant::now();
        let probe = breaker.turn().await;
        assert_eq!(begin.elapsed(), PAUSE);
        tokio::time::advance(PAUSE * 100).await;
        assert!(breaker.turn().now_or_never().is_none(), "nobody beside the probe");
        probe.done(false);
        assert!(breaker.turn().now_or_never().is_none(), "a probe that fails opens it again");
        breaker.turn().await.done(true);
        assert_eq!(breaker.shown(), BreakerState::Closed);
        assert!(breaker.turn().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_go_on_at_once_when_the_probe_is_answered() {
        let breaker = opened().await;
        let probe = breaker.turn().await;
        let waiting = tokio::spawn({
            let breaker = Arc::clone(&breaker);
            async move { breaker.turn().await.done(true) }
        });
        tokio::task::yield_now().await;
        let begin = Instant::now();
        probe.done(true);
        waiting.await.unwrap();
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_lost_with_its_connection_is_made_anew() {
        let breaker = opened().await;
        drop(breaker.turn().await);
        assert!(breaker.turn().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_what_was_asked_before_closes_it() {
        let breaker = breaker();
        let early = breaker.turn().await;
        breaker.turn().await.done(false);
        breaker.turn().await.done(false);
        early.done(true);
        assert!(breaker.turn().now_or_never().is_some());
    }
}
