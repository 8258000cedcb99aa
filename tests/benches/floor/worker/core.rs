//! The core of the floor: a transaction for each batch, then acks, then publishes, then the outbox's rows go.

use std::collections::HashMap;
use std::sync::Arc;

use lapin::Consumer;
use lapin::message::Delivery;
use serde::Deserialize;
use uuid::Uuid;

use super::broker::{self, Message};
use super::feed::{self, Reading};
use super::template::Template;
use super::writes::{self, Told};
use super::{AGENCIES, Pass, Worker};

const COMMUNE: &str = "commune.015110106";
/// Answers of a file: three of each of two agencies.
const ANSWERS: usize = 6;

#[derive(Deserialize)]
struct Submitted<'e> {
    #[serde(borrow)]
    subject: &'e str,
}

fn notice(worker: &Worker, name: &str) -> Template {
    worker.plan.body("wasl.out", COMMUNE, &format!("ma.wasl.{name}.v1"))
}

fn told(template: &Template, pass: &Pass, id: String) -> Message {
    Message {
        exchange: "wasl.out",
        routing_key: COMMUNE.to_owned(),
        message_id: id,
        body: template.fill(pass).into_bytes(),
    }
}

/// What communes submit.
pub(crate) async fn submissions(worker: Arc<Worker>, mut consumer: Consumer) {
    let registered = notice(&worker, "file.registered");
    let requests = AGENCIES.map(|agency| {
        let key = format!("review.{agency}");
        (worker.plan.body("wasl.review", &key, "\"consult\""), key)
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
            for (template, key) in &requests {
                messages.push(Message {
                    exchange: "wasl.review",
                    routing_key: key.clone(),
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

/// What has come of a file.
#[derive(Default)]
struct Heard {
    answers: usize,
    answered: [bool; 2],
    /// Number of its last event.
    sequence: i64,
}

/// What agencies answer.
pub(crate) async fn answers(worker: Arc<Worker>, mut consumer: Consumer) {
    let notices =
        ["sent", "acknowledged", "answered"].map(|word| notice(&worker, &format!("consultation.{word}")));
    let reviewed = notice(&worker, "file.reviewed");
    let content = writes::Content::of(&worker.plan);
    let mut heard: HashMap<Uuid, Heard> = HashMap::new();
    loop {
        let batch = broker::batch(&mut consumer).await;
        let (arrived, readings) = arrived(&batch);
        let mut all = Vec::with_capacity(arrived.len());
        let mut messages = Vec::with_capacity(arrived.len() + 16);
        for (pass, stage) in arrived {
            let told = hear(&mut heard, pass, stage);
            let Told { pass, event, last, .. } = &told;
            if event.is_some() {
                messages.push(self::told(&notices[stage - 1], pass, format!("{}|told", told.id)));
            }
            if last.is_some() {
                messages.push(self::told(&reviewed, pass, format!("{}|reviewed", pass.file)));
            }
            all.push(told);
        }
        messages.extend(readings.iter().filter(|read| read.more).map(|read| feed::question(read.next)));
        let mut tx = worker.pool.begin().await.unwrap();
        writes::answer(&mut tx, &all, &content).await;
        for reading in &readings {
            writes::feed_moved(&mut tx, reading.next).await;
        }
        let rows = writes::outbox(&mut tx, &messages).await;
        tx.commit().await.unwrap();
        broker::ack(&batch).await;
        if let Some(rest) = readings.last().filter(|reading| !reading.more) {
            feed::later(worker.clone(), rest.next);
        }
        tokio::spawn(say(worker.clone(), messages, rows));
    }
}

/// What the deliveries of a batch tell, and the readings among them.
fn arrived(batch: &[Delivery]) -> (Vec<(Pass, usize)>, Vec<Reading>) {
    let (mut all, mut readings) = (Vec::with_capacity(batch.len()), Vec::new());
    for delivery in batch {
        let id = delivery.properties.message_id().as_ref().unwrap().to_string();
        if id.starts_with(feed::READ) {
            let mut reading = Reading::of(&delivery.data);
            all.append(&mut reading.told);
            readings.push(reading);
        } else {
            let (pass, stage) = id.rsplit_once('|').unwrap();
            all.push((Pass::read(pass), stage.parse().unwrap()));
        }
    }
    (all, readings)
}

/// An acknowledgement that an opinion has overtaken is no event any more, as in wasl.
fn hear(heard: &mut HashMap<Uuid, Heard>, pass: Pass, stage: usize) -> Told {
    let file = heard.entry(pass.file).or_insert_with(|| Heard { sequence: 1, ..Heard::default() });
    file.answers += 1;
    let mut next = || {
        file.sequence += 1;
        file.sequence
    };
    let overtaken = file.answered[pass.which];
    let event = (!overtaken).then(&mut next);
    file.answered[pass.which] |= stage == 3;
    let last = (stage == 3 && file.answered == [true; 2]).then(next);
    if file.answers == ANSWERS {
        heard.remove(&pass.file);
    }
    let id = format!("{}|{stage}", pass.text());
    Told { pass, stage, event, last, id }
}

/// Publishes, and forgets what the broker has. A lost deletion would be a repeat and no more, so it need not wait for
/// the disk.
pub(super) async fn say(worker: Arc<Worker>, messages: Vec<Message>, rows: Vec<i64>) {
    if messages.is_empty() {
        return;
    }
    worker.out.say(&messages).await;
    sqlx::query("DELETE FROM outbox WHERE id = ANY($1)").bind(&rows).execute(&worker.relaxed).await.unwrap();
}
