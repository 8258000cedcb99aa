//! The adapters and the callbacks of the floor: a call, and what became of it, as a message.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use futures_util::StreamExt;
use lapin::Consumer;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use tokio::sync::Semaphore;

use super::broker::Message;
use super::feed::{self, Items};
use super::nonces::Nonces;
use super::template::Template;
use super::{AGENCIES, CALLS, CONCURRENCY_MAX, POLLED, Pass, Worker};

/// Works off one agency's queue.
pub(crate) async fn requests(worker: Arc<Worker>, mut consumer: Consumer, which: usize) {
    let desk = Arc::new(Desk {
        which,
        delivered: worker.plan.body("wasl.answers", &key(which), "\"outcome\":\"delivered\""),
        items: (which == POLLED).then(|| Items::of(&worker)),
        worker,
    });
    let places = Arc::new(Semaphore::new(CONCURRENCY_MAX));
    while let Some(Ok(delivery)) = consumer.next().await {
        let place = places.clone().acquire_owned().await.unwrap();
        let desk = desk.clone();
        tokio::spawn(async move {
            let message = desk.work(&delivery).await;
            desk.worker.out.say(&[message]).await;
            delivery.ack(BasicAckOptions::default()).await.unwrap();
            drop(place);
        });
    }
}

fn key(which: usize) -> String {
    format!("{}.outcome", AGENCIES[which])
}

struct Desk {
    worker: Arc<Worker>,
    which: usize,
    delivered: Template,
    items: Option<Items>,
}

impl Desk {
    async fn work(&self, delivery: &Delivery) -> Message {
        let id = delivery.properties.message_id().as_ref().unwrap().to_string();
        if id.starts_with(feed::ASKED) {
            return feed::read(&self.worker, self.items.as_ref().unwrap(), &id).await;
        }
        let pass = Pass { which: self.which, ..Pass::read(&id) };
        self.worker.agencies.consult(&pass).await;
        told(&self.delivered, &pass, 1)
    }
}

fn told(template: &Template, pass: &Pass, stage: usize) -> Message {
    Message {
        exchange: "wasl.answers",
        routing_key: key(pass.which),
        message_id: format!("{}|{stage}", pass.text()),
        body: template.fill(pass).into_bytes(),
    }
}

/// What callbacks need.
#[derive(Clone)]
struct Called {
    worker: Arc<Worker>,
    /// Acknowledged, opinion given.
    answers: Arc<[Template; 2]>,
    nonces: Nonces,
}

/// Takes what an agency calls in, until the end.
pub(crate) async fn callbacks(worker: Arc<Worker>) {
    let listener = tokio::net::TcpListener::bind(&worker.plan.worker).await.unwrap();
    let answers = ["acknowledged", "answered"];
    // As wasl says it; here it goes to the queue of the outcomes, so that both are one batch.
    let key = format!("{}.callback", AGENCIES[CALLS]);
    let answer = |word: &str| worker.plan.body("wasl.answers", &key, &format!("\"outcome\":\"{word}\""));
    let called =
        Called { answers: Arc::new(answers.map(answer)), nonces: Nonces::begin(worker.pool.clone()), worker };
    let router = Router::new()
        .route("/healthz", get(async || "good"))
        .route("/callbacks/onee", post(callback))
        .with_state(called);
    axum::serve(listener, router).await.unwrap();
}

/// The outcome is safe with the broker, then the nonce is kept, then the agency is answered.
async fn callback(State(called): State<Called>, body: Bytes) -> Vec<u8> {
    let said = called.worker.agencies.called(&body);
    let message = told(&called.answers[said.stage - 2], &said.pass, said.stage);
    let nonce = message.message_id.clone();
    called.worker.out.say(&[message]).await;
    called.nonces.keep(nonce).await;
    said.answer
}
