//! A commune's back office: its own user, its own queue, and a memory of all that it was told.

use std::time::Instant;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use serde_json::Value;
use wasl_tests::world::clock::LegalClock;

use super::Gateway;
use super::messages::{Message, structured};
use super::wait::{PATIENCE, until};

struct Line {
    _connection: Connection,
    channel: Channel,
    deliveries: Consumer,
}

/// A partner of the gateway with its user and queue.
pub(crate) struct Commune {
    pub(crate) code: String,
    pub(crate) clock: LegalClock,
    /// Everything it was told, in order; repeats of the same message id once.
    pub(crate) heard: Vec<Value>,
    address: String,
    queue: String,
    line: Line,
}

impl Commune {
    /// Connects as the commune's own user.
    pub(crate) async fn connect(gateway: &Gateway, code: &str) -> Self {
        Self::partner(gateway, code, "commune").await
    }

    /// Connects as a commune or a province.
    pub(crate) async fn partner(gateway: &Gateway, code: &str, kind: &str) -> Self {
        let (address, queue) = (gateway.amqp_as(&format!("{kind}-{code}")), format!("{kind}.{code}"));
        let line = open(&address, &queue).await.unwrap();
        let (code, clock) = (code.to_owned(), gateway.clock.clone());
        Self { code, clock, heard: Vec::new(), address, queue, line }
    }

    /// A message of this commune.
    pub(crate) fn message(&self, name: &str, subject: &str, data: &Value) -> Message {
        structured(&self.code, name, subject, self.clock.now(), data)
    }

    /// Says something, again and under the same id until the broker has it.
    pub(crate) async fn say(&mut self, name: &str, subject: &str, data: &Value) -> Message {
        let message = self.message(name, subject, data);
        self.publish(&message).await;
        message
    }

    /// Publishes until the broker confirms.
    pub(crate) async fn publish(&mut self, message: &Message) {
        let begin = Instant::now();
        while let Err(error) = self.try_publish(message).await {
            assert!(begin.elapsed() < PATIENCE, "the broker does not take it: {error}");
            self.reopen().await;
        }
    }

    /// Publishes once.
    pub(crate) async fn try_publish(&self, message: &Message) -> Result<(), lapin::Error> {
        let mut headers = FieldTable::default();
        for (name, value) in &message.headers {
            headers.insert(name.as_str().into(), AMQPValue::LongString(value.as_str().into()));
        }
        let mut properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(message.id.as_str().into())
            .with_content_type(message.content_type.as_str().into())
            .with_headers(headers);
        if let Some(user) = &message.user_id {
            properties = properties.with_user_id(user.as_str().into());
        }
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = message.routing_key.as_str();
        let channel = &self.line.channel;
        let confirm = channel.basic_publish("wasl.in".into(), key.into(), options, &message.body, properties);
        match confirm.await?.await? {
            Confirmation::Ack(None) => Ok(()),
            other => panic!("{key}: {other:?}"),
        }
    }

    /// A new connection, once the broker is there.
    pub(crate) async fn reopen(&mut self) {
        let (address, queue) = (self.address.clone(), self.queue.clone());
        self.line = until("the broker", async || open(&address, &queue).await.ok()).await;
    }

    /// The next message, taken and remembered; none when nothing comes for so long.
    pub(crate) async fn hear(&mut self, patience: std::time::Duration) -> Option<Value> {
        let begin = Instant::now();
        loop {
            let left = patience.saturating_sub(begin.elapsed());
            let Ok(next) = tokio::time::timeout(left, self.line.deliveries.next()).await else { return None };
            let Some(Ok(delivery)) = next else {
                self.reopen().await;
                continue;
            };
            let event: Value = serde_json::from_slice(&delivery.data).unwrap();
            // Unacknowledged on a broken line it comes again, and is then known.
            _ = delivery.ack(BasicAckOptions::default()).await;
            if !self.heard.iter().any(|known| known["id"] == event["id"]) {
                self.heard.push(event.clone());
                return Some(event);
            }
        }
    }

    /// Waits until it has been told something about a file.
    pub(crate) async fn expect(&mut self, subject: &str, name: &str) -> Value {
        self.expect_that(&format!("{name} of {subject}"), |event| {
            event["subject"] == subject && is(event, name)
        })
        .await
    }

    /// The same about one agency that the file is shown to.
    pub(crate) async fn expect_of(&mut self, subject: &str, agency: &str, name: &str) -> Value {
        self.expect_that(&format!("{name} of {agency} about {subject}"), |event| {
            event["subject"] == subject && event["data"]["agency"] == agency && is(event, name)
        })
        .await
    }

    /// Waits until it has been told something.
    pub(crate) async fn expect_that(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let (begin, mut looked) = (Instant::now(), 0);
        loop {
            if let Some(found) = self.heard[looked..].iter().find(|event| fits(event)) {
                return found.clone();
            }
            looked = self.heard.len();
            if self.hear(PATIENCE.saturating_sub(begin.elapsed())).await.is_none() {
                panic!("{what} did not come; heard: {:#?}", self.summary());
            }
        }
    }

    /// What it was told about a file under this name.
    pub(crate) fn told(&self, subject: &str, name: &str) -> Vec<&Value> {
        self.heard.iter().filter(|event| event["subject"] == subject && is(event, name)).collect()
    }

    fn summary(&self) -> Vec<String> {
        let line = |event: &Value| format!("{} {} {}", event["subject"], event["type"], event["data"]);
        self.heard.iter().map(line).map(|line| line.chars().take(300).collect()).collect()
    }
}

/// Whether an event has this short name.
pub(crate) fn is(event: &Value, name: &str) -> bool {
    event["type"].as_str() == Some(&format!("ma.wasl.{name}.v1"))
}

async fn open(address: &str, queue: &str) -> Result<Line, lapin::Error> {
    let properties = ConnectionProperties::default().with_connection_name("a back office".into());
    let connection = Connection::connect(address, properties).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let reading = connection.create_channel().await?;
    let options = BasicConsumeOptions::default();
    let deliveries = reading.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
    Ok(Line { _connection: connection, channel, deliveries })
}
