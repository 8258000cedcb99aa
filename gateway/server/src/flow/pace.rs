//! Who speaks goes before who asks for more to say: while the publisher is behind, or answers of agencies have piled up,
//! `intake` waits a little, and then takes few. So a backlog is worked off at the pace at which its answers come in and go
//! out, with little in memory, and what an agency answers meanwhile does not stand behind thousands of registrations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout_at};
use wasl_schemas::wire;

use crate::store::outbox::OutboxRow;

/// Batches of committed messages that may wait for the publisher while more is taken in.
const BATCHES_FEW: usize = 2;
/// However far behind it is (the broker takes nothing, say), something is taken in so often.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// So few then: a whole batch each second is about what two processors carry, and the answers would pile up further.
const FEW_MESSAGES: usize = 16;

/// What agencies say comes on these.
const QUEUES: [&str; 2] = [wire::QUEUE_ANSWERS, wire::QUEUE_CALLBACKS];

/// How far the publisher and the answers are. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    sweeping: Arc<AtomicBool>,
    /// A bit for each queue of [`QUEUES`].
    answers_piled: Arc<AtomicU8>,
    moved: Arc<Notify>,
}

impl Pace {
    /// The publisher begins (or has ended) to work off what waits in the database.
    pub(super) fn sweeps(&self, sweeping: bool) {
        self.sweeping.store(sweeping, Ordering::Release);
        self.moved.notify_waiters();
    }

    /// So many answers wait in a queue for the next batch, of so many that it takes: more than half of them has piled up.
    pub(super) fn answers_wait(&self, queue: &str, count: usize, batch_messages_max: usize) {
        let Some(bit) = QUEUES.iter().position(|name| *name == queue).map(|place| 1_u8 << place) else {
            return;
        };
        if count > batch_messages_max / 2 {
            self.answers_piled.fetch_or(bit, Ordering::AcqRel);
        } else if self.answers_piled.fetch_and(!bit, Ordering::AcqRel) == bit {
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
            let behind =
                self.sweeping.load(Ordering::Acquire) || self.answers_piled.load(Ordering::Acquire) != 0;
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
        pace.answers_wait("answers", 129, 256);
        assert_eq!(pace.few_left(&outbox).await, FEW_MESSAGES);
        assert_eq!(begin.elapsed(), 2 * WAIT_MAX);
        pace.answers_wait("answers.urgent", 129, 256);
        pace.answers_wait("answers", 128, 256);
        assert_eq!(pace.few_left(&outbox).await, FEW_MESSAGES);
        assert_eq!(begin.elapsed(), 3 * WAIT_MAX, "callbacks have piled up still");
        pace.answers_wait("intake.urgent", 200, 256);
        pace.answers_wait("answers.urgent", 0, 256);
        assert_eq!(pace.few_left(&outbox).await, usize::MAX);
        assert_eq!(begin.elapsed(), 3 * WAIT_MAX);
    }
}
