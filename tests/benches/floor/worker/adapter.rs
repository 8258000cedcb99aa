//! The adapters and the callbacks of the floor: a call, and what became of it, as a message.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use futures_util::StreamExt;
use lapin::Consumer;
use lapin::options::BasicAckOptions;

use super::broker::Message;
use super::template::Template;
use super::{PASS, Pass, Worker};

/// Bytes of a request: between ONEE's and the urban agency's.
const REQUEST_BYTES: usize = 3_200;

/// The answers of an agency to one consultation: received, acknowledged, opinion given.
struct Answers([Template; 3]);

impl Answers {
    fn of(worker: &Worker) -> Self {
        Self(
            ["delivered", "acknowledged", "answered"]
                .map(|word| worker.plan.body("wasl.answers", &format!("\"outcome\":\"{word}\""))),
        )
    }

    fn message(&self, pass: &Pass, stage: usize) -> Message {
        Message {
            exchange: "wasl.answers",
            routing_key: "onee.outcome".to_owned(),
            message_id: format!("{}|{stage}", pass.text()),
            body: self.0[stage - 1].fill(pass).into_bytes(),
        }
    }
}

/// Works off one agency's queue.
pub(crate) async fn requests(worker: Arc<Worker>, mut consumer: Consumer, which: usize) {
    let (answers, url) = (Arc::new(Answers::of(&worker)), format!("http://{}/consult", worker.plan.agency));
    while let Some(Ok(delivery)) = consumer.next().await {
        let (worker, answers, url) = (worker.clone(), answers.clone(), url.clone());
        tokio::spawn(async move {
            let id = delivery.properties.message_id().as_ref().unwrap().to_string();
            let pass = Pass { which, ..Pass::read(&id) };
            let request = worker.client.post(&url).header(PASS, pass.text());
            let answer = request.body(vec![b'x'; REQUEST_BYTES]).send().await.unwrap();
            assert!(answer.status().is_success());
            answer.bytes().await.unwrap();
            worker.out.say(&[answers.message(&pass, 1)]).await;
            delivery.ack(BasicAckOptions::default()).await.unwrap();
        });
    }
}

/// Takes what agencies call in, until the end.
pub(crate) async fn callbacks(worker: Arc<Worker>) {
    let listener = tokio::net::TcpListener::bind(&worker.plan.worker).await.unwrap();
    let answers = Arc::new(Answers::of(&worker));
    let router = Router::new()
        .route("/healthz", get(async || "good"))
        .route("/callback", post(callback))
        .with_state((worker, answers));
    axum::serve(listener, router).await.unwrap();
}

async fn callback(
    State((worker, answers)): State<(Arc<Worker>, Arc<Answers>)>,
    headers: HeaderMap,
    _body: bytes::Bytes,
) -> &'static str {
    let pass = Pass::read(headers[PASS].to_str().unwrap());
    let stage = headers["stage"].to_str().unwrap().parse().unwrap();
    worker.out.say(&[answers.message(&pass, stage)]).await;
    "taken"
}
