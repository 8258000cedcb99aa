//! What the measurements of the whole gateway share: a commune that submits files as fast as the broker takes them or at
//! a steady rate, and reads its queue until each has come back reviewed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wasl_tests::world::servers::Servers;

use crate::measure::percentile;
use crate::support::gateway::SOUANI;
use crate::support::messages::{file, structured};
use crate::support::servers::root;
use crate::support::{Gateway, Options};

/// Urban agency and ONEE: both speak over HTTP, and neither waits for a person here.
pub(crate) const CONDITIONS: [&str; 1] = ["new-connection"];
/// A legal day is a day, so that no limit falls into a measurement.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// Agencies that answer everything at once and favourably.
pub(crate) const AT_ONCE: &str = "
[reviewer]
refused = 0.0
incomplete = 0.0
never = 0.0
unfavourable = 0.0
conditions = 0.0
no_opinion = 0.0
delay_days_min = 0.0
delay_days_max = 0.0
pushed = 1.0
";
/// Publishes whose confirm is awaited.
const WINDOW: usize = 512;
/// Nothing comes for so long: something is lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// When each file was submitted, until it has come back.
pub(crate) type Sent = Arc<Mutex<HashMap<String, Instant>>>;

/// A file as the commune submits it.
pub(crate) fn submission(gateway: &Gateway, reference: &str) -> Vec<u8> {
    let now = gateway.clock.now();
    let data = file(SOUANI, reference, "building", &CONDITIONS, now);
    structured(SOUANI, "file.submitted", reference, now, &data).body
}

/// Submits so many files at once and waits until each is reviewed; files a second.
pub(crate) async fn saturate(gateway: &Gateway, prefix: &str, files: usize) -> f64 {
    let bodies: Vec<(String, Vec<u8>)> = (0..files)
        .map(|number| format!("{prefix}-{number}"))
        .map(|reference| (reference.clone(), submission(gateway, &reference)))
        .collect();
    let sent = Sent::default();
    let (_line, consumer) = reader(gateway).await;
    let begin = Instant::now();
    let publisher = Publisher::open(gateway).await;
    let known = sent.clone();
    let publishing = tokio::spawn(async move {
        for (reference, body) in bodies {
            publisher.submit(reference, body, &known).await;
        }
        publisher.settled().await;
    });
    hear(consumer, &sent, files).await;
    publishing.await.unwrap();
    files as f64 / begin.elapsed().as_secs_f64()
}

/// The commune's line for what it says.
#[derive(Clone)]
pub(crate) struct Publisher {
    _connection: Arc<Connection>,
    channel: Channel,
    window: Arc<Semaphore>,
    /// Publishes that the broker refused: the sender's to repeat.
    pub(crate) refused: Arc<Mutex<Vec<String>>>,
}

impl Publisher {
    pub(crate) async fn open(gateway: &Gateway) -> Self {
        let address = gateway.amqp_as(&format!("commune-{SOUANI}"));
        let connection = Connection::connect(&address, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let window = Arc::new(Semaphore::new(WINDOW));
        Self { _connection: Arc::new(connection), channel, window, refused: Arc::default() }
    }

    /// Hands a submission over; waits only while too many confirms are awaited.
    pub(crate) async fn submit(&self, reference: String, body: Vec<u8>, sent: &Sent) {
        sent.lock().unwrap().insert(reference.clone(), Instant::now());
        self.say("file.submitted", reference, &body, sent).await;
    }

    /// Hands any message of the commune over. When the broker refuses it, its subject is taken out of `sent`.
    pub(crate) async fn say(&self, name: &str, subject: String, body: &[u8], sent: &Sent) {
        let permit = self.window.clone().acquire_owned().await.unwrap();
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("application/cloudevents+json".into())
            .with_user_id(format!("commune-{SOUANI}").into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = format!("commune.{SOUANI}.{name}");
        let confirm = self
            .channel
            .basic_publish("wasl.in".into(), key.into(), options, body, properties)
            .await
            .unwrap();
        let (refused, sent) = (self.refused.clone(), sent.clone());
        tokio::spawn(async move {
            if !matches!(confirm.await, Ok(Confirmation::Ack(None))) {
                sent.lock().unwrap().remove(&subject);
                refused.lock().unwrap().push(subject);
            }
            drop(permit);
        });
    }

    /// Waits until every confirm is there.
    pub(crate) async fn settled(&self) {
        _ = self.window.acquire_many(u32::try_from(WINDOW).unwrap()).await.unwrap();
    }
}

/// The commune's line for what it hears.
pub(crate) async fn reader(gateway: &Gateway) -> (Connection, Consumer) {
    let address = gateway.amqp_as(&format!("commune-{SOUANI}"));
    let connection = Connection::connect(&address, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.basic_qos(2_000, BasicQosOptions::default()).await.unwrap();
    let (queue, options) = (format!("commune.{SOUANI}"), BasicConsumeOptions::default());
    let consumer =
        channel.basic_consume(queue.into(), "load".into(), options, FieldTable::default()).await.unwrap();
    (connection, consumer)
}

/// Of an event only what tells which file it is about.
#[derive(Deserialize)]
pub(crate) struct Event<'e> {
    #[serde(borrow, rename = "type")]
    pub(crate) event_type: &'e str,
    #[serde(borrow)]
    pub(crate) subject: &'e str,
}

/// Reads until so many of the files that were sent are reviewed; milliseconds of each.
pub(crate) async fn hear(mut consumer: Consumer, sent: &Sent, files: usize) -> Vec<f64> {
    let (mut latencies, mut read) = (Vec::with_capacity(files), 0_u64);
    while latencies.len() < files {
        let next = tokio::time::timeout(PATIENCE, consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} of {files} files came back", latencies.len()));
        let delivery = delivery.unwrap().unwrap();
        let event: Event<'_> = serde_json::from_slice(&delivery.data).unwrap();
        assert!(
            !event.event_type.ends_with("file.refused.v1"),
            "{}",
            String::from_utf8_lossy(&delivery.data)
        );
        if event.event_type == "ma.wasl.file.reviewed.v1" {
            let begin = sent.lock().unwrap().remove(event.subject);
            latencies.extend(begin.map(|begin| begin.elapsed().as_secs_f64() * 1000.0));
        }
        read += 1;
        if read.is_multiple_of(500) || latencies.len() == files {
            delivery.ack(BasicAckOptions { multiple: true }).await.unwrap();
        }
    }
    latencies
}

/// By the nearest rank; not a number where there is none.
pub(crate) fn quantile(times: &[f64], percent: usize) -> f64 {
    if times.is_empty() { f64::NAN } else { percentile(times, percent) }
}

/// The middle one, or the mean of the two in the middle; not a number where there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    sorted.get(low).zip(sorted.get(high)).map_or(f64::NAN, |(low, high)| low.midpoint(*high))
}

/// The whole part of a number that is not negative.
pub(crate) fn whole(number: f64) -> usize {
    usize::try_from(Duration::from_secs_f64(number).as_secs()).unwrap()
}

/// A number from the environment.
pub(crate) fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The program as it is shipped.
pub(crate) fn shipped() -> std::path::PathBuf {
    if let Some(program) = std::env::var_os("WASL_BENCH_PROGRAM") {
        return program.into();
    }
    // Only to try a measurement itself: figures of a debug build mean nothing.
    let folder = if std::env::var_os("WASL_BENCH_DEBUG").is_some() { "debug" } else { "release" };
    let path = root().join("target").join(folder).join("wasl");
    assert!(path.exists(), "{} is missing: cargo build --release -p wasl", path.display());
    path
}

/// The gateway as it is shipped, on private servers of this measurement, with agencies that answer at once.
pub(crate) async fn lay(name: &str) -> Gateway {
    let servers = format!("servers-{name}");
    let options =
        Options { legal_day_ms: DAY_MS, servers, profile: AT_ONCE.to_owned(), ..Options::default() };
    let mut gateway = Gateway::lay(name, options).await;
    gateway.program = shipped();
    gateway
}

/// Ends the roles, and the servers unless somebody wants to look at them.
pub(crate) async fn end(mut gateway: Gateway) {
    gateway.roles.clear();
    if std::env::var_os("WASL_BENCH_KEEP").is_none() {
        let layout = gateway.layout.clone();
        drop(gateway);
        tokio::task::spawn_blocking(move || Servers::down(&layout, true)).await.unwrap().unwrap();
    }
}

/// Writes a report below `target/bench`, with what it was measured on.
pub(crate) fn write(name: &str, servers: &Servers, mut report: Value) -> Value {
    report["broker"] = json!(servers.broker_version);
    report["postgres"] = json!(servers.postgres_version);
    report["fsync"] = json!(servers.fsync);
    report["synchronous_commit"] = json!(servers.synchronous_commit);
    report["cpus"] = json!(std::thread::available_parallelism().unwrap().get());
    report["load_average"] = json!(std::fs::read_to_string("/proc/loadavg").unwrap().trim());
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), format!("{report:#}\n")).unwrap();
    report
}
