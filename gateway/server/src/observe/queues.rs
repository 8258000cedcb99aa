//! How old the oldest message of a queue can be. A broker tells how many messages wait, never since when. But a queue
//! keeps its order: whatever waits came after the queue was last seen empty.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Since when queues have not been seen empty; clones share it.
#[derive(Debug, Clone, Default)]
pub struct QueueAges {
    filled_since: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl QueueAges {
    /// Takes what was counted in a queue at a moment.
    pub fn saw(&self, queue: &str, messages: u32, at: Instant) {
        let mut filled = self.lock();
        if messages == 0 {
            filled.remove(queue);
        } else if !filled.contains_key(queue) {
            filled.insert(queue.to_owned(), at);
        }
    }

    /// How long each queue has not been empty: an upper bound for the age of its oldest message. Of what waited before
    /// the first look nothing is known, so after a change of the lead an age begins anew.
    #[must_use]
    pub fn ages(&self, now: Instant) -> BTreeMap<String, Duration> {
        let age =
            |(queue, since): (&String, &Instant)| (queue.clone(), now.saturating_duration_since(*since));
        self.lock().iter().map(age).collect()
    }

    /// A queue has not been seen empty for so long: what was sent to it before may still wait there.
    #[must_use]
    pub fn is_behind(&self, queue: &str, at_least: Duration, now: Instant) -> bool {
        let since = self.lock().get(queue).copied();
        since.is_some_and(|since| now.saturating_duration_since(since) >= at_least)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.filled_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_was_seen_empty_is_young_again() {
        let (ages, start) = (QueueAges::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        ages.saw("answers", 3, at(0));
        ages.saw("answers", 1, at(10));
        ages.saw("intake", 0, at(10));
        assert_eq!(ages.ages(at(20)), BTreeMap::from([("answers".to_owned(), Duration::from_secs(20))]));
        let behind = |seconds, now| ages.is_behind("answers", Duration::from_secs(seconds), at(now));
        assert!(behind(20, 20) && !behind(21, 20));
        assert!(!ages.is_behind("intake", Duration::ZERO, at(20)));
        ages.saw("answers", 0, at(30));
        ages.saw("answers", 5, at(40));
        assert_eq!(ages.ages(at(41))["answers"], Duration::from_secs(1));
    }
}
