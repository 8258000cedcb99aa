//! Who speaks goes before who asks for more to say: while the publisher is behind, or answers of agencies have piled up,
//! `intake` waits a little, and then takes few. So a backlog is worked off at the pace at which its answers come in and go
//! out, with little in memory, and what an agency answers meanwhile does not stand behind thousands of registrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::store::outbox::OutboxRow;

/// Batches of committed messages that may wait for the publisher while more is taken in.
const BATCHES_FEW: usize = 2;
/// However far behind it is (the broker takes nothing, say), something is taken in so often.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// So few then: a whole batch each second is about what two processors carry, and the answers would pile up further.
const FEW_MESSAGES: usize = 16;

/// How far the publisher and the answers are. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    sweeping: Arc<AtomicBool>,
    answers_piled: Arc<AtomicBool>,
    moved: Arc<Notify>,
}

impl Pace {
    /// The publisher begins (or has ended) to work off what waits in the database.
    pub(super) fn sweeps(&self, sweeping: bool) {
        self.sweeping.store(sweeping, Ordering::Release);
        self.moved.notify_waiters();
    }

    /// So many answers wait for the next batch, of so many that it takes: more than half of them has piled up.
    pub(super) fn answers_wait(&self, count: usize, batch_messages_max: usize) {
        let piled = count > batch_messages_max / 2;
        if self.answers_piled.swap(piled, Ordering::AcqRel) && !piled {
            self.moved.notify_waiters();
        }
    }

    /// Waits, at most [`WAIT_MAX`], until the publisher has little left to say and no answers have piled up; how many
    /// messages may then be taken in together. May be dropped at any time.
    pub(super) async fn few_left(&self, outbox: &mpsc::Sender<Vec<OutboxRow>>) -> usize {
        let limit = Instant::now() + WAIT_MAX;
        loop {
            let moved = self.moved.notified();
            let waiting = outbox.max_capacity() - outbox.capacity();
            let behind = self.sweeping.load(Ordering::Acquire) || self.answers_piled.load(Ordering::Acquire);
            if waiting <= BATCHES_FEW && !behind {
                return usize::MAX;
            }
            if timeout_at(limit, moved).await.is_err() {
                return FEW_MESSAGES;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn intake_waits_for_a_publisher_that_is_behind_but_not_for_ever() {
        let (outbox, mut fresh) = mpsc::channel(8);
        let pace = Pace::default();
        let begin = Instant::now();
        for _ in 0..=BATCHES_FEW {
            assert_eq!(pace.few_left(&outbox).await, usize::MAX);
            outbox.try_send(Vec::new()).unwrap();
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        let waiting = tokio::spawn({
            let (pace, outbox) = (pace.clone(), outbox.clone());
            async move { pace.few_left(&outbox).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "three batches are too many");
        fresh.recv().await.unwrap();
        pace.sweeps(false);
        assert_eq!(waiting.await.unwrap(), usize::MAX);
        assert_eq!(begin.elapsed(), Duration::ZERO);
        pace.sweeps(true);
        assert_eq!(pace.few_left(&outbox).await, FEW_MESSAGES);
        assert_eq!(begin.elapsed(), WAIT_MAX);
        pace.sweeps(false);
        pace.answers_wait(129, 256);
        assert_eq!(pace.few_left(&outbox).await, FEW_MESSAGES);
        assert_eq!(begin.elapsed(), 2 * WAIT_MAX);
        pace.answers_wait(128, 256);
        assert_eq!(pace.few_left(&outbox).await, usize::MAX);
        assert_eq!(begin.elapsed(), 2 * WAIT_MAX);
    }
}
