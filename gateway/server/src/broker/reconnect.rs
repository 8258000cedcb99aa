//! Pauses between tries to reconnect. The only module that uses the crate `backoff`: it is unmaintained, and
//! is asked for by name by those who commissioned this. Retries that must survive a restart are timers in the
//! database, never this.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use tokio_util::sync::CancellationToken;

/// Pauses that double with chance in them, from a first length to a longest one, without end.
#[derive(Debug)]
pub struct Pauses {
    inner: ExponentialBackoff,
}

impl Pauses {
    /// Pauses between `min` and `max`, both give or take a third.
    #[must_use]
    pub fn new(min: Duration, max: Duration) -> Self {
        let inner = ExponentialBackoff {
            current_interval: min,
            initial_interval: min,
            randomization_factor: 0.33,
            multiplier: 2.0,
            max_interval: max,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        Self { inner }
    }

    /// Waits for the next pause. False when it was cancelled meanwhile: then stop.
    pub async fn pause(&mut self, cancel: &CancellationToken) -> bool {
        let pause = self.inner.next_backoff().unwrap_or(self.inner.max_interval);
        tokio::select! {
            () = cancel.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// Starts from the first length again, after something worked.
    pub fn reset(&mut self) {
        self.inner.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_the_longest_and_never_end() {
        let mut pauses = Pauses::new(Duration::from_millis(100), Duration::from_millis(1000));
        let cancel = CancellationToken::new();
        let mut lengths = Vec::new();
        for _ in 0..50 {
            let begin = tokio::time::Instant::now();
            assert!(pauses.pause(&cancel).await);
            lengths.push(begin.elapsed().as_millis());
        }
        assert!(lengths[0] <= 134, "{lengths:?}");
        assert!(lengths[10..].iter().all(|ms| (660..=1340).contains(ms)), "{lengths:?}");
        pauses.reset();
        let begin = tokio::time::Instant::now();
        assert!(pauses.pause(&cancel).await);
        assert!(begin.elapsed().as_millis() <= 134);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_pause_ends_at_once() {
        let mut pauses = Pauses::new(Duration::from_secs(60), Duration::from_secs(60));
        let cancel = CancellationToken::new();
        cancel.cancel();
        let begin = tokio::time::Instant::now();
        assert!(!pauses.pause(&cancel).await);
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }
}
