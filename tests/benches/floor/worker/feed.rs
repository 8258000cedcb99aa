//! The feed of the agency that is polled: a page of notifications is asked for by a message, its details are read, and
//! all comes back in one message that moves the cursor.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::sync::Arc;

use super::agencies::Note;
use super::broker::Message;
use super::template::Template;
use super::{AGENCIES, CONCURRENCY_MAX, POLLED, Pass, Worker, core, writes};

/// Beginnings of the ids of both messages.
pub(super) const ASKED: &str = "collect|";
pub(super) const READ: &str = "collected|";

/// The first question.
pub(super) async fn begin(worker: Arc<Worker>) {
    sqlx::query(
        "INSERT INTO feed (agency, name) VALUES ('urban-agency', 'notifications') ON CONFLICT DO NOTHING",
    )
    .execute(&worker.pool)
    .await
    .unwrap();
    ask(&worker, 0).await;
}

/// Asks for the page after a cursor, in a transaction of its own.
async fn ask(worker: &Arc<Worker>, from: usize) {
    let mut tx = worker.pool.begin().await.unwrap();
    writes::feed_asked(&mut tx).await;
    let messages = vec![question(from)];
    let rows = writes::outbox(&mut tx, &messages).await;
    tx.commit().await.unwrap();
    core::say(worker.clone(), messages, rows).await;
}

/// The message that asks for a page.
pub(super) fn question(from: usize) -> Message {
    Message {
        exchange: "wasl.review",
        routing_key: format!("review.{}.feeds", AGENCIES[POLLED]),
        message_id: format!("{ASKED}{from}"),
        body: format!("{{\"message\":\"collect\",\"cursor\":\"{from}\"}}").into_bytes(),
    }
}

/// Asks again after a while.
pub(super) fn later(worker: Arc<Worker>, from: usize) {
    let pause = Duration::from_millis(worker.plan.feed_interval_ms);
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        ask(&worker, from).await;
    });
}

/// A page that was read: what it says of whom, where it ends, whether there is more.
pub(super) struct Reading {
    pub(super) told: Vec<(Pass, usize)>,
    pub(super) next: usize,
    pub(super) more: bool,
}

impl Reading {
    /// From a message of [`read`].
    pub(super) fn of(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).unwrap();
        let mut lines = text.split('\n');
        let (next, more) = lines.next().unwrap().split_once('|').unwrap();
        let told = lines.map(|line| {
            let (stage, rest) = line.split_once('|').unwrap();
            let (pass, _) = rest.split_once('\t').unwrap();
            (Pass::read(pass), stage.parse().unwrap())
        });
        Self { told: told.collect(), next: next.parse().unwrap(), more: more == "true" }
    }
}

/// What a notification became, with what was said about it: as wasl's adapter tells it.
pub(super) struct Items([Template; 2]);

impl Items {
    pub(super) fn of(worker: &Worker) -> Self {
        let plan = &worker.plan;
        let bodies = plan.said.iter().filter(|(_, key, _)| *key == format!("{}.collected", AGENCIES[POLLED]));
        let read: Vec<Value> = bodies.map(|(_, _, body)| serde_json::from_str(body).unwrap()).collect();
        let all = |name: &str| -> Vec<Value> {
            read.iter().flat_map(|body| body[name].as_array().cloned().unwrap_or_default()).collect()
        };
        let (items, said) = (all("items"), all("said"));
        Self(std::array::from_fn(|place| Template::of(&format!("{}{}", items[place], said[place]), plan)))
    }

    fn line(&self, pass: &Pass, stage: usize) -> String {
        let content = self.0[stage - 2].fill(pass);
        format!("\n{stage}|{}\t{content}", pass.text())
    }
}

/// Reads a page and its details.
pub(super) async fn read(worker: &Worker, items: &Items, id: &str) -> Message {
    let from: usize = id.strip_prefix(ASKED).unwrap().parse().unwrap();
    let page = worker.agencies.page(from).await;
    let mut body = format!("{}|{}", page.next, page.more);
    let details = async |note: &Note| (worker.agencies.details(note).await, note.stage());
    let mut read = stream::iter(&page.notes).map(details).buffered(CONCURRENCY_MAX);
    while let Some((pass, stage)) = read.next().await {
        body.push_str(&items.line(&pass, stage));
    }
    Message {
        exchange: "wasl.answers",
        routing_key: format!("{}.collected", AGENCIES[POLLED]),
        message_id: format!("{READ}{from}"),
        body: body.into_bytes(),
    }
}
