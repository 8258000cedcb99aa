//! The broker's side of the floor: windows of confirms, many acks at once.

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, PublisherConfirm,
};

/// Deliveries of one transaction.
const BATCH_MAX: usize = 128;

pub(crate) async fn connect(address: &str) -> Connection {
    Connection::connect(address, ConnectionProperties::default()).await.unwrap()
}

pub(crate) async fn consume(connection: &Connection, queue: &str, prefetch: u16) -> Consumer {
    let channel = connection.create_channel().await.unwrap();
    channel.basic_qos(prefetch, BasicQosOptions::default()).await.unwrap();
    channel
        .basic_consume(queue.into(), queue.into(), BasicConsumeOptions::default(), FieldTable::default())
        .await
        .unwrap()
}

/// The next deliveries: at least one, and whatever else is here already.
pub(crate) async fn batch(consumer: &mut Consumer) -> Vec<Delivery> {
    let mut batch = vec![consumer.next().await.unwrap().unwrap()];
    while batch.len() < BATCH_MAX {
        let Some(Some(Ok(delivery))) = consumer.next().now_or_never() else { break };
        batch.push(delivery);
    }
    batch
}

/// Acknowledges all of a batch at once.
pub(crate) async fn ack(batch: &[Delivery]) {
    if let Some(last) = batch.last() {
        last.ack(BasicAckOptions { multiple: true }).await.unwrap();
    }
}

/// A message to publish.
pub(crate) struct Message {
    pub(crate) exchange: &'static str,
    pub(crate) routing_key: String,
    pub(crate) message_id: String,
    pub(crate) body: Vec<u8>,
}

/// Publishes with confirms, on a connection of its own.
pub(crate) struct Out {
    _connection: Connection,
    channel: Channel,
}

impl Out {
    pub(crate) async fn open(address: &str) -> Self {
        let connection = connect(address).await;
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        Self { _connection: connection, channel }
    }

    async fn publish(&self, message: &Message) -> lapin::Result<PublisherConfirm> {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("application/json".into())
            .with_message_id(message.message_id.as_str().into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let (exchange, key) = (message.exchange.into(), message.routing_key.as_str().into());
        self.channel.basic_publish(exchange, key, options, &message.body, properties).await
    }

    /// Publishes all, and waits until the broker has them all.
    pub(crate) async fn say(&self, messages: &[Message]) {
        let publish = |message| async move { self.publish(message).await.unwrap().await.unwrap() };
        // All frames are handed over before one is waited for, as in wasl.
        for confirm in join_all(messages.iter().map(publish)).await {
            assert!(matches!(confirm, Confirmation::Ack(None)), "not taken");
        }
    }
}
