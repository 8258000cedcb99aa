//! The core of the floor: a transaction for each batch, then acks, then publishes, then the outbox's rows go.

use std::collections::HashMap;
use std::sync::Arc;

use lapin::Consumer;
use serde::Deserialize;

use super::broker::{self, Message};
use super::template::Template;
use super::writes::{self, Told};
use super::{Pass, Worker};

/// Answers after which a file is reviewed: three of each of two agencies.
const ANSWERS: usize = 6;

#[derive(Deserialize)]
struct Submitted<'e> {
    #[serde(borrow)]
    subject: &'e str,
}

fn notice(worker: &Worker, name: &str) -> Template {
    worker.plan.body("wasl.out", &format!("ma.wasl.{name}.v1"))
}

fn told(template: &Template, pass: &Pass, id: String) -> Message {
    Message {
        exchange: "wasl.out",
        routing_key: "commune.015110106".to_owned(),
        message_id: id,
        body: template.fill(pass).into_bytes(),
    }
}

/// What communes submit.
pub(crate) async fn submissions(worker: Arc<Worker>, mut consumer: Consumer) {
    let registered = notice(&worker, "file.registered");
    let requests = ["review.onee", "review.urban-agency"].map(|key| {
        let said = worker.plan.said.iter().find(|(_, at, _)| at == key).unwrap();
        (key, Template::of(&said.2, &worker.plan))
    });
    let content = writes::Content::of(&worker.plan);
    loop {
        let batch = broker::batch(&mut consumer).await;
        let files: Vec<Pass> = batch
            .iter()
            .map(|delivery| {
                Pass::of_file(serde_json::from_slice::<Submitted<'_>>(&delivery.data).unwrap().subject)
            })
            .collect();
        let mut messages = Vec::with_capacity(files.len() * 3);
        for pass in &files {
            messages.push(told(&registered, pass, format!("{}|registered", pass.file)));
            for (key, template) in &requests {
                messages.push(Message {
                    exchange: "wasl.review",
                    routing_key: (*key).to_owned(),
                    message_id: pass.text(),
                    body: template.fill(pass).into_bytes(),
                });
            }
        }
        let mut tx = worker.pool.begin().await.unwrap();
        writes::register(&mut tx, &files, &content).await;
        let rows = writes::outbox(&mut tx, &messages).await;
        tx.commit().await.unwrap();
        broker::ack(&batch).await;
        tokio::spawn(say(worker.clone(), messages, rows));
    }
}

/// What agencies answer.
pub(crate) async fn answers(worker: Arc<Worker>, mut consumer: Consumer) {
    let notices =
        ["sent", "acknowledged", "answered"].map(|word| notice(&worker, &format!("consultation.{word}")));
    let reviewed = notice(&worker, "file.reviewed");
    let content = writes::Content::of(&worker.plan);
    let mut heard: HashMap<uuid::Uuid, usize> = HashMap::new();
    loop {
        let batch = broker::batch(&mut consumer).await;
        let mut all = Vec::with_capacity(batch.len());
        let mut messages = Vec::with_capacity(batch.len() + 16);
        for delivery in &batch {
            let id = delivery.properties.message_id().as_ref().unwrap().to_string();
            let (pass, stage) = id.rsplit_once('|').unwrap();
            let (pass, stage) = (Pass::read(pass), stage.parse::<usize>().unwrap());
            messages.push(told(&notices[stage - 1], &pass, format!("{id}|told")));
            let count = heard.entry(pass.file).or_default();
            *count += 1;
            let last = *count == ANSWERS;
            if last {
                heard.remove(&pass.file);
                messages.push(told(&reviewed, &pass, format!("{}|reviewed", pass.file)));
            }
            all.push(Told { pass, stage, last, id });
        }
        let mut tx = worker.pool.begin().await.unwrap();
        writes::answer(&mut tx, &all, &content).await;
        let rows = writes::outbox(&mut tx, &messages).await;
        tx.commit().await.unwrap();
        broker::ack(&batch).await;
        tokio::spawn(say(worker.clone(), messages, rows));
    }
}

/// Publishes, and forgets what the broker has. A lost deletion would be a repeat and no more, so it need not wait for
/// the disk.
async fn say(worker: Arc<Worker>, messages: Vec<Message>, rows: Vec<i64>) {
    worker.out.say(&messages).await;
    let mut tx = worker.pool.begin().await.unwrap();
    sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *tx).await.unwrap();
    sqlx::query("DELETE FROM outbox WHERE id = ANY($1)").bind(&rows).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}
