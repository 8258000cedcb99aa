//! Reads the queues of an agency: takes a message, has it answered, publishes the answer with a confirm, acknowledges.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasl_adapters::crash_point;

use super::breaker::Turn;
use super::{Desk, call};
use crate::broker::reconnect::Pauses;
use crate::broker::{
    BatchConsumer, BrokerError, Delivery, Outgoing, PublishOutcome, Publisher, Session, Settler,
};

/// Reads queues of an agency on one connection.
pub(super) struct Reader<'a> {
    pub(super) desk: &'a Desk,
    pub(super) session: &'a Session,
    pub(super) publisher: &'a Arc<Publisher>,
    /// Something on the connection has failed: everything on it ends.
    pub(super) broken: CancellationToken,
}

impl Reader<'_> {
    /// Works off a queue, at most so many messages at a time, and ends cleanly: nothing more is taken, what is under
    /// way ends, within the bound of the session.
    pub(super) async fn read(&self, queue: String, most: usize) -> Result<(), BrokerError> {
        let most = most.max(1);
        let prefetch = u16::try_from(most * 2).unwrap_or(u16::MAX);
        let opened = BatchConsumer::open_with(self.session, &queue, prefetch, most).await;
        // Whatever ends here ends for the other queue, too.
        let _end = self.broken.clone().drop_guard();
        let mut consumer = opened?;
        let tasks = TaskTracker::new();
        let ended = self.take(&mut consumer, most, &tasks).await;
        self.broken.cancel();
        let _ = consumer.stop().await;
        tasks.close();
        let limit = Duration::from_millis(self.session.settings.teardown_timeout_ms);
        if tokio::time::timeout(limit, tasks.wait()).await.is_err() {
            tracing::warn!(queue, "calls under way are left; they will be delivered again");
        }
        ended
    }

    async fn take(
        &self,
        consumer: &mut BatchConsumer,
        most: usize,
        tasks: &TaskTracker,
    ) -> Result<(), BrokerError> {
        let (settler, places) = (consumer.settler(), Arc::new(Semaphore::new(most)));
        loop {
            // First the message, then the turn: a queue that is empty must not keep the turn of one that is not.
            let next = async {
                let place = places.clone().acquire_owned().await.map_err(|_| BrokerError::Closed)?;
                let delivery = consumer.next_delivery().await?;
                Ok::<_, BrokerError>((place, delivery, self.desk.breaker.turn().await))
            };
            let (place, delivery, turn) = tokio::select! {
                biased;
                () = self.session.cancel.cancelled() => return Ok(()),
                () = self.broken.cancelled() => return Err(fault(self.publisher)),
                next = next => next?,
            };
            let (desk, publisher, settler) = (self.desk.clone(), self.publisher.clone(), settler.clone());
            let broken = self.broken.clone();
            tasks.spawn(async move {
                if one(&desk, &publisher, &settler, delivery, turn).await.is_err() {
                    broken.cancel();
                }
                drop(place);
            });
        }
    }
}

/// Why the session has ended, as far as its publisher knows.
fn fault(publisher: &Publisher) -> BrokerError {
    publisher.ensure_usable().err().unwrap_or(BrokerError::Closed)
}

/// One delivery: call, publish with a confirm, acknowledge. Without a confirm it is not acknowledged.
async fn one(
    desk: &Desk,
    publisher: &Publisher,
    settler: &Settler,
    delivery: Delivery,
    turn: Turn,
) -> Result<(), BrokerError> {
    let tag = delivery.tag;
    let answered = call::answer(desk, &delivery).await;
    turn.done(answered.reached);
    crash_point!(answered.feed => "feed.called", "request.called");
    let Some(answer) = answered.message else {
        // Not a message of ours: the broker dead-letters it and the core sets it aside.
        return settler.reject(tag).await;
    };
    if !tell(desk, publisher, answer).await? {
        // It fits into no message: an operator must look at it.
        return settler.reject(tag).await;
    }
    crash_point!(answered.feed => "feed.answered", "request.answered");
    settler.ack(tag).await?;
    crash_point!(answered.feed => "feed.acknowledged", "request.acknowledged");
    Ok(())
}

/// Publishes an outcome until the broker has it. A queue of answers that is full or missing holds up this place and
/// nothing else: the agency has answered, and it is not called again for want of a place to write that down. False
/// when it can never be sent.
async fn tell(desk: &Desk, publisher: &Publisher, answer: Outgoing) -> Result<bool, BrokerError> {
    let broker = &desk.context.settings.broker;
    let millis = Duration::from_millis;
    let mut pauses = Pauses::new(millis(broker.reconnect_min_ms), millis(broker.reconnect_max_ms));
    loop {
        let outcome = publisher.publish(answer.clone()).await;
        publisher.ensure_usable()?;
        match outcome {
            PublishOutcome::Confirmed => return Ok(true),
            PublishOutcome::Unsendable(reason) => {
                tracing::error!(agency = %desk.kind, reason, "an outcome cannot be sent");
                return Ok(false);
            }
            other => {
                tracing::warn!(agency = %desk.kind, outcome = other.key(), "an outcome was not confirmed");
            }
        }
        if !pauses.pause(&desk.context.cancel).await {
            return Err(BrokerError::Closed);
        }
    }
}
