//! Taking deliveries in batches, and settling them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use wasl_adapters::planted;

use super::connection::Session;
use super::error::BrokerError;
use super::headers::{as_text, short};
use super::topology::verify::missing;

/// A message as it came, with all that is needed to judge it or to set it aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The delivery's number on its channel.
    pub tag: u64,
    /// Body. It may be larger than `message_bytes_max`: whoever reads it must look.
    pub body: Bytes,
    /// Media type.
    pub content_type: Option<String>,
    /// Encoding of the body, e.g. `gzip`.
    pub content_encoding: Option<String>,
    /// The sender's id of the message.
    pub message_id: Option<String>,
    /// Joins all messages of one file.
    pub correlation_id: Option<String>,
    /// The user that published it, as the broker has checked.
    pub user_id: Option<String>,
    /// Exchange to which it was published.
    pub exchange: String,
    /// Routing key with which it was published.
    pub routing_key: String,
    /// It was delivered before, to somebody who did not settle it.
    pub redelivered: bool,
    /// Headers as text; nested ones as JSON.
    pub headers: Vec<(String, String)>,
}

impl Delivery {
    fn new(raw: lapin::message::Delivery) -> Self {
        let text = |value: &Option<lapin::types::ShortString>| value.as_ref().map(ToString::to_string);
        let properties = &raw.properties;
        Self {
            tag: raw.delivery_tag,
            content_type: text(properties.content_type()),
            content_encoding: text(properties.content_encoding()),
            message_id: text(properties.message_id()),
            correlation_id: text(properties.correlation_id()),
            user_id: text(properties.user_id()),
            exchange: raw.exchange.to_string(),
            routing_key: raw.routing_key.to_string(),
            redelivered: raw.redelivered,
            headers: properties.headers().as_ref().map(as_text).unwrap_or_default(),
            body: raw.data.into(),
        }
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Deliveries that are worked off together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which they came; at least one.
    pub deliveries: Vec<Delivery>,
}

/// Takes batches from one queue on a channel of its own.
#[derive(Debug)]
pub struct BatchConsumer {
    queue: String,
    stream: Consumer,
    settler: Settler,
    /// Taken from the stream, not handed out yet: nothing is lost when `next_batch` is dropped half-way.
    taken: VecDeque<Delivery>,
    previous_count: usize,
    batch_messages_max: usize,
    linger: std::time::Duration,
}

impl BatchConsumer {
    /// Consumes `queue` with the settings' `prefetch_count` and `batch_messages_max`.
    ///
    /// # Errors
    /// The queue is missing, or the user may not read it.
    pub async fn open(session: &Session, queue: &str) -> Result<Self, BrokerError> {
        Self::open_with(session, queue, session.settings.prefetch_count, session.settings.batch_messages_max)
            .await
    }

    /// Consumes `queue` with these limits.
    ///
    /// # Errors
    /// As [`BatchConsumer::open`].
    pub async fn open_with(
        session: &Session,
        queue: &str,
        prefetch_count: u16,
        batch_messages_max: usize,
    ) -> Result<Self, BrokerError> {
        let channel = session.channel().await?;
        let prefetch_count = if planted!("unbounded-buffer") { 0 } else { prefetch_count };
        channel.basic_qos(prefetch_count, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let stream = channel.basic_consume(short(queue)?, "".into(), options, FieldTable::default()).await;
        let stream = stream.map_err(|error| missing("queue", queue, &error))?;
        Ok(Self {
            queue: queue.to_owned(),
            stream,
            settler: Settler { channel, open: Arc::default() },
            taken: VecDeque::new(),
            previous_count: 0,
            batch_messages_max: batch_messages_max.max(1),
            linger: session.settings.batch_linger(),
        })
    }

    /// Waits for a delivery and takes with it what is there, at most `count_max` and `batch_messages_max`. While traffic is
    /// moderate (the batch before held several but was not full) it waits up to `batch_linger_ms` for more. May be dropped
    /// at any time.
    ///
    /// # Errors
    /// The consumer was ended by the broker, or the connection has a fault.
    pub async fn next_batch(&mut self, count_max: usize) -> Result<Batch, BrokerError> {
        let count_max = count_max.clamp(1, self.batch_messages_max);
        if self.taken.is_empty() {
            let first = self.stream.next().await;
            self.take(first)?;
        }
        self.take_ready()?;
        let moderate = (2..count_max).contains(&self.previous_count.max(self.taken.len()));
        if moderate && !self.linger.is_zero() {
            let limit = Instant::now() + self.linger;
            while self.taken.len() < count_max {
                let Ok(next) = timeout_at(limit, self.stream.next()).await else { break };
                self.take(next)?;
            }
        }
        // The lock first: between taking out and noting there is no point at which this can be dropped.
        let mut open = self.settler.open.lock().await;
        let count = self.taken.len().min(count_max);
        self.previous_count = count;
        let deliveries: Vec<Delivery> = self.taken.drain(..count).collect();
        open.extend(deliveries.iter().map(|delivery| delivery.tag));
        Ok(Batch { deliveries })
    }

    /// How many deliveries are here already, at most a batch of them.
    ///
    /// # Errors
    /// As [`BatchConsumer::next_batch`].
    pub fn ready(&mut self) -> Result<usize, BrokerError> {
        self.take_ready()?;
        Ok(self.taken.len())
    }

    /// Waits for one delivery.
    ///
    /// # Errors
    /// As [`BatchConsumer::next_batch`].
    pub async fn next_delivery(&mut self) -> Result<Delivery, BrokerError> {
        if self.taken.is_empty() {
            let next = self.stream.next().await;
            self.take(next)?;
        }
        let mut open = self.settler.open.lock().await;
        let delivery =
            self.taken.pop_front().ok_or_else(|| BrokerError::ConsumerEnded(self.queue.clone()))?;
        open.insert(delivery.tag);
        Ok(delivery)
    }

    /// Settles deliveries of this consumer, also from other tasks.
    #[must_use]
    pub fn settler(&self) -> Settler {
        self.settler.clone()
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Stops taking: the broker sends nothing more. What is under way can still be settled.
    ///
    /// # Errors
    /// The connection has a fault.
    pub async fn stop(&mut self) -> Result<(), BrokerError> {
        let tag = self.stream.tag();
        Ok(self.settler.channel.basic_cancel(tag, BasicCancelOptions::default()).await?)
    }

    /// Stops taking, and gives back to the queue whatever was not settled.
    ///
    /// # Errors
    /// The connection has a fault; then everything is given back anyway.
    pub async fn close(self) -> Result<(), BrokerError> {
        Ok(self.settler.channel.close(200, "".into()).await?)
    }

    fn take_ready(&mut self) -> Result<(), BrokerError> {
        while self.taken.len() < self.batch_messages_max {
            let Some(next) = self.stream.next().now_or_never() else { break };
            self.take(next)?;
        }
        Ok(())
    }

    fn take(&mut self, next: Option<lapin::Result<lapin::message::Delivery>>) -> Result<(), BrokerError> {
        match next {
            Some(Ok(raw)) => {
                self.taken.push_back(Delivery::new(raw));
                Ok(())
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(BrokerError::ConsumerEnded(self.queue.clone())),
        }
    }
}

/// Settles deliveries of one consumer. Clones share what is open.
#[derive(Debug, Clone)]
pub struct Settler {
    channel: Channel,
    /// Tags that were handed out and are not settled. The lock is held while a frame is handed over, so that
    /// an acknowledgement of many never overtakes one of a single delivery below it.
    open: Arc<Mutex<BTreeSet<u64>>>,
}

impl Settler {
    /// Acknowledges all deliveries of the batch that are still open: with one frame when everything below is
    /// settled too, else one by one.
    ///
    /// # Errors
    /// The connection has a fault; the deliveries will come again.
    pub async fn ack_all(&self, batch: &Batch) -> Result<(), BrokerError> {
        let mut open = self.open.lock().await;
        let tags: BTreeSet<u64> =
            batch.deliveries.iter().map(|d| d.tag).filter(|tag| open.contains(tag)).collect();
        let Some(&highest) = tags.last() else { return Ok(()) };
        if open.range(..=highest).all(|tag| tags.contains(tag)) {
            self.channel.basic_ack(highest, BasicAckOptions { multiple: true }).await?;
        } else {
            for tag in &tags {
                self.channel.basic_ack(*tag, BasicAckOptions { multiple: false }).await?;
            }
        }
        open.retain(|tag| !tags.contains(tag));
        Ok(())
    }

    /// Acknowledges one delivery. Nothing happens when it is settled already.
    ///
    /// # Errors
    /// The connection has a fault; the delivery will come again.
    pub async fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        self.one(tag, self.channel.basic_ack(tag, BasicAckOptions { multiple: false })).await
    }

    /// Refuses one delivery for good: the broker dead-letters it.
    ///
    /// # Errors
    /// The connection has a fault; the delivery will come again.
    pub async fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.one(tag, self.channel.basic_reject(tag, BasicRejectOptions { requeue: false })).await
    }

    /// Hands a frame over under the lock, by its first poll; the others need not wait until it is written.
    async fn one(
        &self,
        tag: u64,
        frame: impl Future<Output = lapin::Result<()>> + Send,
    ) -> Result<(), BrokerError> {
        let mut frame = Box::pin(frame);
        {
            let mut open = self.open.lock().await;
            if !open.remove(&tag) {
                return Ok(());
            }
            if let Poll::Ready(done) = futures_util::poll!(&mut frame) {
                return Ok(done?);
            }
        }
        Ok(frame.await?)
    }

    /// How many deliveries are under way.
    pub async fn open_count(&self) -> usize {
        self.open.lock().await.len()
    }
}
