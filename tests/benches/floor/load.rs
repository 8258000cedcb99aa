//! The load: a commune that submits files and reads its queue. The same for both sides.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use tokio::sync::Semaphore;

use crate::commune::{Event, reader};
use crate::cpu;
use crate::measure::{percentile, rss_kib};
use crate::sides::Side;

/// Publishes whose confirm is awaited.
const WINDOW: usize = 512;
/// Nothing comes for so long: something is lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run came to.
pub(crate) struct Done {
    pub(crate) files: usize,
    pub(crate) seconds: f64,
    pub(crate) latencies_ms: Vec<f64>,
    /// Milliseconds of processor time by group.
    pub(crate) busy_ms: BTreeMap<&'static str, f64>,
    pub(crate) rss_peak_kib: u64,
}

impl Done {
    pub(crate) fn files_per_second(&self) -> f64 {
        self.files as f64 / self.seconds
    }

    /// By the nearest rank.
    pub(crate) fn quantile_ms(&self, percent: usize) -> f64 {
        percentile(&self.latencies_ms, percent)
    }

    /// Processor milliseconds of a group for each file.
    pub(crate) fn busy_per_file_ms(&self, group: &str) -> f64 {
        self.busy_ms.get(group).copied().unwrap_or(0.0) / self.files as f64
    }
}

/// As fast as the broker takes them.
pub(crate) async fn saturate(side: &dyn Side, prefix: &str, files: usize) -> Done {
    run(side, prefix, files, None).await
}

/// At a steady rate, whether or not they are worked off.
pub(crate) async fn open(side: &dyn Side, prefix: &str, rate: u32, seconds: u32) -> Done {
    let pace = Duration::from_secs(1) / rate;
    run(side, prefix, (rate * seconds) as usize, Some(pace)).await
}

async fn run(side: &dyn Side, prefix: &str, files: usize, pace: Option<Duration>) -> Done {
    let messages: Vec<(String, Vec<u8>)> = (0..files)
        .map(|number| {
            let reference = format!("{prefix}-{number}");
            let body = side.submission(&reference);
            (reference, body)
        })
        .collect();
    let sent: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let (_line, consumer) = reader(side.gateway()).await;
    let before = cpu::busy_ms(&side.groups());
    let begin = Instant::now();
    let publishing = tokio::spawn(publish(side.address(), side.routing_key(), messages, pace, sent.clone()));
    let heard = hear(consumer, &sent, files, side.own()).await;
    let seconds = begin.elapsed().as_secs_f64();
    publishing.await.unwrap();
    let after = cpu::busy_ms(&side.groups());
    let busy_ms = after.into_iter().map(|(name, ms)| (name, ms - before[name])).collect();
    Done { files, seconds, latencies_ms: heard.0, busy_ms, rss_peak_kib: heard.1 }
}

async fn publish(
    address: String,
    routing_key: String,
    messages: Vec<(String, Vec<u8>)>,
    pace: Option<Duration>,
    sent: Arc<Mutex<HashMap<String, Instant>>>,
) {
    let connection = Connection::connect(&address, ConnectionProperties::default()).await.unwrap();
    let channel: Channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let window = Arc::new(Semaphore::new(WINDOW));
    let mut ticks = pace.map(tokio::time::interval);
    for (reference, body) in messages {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let permit = window.clone().acquire_owned().await.unwrap();
        sent.lock().unwrap().insert(reference, Instant::now());
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type("application/cloudevents+json".into())
            .with_user_id(crate::sides::USER.into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = routing_key.as_str();
        let confirm =
            channel.basic_publish("wasl.in".into(), key.into(), options, &body, properties).await.unwrap();
        tokio::spawn(async move {
            confirm.await.unwrap();
            drop(permit);
        });
    }
    _ = window.acquire_many(u32::try_from(WINDOW).unwrap()).await.unwrap();
}

async fn hear(
    mut consumer: Consumer,
    sent: &Mutex<HashMap<String, Instant>>,
    files: usize,
    own: Vec<u32>,
) -> (Vec<f64>, u64) {
    let (mut latencies, mut rss) = (Vec::with_capacity(files), 0);
    let mut read = 0_u64;
    while latencies.len() < files {
        let next = tokio::time::timeout(PATIENCE, consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} of {files} files came back", latencies.len()));
        let delivery = delivery.unwrap().unwrap();
        read += 1;
        if read.is_multiple_of(500) {
            delivery.ack(BasicAckOptions { multiple: true }).await.unwrap();
            rss = rss_kib(&own).max(rss);
        }
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
        if latencies.len() == files {
            delivery.ack(BasicAckOptions { multiple: true }).await.unwrap();
        }
    }
    (latencies, rss)
}
