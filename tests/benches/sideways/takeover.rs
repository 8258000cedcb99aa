//! How soon a standby takes over from a core that is killed under load.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::{self, Publisher, Sent};
use crate::support::Gateway;

/// Files that come while one core dies and the other takes over: seconds of them.
const SECONDS: f64 = 14.0;
/// When it is killed.
const KILL_AFTER_S: f64 = 4.0;
/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// From the kill on, in seconds.
pub(crate) struct Takeover {
    /// Until the standby has the lead.
    pub(crate) leads_s: f64,
    /// Until it has committed something of a file.
    pub(crate) works_s: f64,
    /// Files that were sent, and came back reviewed, each once.
    pub(crate) files: usize,
}

impl Takeover {
    pub(crate) fn json(&self) -> Value {
        json!({"leads_s": self.leads_s, "works_s": self.works_s, "files": self.files})
    }
}

/// Kills whichever core leads so many times while files come at this rate.
pub(crate) async fn kill(gateway: &mut Gateway, times: usize, rate: f64) -> Vec<Takeover> {
    let mut all = Vec::new();
    for number in 0..times {
        let one = once(gateway, number, rate).await;
        eprintln!("kill {number}: leads after {:.2} s, works after {:.2} s", one.leads_s, one.works_s);
        all.push(one);
    }
    all
}

async fn once(gateway: &mut Gateway, number: usize, rate: f64) -> Takeover {
    let files = load::whole(rate * SECONDS);
    let sent = Sent::default();
    let (line, consumer) = load::reader(gateway).await;
    let publisher = Publisher::open(gateway).await;
    let bodies: Vec<(String, Vec<u8>)> = (0..files)
        .map(|file| format!("K{number}-{file}"))
        .map(|reference| (reference.clone(), load::submission(gateway, &reference)))
        .collect();
    let known = sent.clone();
    let publishing = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
        for (reference, body) in bodies {
            ticks.tick().await;
            publisher.submit(reference, body, &known).await;
        }
        publisher.settled().await;
    });
    let heard = sent.clone();
    let hearing = tokio::spawn(async move { load::hear(consumer, &heard, files).await });
    tokio::time::sleep(Duration::from_secs_f64(KILL_AFTER_S)).await;
    let (holder, epoch) = leader(gateway).await;
    let killed = Instant::now();
    gateway.roles.get_mut(&holder).unwrap().kill().await;
    let last = gateway.count("SELECT coalesce(max(position), 0) FROM event").await;
    let mut leads_s = None;
    let works_s = loop {
        if leads_s.is_none() && leader(gateway).await.1 > epoch {
            leads_s = Some(killed.elapsed().as_secs_f64());
        }
        // The newest event, by its key: committed by whoever leads now.
        if leads_s.is_some() && gateway.count("SELECT coalesce(max(position), 0) FROM event").await > last {
            break killed.elapsed().as_secs_f64();
        }
        assert!(killed.elapsed().as_secs() < 60, "nobody has taken over");
        tokio::time::sleep(LOOK_EVERY).await;
    };
    gateway.run(&holder);
    publishing.await.unwrap();
    let files = hearing.await.unwrap().len();
    drop(line);
    Takeover { leads_s: leads_s.unwrap_or(f64::NAN), works_s, files }
}

async fn leader(gateway: &Gateway) -> (String, i64) {
    sqlx::query_as("SELECT holder, epoch FROM leader").fetch_one(&gateway.pool).await.unwrap()
}
