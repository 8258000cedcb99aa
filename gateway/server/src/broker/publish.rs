//! Publishing with pipelined confirms in a bounded window.
//!
//! Every publish is mandatory and persistent. Only an ack without a returned message is a success: the client
//! library also says "ack" of a message that no queue took.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::time::Instant;
use wasl_adapters::planted;

use super::connection::Session;
use super::error::BrokerError;
use super::flight::Flight;
use super::headers::{as_table, short};
use crate::observe::Metrics;

/// AMQP delivery mode 2: kept on disk.
const PERSISTENT: u8 = 2;

/// How often somebody who waits for a confirm looks whether the broker blocks the connection.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Exchange.
    pub exchange: String,
    /// Routing key, at most 255 bytes.
    pub routing_key: String,
    /// Its id: the same again when it is published again.
    pub message_id: String,
    /// Media type.
    pub content_type: String,
    /// Joins all messages of one file.
    pub correlation_id: Option<String>,
    /// Validated by the broker: must be the user of the connection.
    pub user_id: Option<String>,
    /// 0 to 9.
    pub priority: Option<u8>,
    /// Headers, in any order.
    pub headers: Vec<(String, String)>,
    /// Body, at most `message_bytes_max`.
    pub body: Bytes,
}

/// What became of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The broker has it safely in at least one queue.
    Confirmed,
    /// No queue takes it.
    Returned {
        /// AMQP reply code, 312 for "no route".
        code: u16,
        /// The broker's words.
        text: String,
    },
    /// The broker refuses it: a queue is full, or has a fault.
    Nacked,
    /// It was never handed over, because it cannot be: too big, or a name too long.
    Unsendable(String),
    /// It may or may not be there: no confirm in time, or the connection broke.
    Unknown,
}

impl PublishOutcome {
    /// The label of the metric.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Returned { .. } => "returned",
            Self::Nacked => "nacked",
            Self::Unsendable(_) => "unsendable",
            Self::Unknown => "unknown",
        }
    }
}

/// A channel of its own with confirms on.
#[derive(Debug)]
pub struct Publisher {
    channel: Channel,
    connection: Arc<Connection>,
    pub(super) window: usize,
    confirm_timeout: Duration,
    message_bytes_max: usize,
    silent: AtomicBool,
    /// When the broker was last seen to block the connection.
    blocked: Mutex<Instant>,
    pub(super) metrics: Metrics,
}

impl Publisher {
    /// Opens a channel and turns confirms on.
    ///
    /// # Errors
    /// The connection is gone or refuses a channel.
    pub async fn open(session: &Session) -> Result<Self, BrokerError> {
        let channel = session.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self {
            channel,
            connection: session.connection.clone(),
            window: session.settings.confirm_window_count,
            confirm_timeout: session.settings.confirm_timeout(),
            message_bytes_max: session.settings.message_bytes_max,
            silent: AtomicBool::new(false),
            blocked: Mutex::new(Instant::now()),
            metrics: session.metrics.clone(),
        })
    }

    /// Publishes one message and waits for what became of it.
    pub async fn publish(&self, message: Outgoing) -> PublishOutcome {
        self.publish_all(vec![message]).await.pop().unwrap_or(PublishOutcome::Unknown)
    }

    /// Publishes all, in order, at most `confirm_window_count` of them unconfirmed at a time. The outcomes
    /// stand in the order of the messages. Takes at most about twice `confirm_timeout_ms` when the broker
    /// falls silent: then the rest is not even tried, and is [`PublishOutcome::Unknown`]. A broker that says that
    /// it takes no messages (`connection.blocked`: memory or disk) is not silent: it is waited for.
    pub async fn publish_all(&self, messages: Vec<Outgoing>) -> Vec<PublishOutcome> {
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut flight = Flight::new(self);
        for message in messages {
            if flight.room() == 0 {
                outcomes.extend(flight.landed().await.into_iter().map(|((), outcome)| outcome));
            }
            flight.start((), message);
        }
        while !flight.is_empty() {
            outcomes.extend(flight.landed().await.into_iter().map(|((), outcome)| outcome));
        }
        outcomes
    }

    /// Says whether the channel can still be used: a fault on it ends the session.
    ///
    /// # Errors
    /// [`BrokerError::Closed`] or [`BrokerError::ConfirmTimeout`] when it cannot.
    pub fn ensure_usable(&self) -> Result<(), BrokerError> {
        if self.is_silent() {
            return Err(BrokerError::ConfirmTimeout(self.confirm_timeout));
        }
        if self.channel.status().connected() { Ok(()) } else { Err(BrokerError::Closed) }
    }

    /// The broker kept silent until a time limit.
    pub(super) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Somebody waited for a confirm; in vain, when the broker was silent until the time limit.
    pub(super) fn waited(&self, since: Instant, silent: bool) {
        self.metrics.confirm_seconds.observe(since.elapsed().as_secs_f64());
        self.silent.fetch_or(silent, Ordering::Relaxed);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that publishes: mandatory, confirmed, in time"
    )]
    pub(super) fn send(
        &self,
        message: Outgoing,
    ) -> Result<BoxFuture<'static, lapin::Result<Confirmation>>, BrokerError> {
        if message.body.len() > self.message_bytes_max {
            return Err(BrokerError::Settings(format!(
                "a body of {} bytes is over broker.message_bytes_max ({})",
                message.body.len(),
                self.message_bytes_max
            )));
        }
        let properties = properties(&message)?;
        let options = BasicPublishOptions { mandatory: !planted!("no-mandatory"), immediate: false };
        let (exchange, key) = (short(&message.exchange)?, short(&message.routing_key)?);
        let (channel, body) = (self.channel.clone(), message.body);
        let sent =
            async move { channel.basic_publish(exchange, key, options, &body, properties).await?.await };
        Ok(sent.boxed())
    }

    /// What comes of something within `confirm_timeout_ms`; none when it takes longer. While the broker blocks the
    /// connection no time passes: it has said so, and a new connection would stand before the same door. What waited
    /// behind that door has the whole time again.
    pub(super) async fn in_time<F: Future>(&self, since: Instant, work: F) -> Option<F::Output> {
        tokio::pin!(work);
        loop {
            let limit = since.max(self.blocked_until()) + self.confirm_timeout;
            if let Ok(done) = tokio::time::timeout_at(limit.min(Instant::now() + LOOK_EVERY), &mut work).await
            {
                return Some(done);
            }
            let now = Instant::now();
            if self.connection.status().blocked() {
                *self.blocked.lock().unwrap_or_else(PoisonError::into_inner) = now;
            } else if now >= limit {
                return None;
            }
        }
    }

    fn blocked_until(&self) -> Instant {
        *self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a confirm says.
pub(super) fn read(confirmed: lapin::Result<Confirmation>) -> PublishOutcome {
    match confirmed {
        Ok(Confirmation::Ack(None)) => PublishOutcome::Confirmed,
        Ok(Confirmation::Ack(Some(_))) if planted!("is-ack-alone") => PublishOutcome::Confirmed,
        Ok(Confirmation::Ack(Some(returned))) => {
            PublishOutcome::Returned { code: returned.reply_code, text: returned.reply_text.to_string() }
        }
        Ok(Confirmation::Nack(_)) => PublishOutcome::Nacked,
        Ok(Confirmation::NotRequested) | Err(_) => PublishOutcome::Unknown,
    }
}

fn properties(message: &Outgoing) -> Result<BasicProperties, BrokerError> {
    let mut properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_message_id(short(&message.message_id)?)
        .with_content_type(short(&message.content_type)?);
    if !message.headers.is_empty() {
        properties = properties.with_headers(as_table(&message.headers)?);
    }
    if let Some(id) = &message.correlation_id {
        properties = properties.with_correlation_id(short(id)?);
    }
    if let Some(user) = &message.user_id {
        properties = properties.with_user_id(short(user)?);
    }
    if let Some(priority) = message.priority {
        properties = properties.with_priority(priority);
    }
    Ok(properties)
}
