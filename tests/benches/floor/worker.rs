//! The floor: the messages, rows and calls of a file, and nothing else. No rule, no check, no translation; contents are
//! those that wasl once wrote, with ids put in their places. It is the least that the job costs with these libraries on
//! these servers: improve it whenever wasl comes close to it.

mod adapter;
mod agencies;
mod broker;
mod core;
mod feed;
mod nonces;
mod template;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::runtime::Builder;
use uuid::Uuid;

use agencies::Agencies;
use broker::Out;
use template::Template;

/// The two agencies of a file by their place: the one that calls back, and the one that is polled.
pub(crate) const AGENCIES: [&str; 2] = ["onee", "urban-agency"];
pub(crate) const CALLS: usize = 0;
pub(crate) const POLLED: usize = 1;
/// Requests under way at one agency: as many as wasl has.
pub(crate) const CONCURRENCY_MAX: usize = 16;

/// What the floor repeats, and where.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Rows of one file by table; those of agencies in the order of [`AGENCIES`] and of their stages.
    pub(crate) rows: BTreeMap<String, Value>,
    /// Its id, its reference, its consultations.
    pub(crate) file: String,
    pub(crate) reference: String,
    pub(crate) consultations: Vec<String>,
    /// What was said about it: exchange, routing key, body.
    pub(crate) said: Vec<(String, String, String)>,
    pub(crate) amqp: String,
    pub(crate) database: String,
    pub(crate) worker: String,
    /// The agencies, and the file with what was agreed with them.
    pub(crate) sandbox: String,
    pub(crate) secrets: String,
    /// How often the agency that is polled is asked.
    pub(crate) feed_interval_ms: u64,
    /// The worker has one thread only.
    pub(crate) alone: bool,
}

impl Plan {
    pub(crate) fn read(path: &str) -> Self {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// What was said on an exchange, under a key, with these words in it.
    fn body(&self, exchange: &str, key: &str, words: &str) -> Template {
        let found =
            self.said.iter().find(|(on, at, body)| on == exchange && at == key && body.contains(words));
        let (_, _, body) = found.unwrap_or_else(|| panic!("nobody said {words} on {exchange} to {key}"));
        Template::of(body, self)
    }
}

/// One consultation of one file, as messages carry it: `file|reference|which`.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) file: Uuid,
    pub(crate) reference: String,
    pub(crate) which: usize,
}

impl Pass {
    pub(crate) fn of_file(reference: &str) -> Self {
        Self {
            file: Uuid::new_v5(&Uuid::NAMESPACE_OID, reference.as_bytes()),
            reference: reference.to_owned(),
            which: 0,
        }
    }

    pub(crate) fn consultation(&self, which: usize) -> Uuid {
        Uuid::from_u128(self.file.as_u128() ^ (which as u128 + 1))
    }

    /// The number of a stage (1 to 3) among those of both agencies.
    pub(crate) const fn place(&self, stage: usize) -> usize {
        self.which * 3 + stage - 1
    }

    pub(crate) fn text(&self) -> String {
        format!("{}|{}|{}", self.file, self.reference, self.which)
    }

    pub(crate) fn read(text: &str) -> Self {
        let mut parts = text.split('|');
        let file = parts.next().unwrap().parse().unwrap();
        let reference = parts.next().unwrap().to_owned();
        Self { file, reference, which: parts.next().unwrap().parse().unwrap() }
    }
}

/// What all loops share.
pub(crate) struct Worker {
    pub(crate) plan: Plan,
    pub(crate) pool: PgPool,
    /// For what need not wait for the disk.
    pub(crate) relaxed: PgPool,
    pub(crate) out: Out,
    agencies: Agencies,
}

pub(crate) fn begin(plan: &str) {
    let plan = Plan::read(plan);
    let mut threads = if plan.alone { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    threads.enable_all().build().unwrap().block_on(run(plan));
}

async fn run(plan: Plan) {
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Rows are found by their keys, as in wasl, whatever a table looked like when it was empty.
    let by_key = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map(|plan| (plan, "off"));
    let options = plan.database.parse::<PgConnectOptions>().unwrap().options(by_key);
    let pool = PgPoolOptions::new().max_connections(5).connect_with(options.clone()).await.unwrap();
    let options = options.options([("synchronous_commit", "off")]);
    let relaxed = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let out = Out::open(&plan.amqp).await;
    let agencies = Agencies::of(&plan);
    let worker = Arc::new(Worker { plan, pool, relaxed, out, agencies });
    let consuming = broker::connect(&worker.plan.amqp).await;
    let requests = AGENCIES.iter().enumerate().map(|(which, agency)| (which, format!("review.{agency}")));
    let feed = (POLLED, format!("review.{}.feeds", AGENCIES[POLLED]));
    for (which, queue) in requests.chain([feed]) {
        tokio::spawn(adapter::requests(worker.clone(), broker::consume(&consuming, &queue, 32).await, which));
    }
    tokio::spawn(core::submissions(worker.clone(), broker::consume(&consuming, "intake", 512).await));
    tokio::spawn(core::answers(worker.clone(), broker::consume(&consuming, "answers", 512).await));
    tokio::spawn(feed::begin(worker.clone()));
    adapter::callbacks(worker).await;
}
