//! The floor: the messages, rows and calls of a file, and nothing else. No rule, no check, no translation; contents are
//! those that wasl once wrote, with ids put in their places. It is the least that the job costs with these libraries on
//! these servers: improve it whenever wasl comes close to it.

mod adapter;
mod broker;
mod core;
mod template;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use broker::Out;
use template::Template;

/// Header of calls and callbacks: which file and consultation it is about.
pub(crate) const PASS: &str = "pass";

/// What the floor repeats, and where.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Rows of one file by table.
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
    pub(crate) agency: String,
}

impl Plan {
    pub(crate) fn read(path: &str) -> Self {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// What was said on an exchange with these words in it.
    fn body(&self, exchange: &str, words: &str) -> Template {
        let found = self.said.iter().find(|(on, _, body)| on == exchange && body.contains(words));
        let (_, _, body) = found.unwrap_or_else(|| panic!("nobody said {words} on {exchange}"));
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
    pub(crate) out: Out,
    pub(crate) client: reqwest::Client,
}

pub(crate) async fn run(plan: &str) {
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let plan = Plan::read(plan);
    let pool = PgPoolOptions::new().max_connections(4).connect(&plan.database).await.unwrap();
    let out = Out::open(&plan.amqp).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let worker = Arc::new(Worker { plan, pool, out, client });
    let consuming = broker::connect(&worker.plan.amqp).await;
    for (queue, which) in [("review.onee", 0), ("review.urban-agency", 1)] {
        tokio::spawn(adapter::requests(worker.clone(), broker::consume(&consuming, queue, 64).await, which));
    }
    tokio::spawn(core::submissions(worker.clone(), broker::consume(&consuming, "intake", 512).await));
    tokio::spawn(core::answers(worker.clone(), broker::consume(&consuming, "answers", 512).await));
    adapter::callbacks(worker).await;
}
