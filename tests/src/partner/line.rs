//! A partner's line to the broker: publishes with a confirm, reads one queue.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use serde_json::Value;

use super::letter::Letter;

/// Longest wait for the broker's confirm.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);
/// Deliveries under way.
const PREFETCH_COUNT: u16 = 20;

/// An open line. Publishing and reading have a channel each: a refusal of one leaves the other.
pub(super) struct Line {
    _connection: Connection,
    publishing: Channel,
    deliveries: Consumer,
}

impl Line {
    /// Connects as the user in the address, and reads the queue.
    ///
    /// # Errors
    /// The broker is away, or refuses user or queue.
    pub(super) async fn open(address: &str, queue: &str) -> anyhow::Result<Self> {
        let properties = ConnectionProperties::default().with_connection_name("wasl-sandbox commune".into());
        let connection = Connection::connect(address, properties).await.context(
            "no connection to the broker: is the address right, with user, password and virtual host?",
        )?;
        let publishing = connection.create_channel().await?;
        publishing.confirm_select(ConfirmSelectOptions::default()).await?;
        let reading = connection.create_channel().await?;
        reading.basic_qos(PREFETCH_COUNT, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let deliveries = reading
            .basic_consume(queue.into(), "".into(), options, FieldTable::default())
            .await
            .with_context(|| {
                format!("cannot read {queue}: is it this user's, and has the commune joined?")
            })?;
        Ok(Self { _connection: connection, publishing, deliveries })
    }

    /// Publishes and waits for the confirm; a message that no queue took is a fault.
    #[expect(clippy::disallowed_methods, reason = "a commune publishes by itself, as its own software would")]
    pub(super) async fn publish(&self, letter: &Letter) -> anyhow::Result<()> {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(letter.id.as_str().into())
            .with_user_id(letter.user.as_str().into())
            .with_content_type("application/cloudevents+json".into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = letter.routing_key.as_str();
        let confirm = self
            .publishing
            .basic_publish("wasl.in".into(), key.into(), options, &letter.body, properties)
            .await?;
        match tokio::time::timeout(CONFIRM_TIMEOUT, confirm).await.context("no confirm in time")?? {
            Confirmation::Ack(None) => Ok(()),
            other => bail!("{key}: not taken by the broker: {other:?}"),
        }
    }

    /// The next message; none when nothing comes for so long.
    pub(super) async fn hear(&mut self, idle: Option<Duration>) -> anyhow::Result<Option<Value>> {
        let next = match idle {
            None => self.deliveries.next().await,
            Some(idle) => match tokio::time::timeout(idle, self.deliveries.next()).await {
                Ok(next) => next,
                Err(_) => return Ok(None),
            },
        };
        let delivery = next.context("the broker has closed the line")??;
        let event = serde_json::from_slice(&delivery.data).context("a message that is not JSON")?;
        // Printed is all that this software does with it.
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(Some(event))
    }
}
