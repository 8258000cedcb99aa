//! How fast an agency is called: so many requests in a second, spread out, with room for one second's worth at once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Hands out the moments at which requests may begin (generic cell rate algorithm).
#[derive(Debug)]
pub(super) struct Pace {
    between: Duration,
    burst: Duration,
    /// When the next request would begin if requests came evenly.
    even: Mutex<Option<Instant>>,
}

impl Pace {
    /// `requests_per_s_max` requests a second.
    pub(super) fn new(requests_per_s_max: u64) -> Self {
        let between = Duration::from_secs(1) / u32::try_from(requests_per_s_max.max(1)).unwrap_or(u32::MAX);
        Self { between, burst: Duration::from_secs(1), even: Mutex::new(None) }
    }

    /// Waits for this request's moment. Those who wait go in the order in which they came.
    pub(super) async fn turn(&self) {
        let moment = self.reserve(Instant::now());
        tokio::time::sleep_until(moment).await;
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = even.map_or(now, |even| even.max(now));
        *even = Some(mine + self.between);
        // What lies within the burst may begin at once.
        mine.checked_sub(self.burst.saturating_sub(self.between)).map_or(now, |early| early.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_second_s_worth_goes_at_once_and_the_rest_evenly() {
        let (pace, begin) = (Pace::new(10), Instant::now());
        for _ in 0..10 {
            pace.turn().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            pace.turn().await;
        }
        assert_eq!(begin.elapsed().as_millis(), 2000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_fills_the_room_again_but_never_more_than_it() {
        let pace = Pace::new(10);
        for _ in 0..10 {
            pace.turn().await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let begin = Instant::now();
        for _ in 0..11 {
            pace.turn().await;
        }
        assert_eq!(begin.elapsed().as_millis(), 100);
    }
}
