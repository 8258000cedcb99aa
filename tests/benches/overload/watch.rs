//! Watches memory while the gateway is overloaded, and takes away what the commune is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::BasicAckOptions;
use lapin::{Connection, Consumer};
use serde_json::{Value, json};
use wasl_tests::world::ready::read_json;

use crate::measure::rss_kib;
use crate::support::Gateway;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Growth of a process that is no matter, whatever its share.
const GROWTH_KIB_MIN: f64 = 48.0 * 1024.0;

/// Memory of each process, second by second, in KiB.
pub(crate) struct Memory(BTreeMap<String, Vec<f64>>);

/// The gateway's processes and the broker by name.
pub(crate) fn processes(gateway: &Gateway) -> Vec<(String, u32)> {
    let known: Value = read_json(&gateway.layout.servers.join("servers.json")).unwrap();
    let broker = u32::try_from(known["pids"]["broker"].as_u64().unwrap()).unwrap();
    let own = gateway.roles.iter().filter(|(name, _)| *name != "sandbox");
    own.map(|(name, role)| (name.clone(), role.pid())).chain([("broker".to_owned(), broker)]).collect()
}

pub(crate) async fn watch(processes: Vec<(String, u32)>, stop: Arc<AtomicBool>) -> Memory {
    let mut memory = Memory(BTreeMap::new());
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    while !stop.load(Ordering::Acquire) {
        ticks.tick().await;
        for (name, pid) in &processes {
            memory.0.entry(name.clone()).or_default().push(rss_kib(&[*pid]) as f64);
        }
    }
    memory
}

impl Memory {
    /// The highest of the first third, and of all: memory that is flat has reached its height by then.
    fn heights(times: &[f64]) -> (f64, f64) {
        let highest = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
        (highest(&times[..times.len() / 3 + 1]), highest(times))
    }

    pub(crate) fn json(&self) -> Value {
        let of = |(name, times): (&String, &Vec<f64>)| {
            let (early, peak) = Self::heights(times);
            let first = times.first().copied().unwrap_or(0.0);
            let last = times.last().copied().unwrap_or(0.0);
            let figures = json!({"first_kib": first, "peak_first_third_kib": early, "peak_kib": peak, "last_kib": last});
            (name.clone(), figures)
        };
        Value::Object(self.0.iter().map(of).collect())
    }

    /// The broker holds what it has been given; of the gateway's own processes each must be flat.
    pub(crate) fn missed(&self, ratio_max: f64) -> Vec<String> {
        let grown = |(name, times): (&String, &Vec<f64>)| {
            let (early, peak) = Self::heights(times);
            let more = name != "broker" && peak > early * ratio_max && peak - early > GROWTH_KIB_MIN;
            more.then(|| {
                format!("memory of {name}: {:.0} MiB after {:.0} MiB", peak / 1024.0, early / 1024.0)
            })
        };
        self.0.iter().filter_map(grown).collect()
    }
}

/// Takes whatever the commune is told.
pub(crate) async fn hear((_line, mut consumer): (Connection, Consumer), stop: Arc<AtomicBool>) {
    let mut read = 0_u64;
    while !stop.load(Ordering::Acquire) {
        let Some(Ok(delivery)) = consumer.next().await else { return };
        read += 1;
        if read.is_multiple_of(200) {
            delivery.ack(BasicAckOptions { multiple: true }).await.unwrap();
        }
    }
}
