//! The communes' lines to the broker. A few communes use their own user; for the others one user with the tag
//! `impersonator` stands in, since 1,538 connections are too many for a laptop: the broker still vouches for
//! every `user_id`, and the gateway sees no difference.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::mischief::Raw;
use super::wire::{CONTENT_TYPE, EXCHANGE_IN};

/// AMQP delivery mode 2: kept on disk.
const PERSISTENT: u8 = 2;
/// Channels of the user that stands in.
const STAND_IN_CHANNELS: usize = 4;
/// Deliveries under way on one queue (quorum queues know no limit for a whole channel).
const PREFETCH_COUNT: u16 = 20;
/// Queues read on one channel.
const QUEUES_PER_CHANNEL: usize = 200;
/// A publish is tried so often before it counts as failed.
const PUBLISH_ATTEMPTS_MAX: u32 = 5;
/// Longest wait for a confirm.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);

/// Addresses (with user and password) of those who speak.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The user that may stand in for every commune.
    pub stand_in: String,
    /// Users of their own: commune user → address.
    pub own: BTreeMap<String, String>,
}

/// A delivery from a commune's queue.
#[derive(Debug)]
pub struct Delivery {
    /// The commune or province that read it.
    pub queue: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Publishing channels with confirms.
#[derive(Debug, Clone)]
pub struct Lines {
    stand_in: Arc<Vec<Channel>>,
    own: Arc<BTreeMap<String, Channel>>,
    turn: Arc<AtomicUsize>,
    /// The connections live as long as the lines.
    _connections: Arc<Vec<Connection>>,
}

async fn connect(address: &str, name: &str) -> anyhow::Result<Connection> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    Connection::connect(address, properties)
        .await
        .with_context(|| format!("{name}: no connection to the broker"))
}

async fn confirming(connection: &Connection) -> anyhow::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

impl Lines {
    /// Opens the lines.
    ///
    /// # Errors
    /// The broker cannot be reached or refuses a user.
    pub async fn open(addresses: &Addresses) -> anyhow::Result<Self> {
        let shared = connect(&addresses.stand_in, "communes (publish)").await?;
        let mut stand_in = Vec::with_capacity(STAND_IN_CHANNELS);
        for _ in 0..STAND_IN_CHANNELS {
            stand_in.push(confirming(&shared).await?);
        }
        let (mut connections, mut own) = (vec![shared], BTreeMap::new());
        for (user, address) in &addresses.own {
            let connection = connect(address, user).await?;
            own.insert(user.clone(), confirming(&connection).await?);
            connections.push(connection);
        }
        Ok(Self {
            stand_in: Arc::new(stand_in),
            own: Arc::new(own),
            turn: Arc::default(),
            _connections: Arc::new(connections),
        })
    }

    /// Publishes until the broker confirms: after a doubt the same message goes again, under the same id.
    ///
    /// # Errors
    /// No confirm after all attempts.
    pub async fn publish(&self, raw: &Raw) -> anyhow::Result<()> {
        let mut last = String::new();
        for attempt in 0..PUBLISH_ATTEMPTS_MAX {
            match self.try_publish(raw).await {
                Ok(()) => return Ok(()),
                Err(fault) => last = fault.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
        bail!("{}: not taken by the broker: {last}", raw.message_id)
    }

    #[expect(clippy::disallowed_methods, reason = "a commune publishes by itself, as its own software would")]
    async fn try_publish(&self, raw: &Raw) -> anyhow::Result<()> {
        let own = raw.user.as_ref().and_then(|user| self.own.get(user));
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.stand_in.len().max(1);
        let channel = own.or_else(|| self.stand_in.get(turn)).context("no channel")?;
        let mut properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(raw.message_id.as_str().into())
            .with_content_type(CONTENT_TYPE.into());
        if let Some(user) = &raw.user {
            properties = properties.with_user_id(user.as_str().into());
        }
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = raw.routing_key.as_str();
        let confirm =
            channel.basic_publish(EXCHANGE_IN.into(), key.into(), options, &raw.body, properties).await?;
        match tokio::time::timeout(CONFIRM_TIMEOUT, confirm).await.context("no confirm in time")?? {
            // An ack with a returned message means that no queue took it.
            Confirmation::Ack(None) => Ok(()),
            other => bail!("{other:?}"),
        }
    }
}

/// Reads queues until `stop`; every delivery is acknowledged once the receiver has it.
///
/// # Errors
/// The broker cannot be reached or refuses a queue.
pub async fn read(
    addresses: &Addresses,
    queues: &[String],
    into: mpsc::Sender<Delivery>,
    stop: CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<()> {
    let own_of = |queue: &String| addresses.own.get(&queue.replacen('.', "-", 1));
    let (own, shared): (Vec<&String>, Vec<&String>) =
        queues.iter().partition(|queue| own_of(queue).is_some());
    let connection = Arc::new(connect(&addresses.stand_in, "communes (read)").await?);
    for group in shared.chunks(QUEUES_PER_CHANNEL) {
        read_on(Arc::clone(&connection), group, &into, &stop, tasks).await?;
    }
    for queue in own {
        let Some(address) = own_of(queue) else { continue };
        let connection = Arc::new(connect(address, queue).await?);
        read_on(connection, &[queue], &into, &stop, tasks).await?;
    }
    Ok(())
}

async fn read_on(
    connection: Arc<Connection>,
    queues: &[&String],
    into: &mpsc::Sender<Delivery>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<()> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(PREFETCH_COUNT, BasicQosOptions::default()).await?;
    for queue in queues {
        let options = BasicConsumeOptions::default();
        let name = queue.as_str();
        let consumer = channel.basic_consume(name.into(), "".into(), options, FieldTable::default()).await;
        let mut consumer = consumer.with_context(|| format!("cannot read {queue}"))?;
        let (into, stop, queue) = (into.clone(), stop.clone(), (*queue).clone());
        let connection = Arc::clone(&connection);
        tasks.spawn(async move {
            // Kept for as long as somebody reads on it.
            let _connection = connection;
            loop {
                let next = tokio::select! {
                    () = stop.cancelled() => break,
                    next = consumer.next() => next,
                };
                let Some(Ok(delivery)) = next else { break };
                let taken = Delivery { queue: queue.clone(), body: delivery.data.clone() };
                if into.send(taken).await.is_err() || delivery.ack(BasicAckOptions::default()).await.is_err()
                {
                    break;
                }
            }
        });
    }
    Ok(())
}
