//! The communes' lines to the broker. A few communes use their own user; for the others one user with the tag
//! `impersonator` stands in, since 1,538 connections are too many for a laptop: the broker still vouches for
//! every `user_id`, and the gateway sees no difference.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, SelectAll};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::mischief::Raw;
use super::wire::{CONTENT_TYPE, EXCHANGE_IN};

/// The header of what the gateway may have sent before.
const POSSIBLE_DUPLICATE: &str = "possible-duplicate";
/// AMQP delivery mode 2: kept on disk.
const PERSISTENT: u8 = 2;
/// Lines of the user that stands in.
const STAND_IN_LINES: usize = 4;
/// Deliveries under way on one queue (quorum queues know no limit for a whole channel).
const PREFETCH_COUNT: u16 = 20;
/// Queues read on one channel.
const QUEUES_PER_CHANNEL: usize = 200;
/// A message that the broker has not confirmed after this time counts as failed.
const PUBLISH_PATIENCE: Duration = Duration::from_secs(120);
/// Pause before the first repetition; doubled up to [`AGAIN_MAX`].
const AGAIN_MIN: Duration = Duration::from_millis(50);
const AGAIN_MAX: Duration = Duration::from_millis(800);
/// Longest wait for a confirm.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time of one try, from the connection to the confirm.
const TRY_TIMEOUT: Duration = Duration::from_secs(12);

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
    /// The broker, or the sender, says that it may have come before.
    pub again: bool,
}

/// Publishing channels with confirms. One that breaks is opened anew by whoever needs it next.
#[derive(Debug, Clone)]
pub struct Lines {
    stand_in: Arc<Vec<Line>>,
    own: Arc<BTreeMap<String, Line>>,
    turn: Arc<AtomicUsize>,
}

/// A line of one user.
#[derive(Debug)]
struct Line {
    address: String,
    name: String,
    open: Mutex<Option<(Connection, Channel)>>,
}

impl Line {
    fn new(address: &str, name: &str) -> Self {
        Self { address: address.to_owned(), name: name.to_owned(), open: Mutex::default() }
    }

    async fn channel(&self) -> anyhow::Result<Channel> {
        let mut open = self.open.lock().await;
        if let Some((_, channel)) = open.as_ref().filter(|(_, channel)| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let connection = connect(&self.address, &self.name).await?;
        let channel = confirming(&connection).await?;
        *open = Some((connection, channel.clone()));
        Ok(channel)
    }
}

async fn connect(address: &str, name: &str) -> anyhow::Result<Connection> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    tokio::time::timeout(CONFIRM_TIMEOUT, Connection::connect(address, properties))
        .await
        .with_context(|| format!("{name}: the broker does not answer"))?
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
        let stand_in = (0..STAND_IN_LINES).map(|_| Line::new(&addresses.stand_in, "communes (publish)"));
        let own = addresses.own.iter().map(|(user, address)| (user.clone(), Line::new(address, user)));
        let (stand_in, own): (Vec<Line>, BTreeMap<String, Line>) = (stand_in.collect(), own.collect());
        for line in stand_in.iter().chain(own.values()) {
            line.channel().await?;
        }
        Ok(Self { stand_in: Arc::new(stand_in), own: Arc::new(own), turn: Arc::default() })
    }

    /// Publishes until the broker confirms: after a doubt the same message goes again, under the same id.
    ///
    /// # Errors
    /// No confirm in the time that a commune has patience.
    pub async fn publish(&self, raw: &Raw) -> anyhow::Result<()> {
        let (begun, mut pause) = (Instant::now(), AGAIN_MIN);
        loop {
            // Whatever hangs: a broker that dies in the middle of a handshake leaves nobody waiting for ever.
            let tried = tokio::time::timeout(TRY_TIMEOUT, self.try_publish(raw)).await;
            match tried.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer of the broker"))) {
                Ok(()) => return Ok(()),
                Err(fault) if begun.elapsed() > PUBLISH_PATIENCE => {
                    bail!("{}: not taken by the broker: {fault:#}", raw.message_id)
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(AGAIN_MAX);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a commune publishes by itself, as its own software would")]
    async fn try_publish(&self, raw: &Raw) -> anyhow::Result<()> {
        let own = raw.user.as_ref().and_then(|user| self.own.get(user));
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.stand_in.len().max(1);
        let channel = own.or_else(|| self.stand_in.get(turn)).context("no line")?.channel().await?;
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

/// Reads queues until `stop`; every delivery is acknowledged once the receiver has it. A line that breaks is opened
/// anew, and what was not acknowledged comes again.
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
    let groups = shared.chunks(QUEUES_PER_CHANNEL).map(|group| (&addresses.stand_in, group.to_vec()));
    let own = own.into_iter().filter_map(|queue| Some((own_of(queue)?, vec![queue])));
    for (address, group) in groups.chain(own) {
        let reader = Reader {
            address: address.clone(),
            queues: group.into_iter().cloned().collect(),
            into: into.clone(),
            stop: stop.clone(),
        };
        let first = reader.open().await?;
        tasks.spawn(reader.run(first));
    }
    Ok(())
}

/// Some queues that are read on one line.
struct Reader {
    address: String,
    queues: Vec<String>,
    into: mpsc::Sender<Delivery>,
    stop: CancellationToken,
}

/// An open line of a reader: every delivery with its queue.
struct Reading {
    _connection: Connection,
    deliveries: SelectAll<BoxStream<'static, (usize, lapin::Result<lapin::message::Delivery>)>>,
}

impl Reader {
    async fn open(&self) -> anyhow::Result<Reading> {
        let connection = connect(&self.address, "communes (read)").await?;
        let channel = connection.create_channel().await?;
        channel.basic_qos(PREFETCH_COUNT, BasicQosOptions::default()).await?;
        let mut deliveries = SelectAll::new();
        for (place, queue) in self.queues.iter().enumerate() {
            let (options, name) = (BasicConsumeOptions::default(), queue.as_str());
            let consumer =
                channel.basic_consume(name.into(), "".into(), options, FieldTable::default()).await;
            let consumer = consumer.with_context(|| format!("cannot read {queue}"))?;
            deliveries.push(consumer.map(move |next| (place, next)).boxed());
        }
        Ok(Reading { _connection: connection, deliveries })
    }

    async fn run(self, first: Reading) {
        let mut reading = Some(first);
        while !self.stop.is_cancelled() {
            match reading.take() {
                Some(open) => self.read(open).await,
                None => reading = self.open().await.ok(),
            }
            if reading.is_none() {
                tokio::select! {
                    () = self.stop.cancelled() => {}
                    () = tokio::time::sleep(AGAIN_MIN) => {}
                }
            }
        }
    }

    /// Until the line breaks or the run stops.
    async fn read(&self, mut open: Reading) {
        loop {
            let next = tokio::select! {
                () = self.stop.cancelled() => return,
                next = open.deliveries.next() => next,
            };
            let Some((place, Ok(delivery))) = next else { return };
            let flagged = delivery.properties.headers().as_ref();
            let again = delivery.redelivered
                || flagged.is_some_and(|headers| headers.inner().contains_key(POSSIBLE_DUPLICATE));
            let queue = self.queues[place].clone();
            let taken = Delivery { queue, body: delivery.data.clone(), again };
            if self.into.send(taken).await.is_err() {
                return;
            }
            if delivery.ack(BasicAckOptions::default()).await.is_err() {
                return;
            }
        }
    }
}
