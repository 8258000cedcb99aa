//! The least of two agencies: both take a request and answer at once. One calls back twice; the other keeps
//! notifications, which are read page by page, and tells the details of each when it is asked.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::worker::{CALLS, PASS, POLLED, Pass, Plan};

/// Notifications of one page.
const PAGE_ITEMS_MAX: usize = 100;
/// Bytes of a notification beside what it is about.
const NOTIFICATION_BYTES: usize = 320;

/// Bytes of its answers and callbacks by agency and stage, as they were recorded.
#[derive(Clone)]
struct Agency {
    client: reqwest::Client,
    callback: String,
    received: Arc<[usize; 6]>,
    notifications: Arc<Mutex<Vec<Note>>>,
}

/// A notification: which consultation has come to which stage.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) pass: String,
    pub(crate) stage: usize,
    pub(crate) more: String,
}

/// One page of them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) notes: Vec<Note>,
    pub(crate) next: usize,
    pub(crate) more: bool,
}

#[tokio::main]
pub(crate) async fn begin(plan: &str) {
    let plan = Plan::read(plan);
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let agency = Agency {
        client: reqwest::Client::builder().no_proxy().build().unwrap(),
        callback: format!("http://{}/callback", plan.worker),
        received: Arc::new(plan.bytes("received")),
        notifications: Arc::default(),
    };
    let router = Router::new()
        .route("/consult", post(consult))
        .route("/notifications/{from}", get(notifications))
        .route("/details", post(details))
        .with_state(agency);
    let listener = tokio::net::TcpListener::bind(&plan.agency).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn consult(State(agency): State<Agency>, headers: HeaderMap, _body: bytes::Bytes) -> Vec<u8> {
    let text = headers[PASS].to_str().unwrap().to_owned();
    let pass = Pass::read(&text);
    let answer = vec![b'x'; agency.received[pass.place(1)]];
    if pass.which == POLLED {
        let more = "x".repeat(NOTIFICATION_BYTES);
        let note = |stage| Note { pass: text.clone(), stage, more: more.clone() };
        agency.notifications.lock().unwrap().extend([note(2), note(3)]);
    } else {
        assert_eq!(pass.which, CALLS);
        let bytes = [2, 3].map(|stage| (stage, agency.received[pass.place(stage)]));
        tokio::spawn(call(agency, text, bytes));
    }
    answer
}

async fn call(agency: Agency, pass: String, stages: [(usize, usize); 2]) {
    for (stage, bytes) in stages {
        let request = agency.client.post(&agency.callback).header(PASS, &pass).header("stage", stage);
        let answer = request.body(vec![b'x'; bytes]).send().await.unwrap();
        assert!(answer.status().is_success());
    }
}

async fn notifications(State(agency): State<Agency>, Path(from): Path<usize>) -> Json<Page> {
    let all = agency.notifications.lock().unwrap();
    let notes: Vec<Note> = all.iter().skip(from).take(PAGE_ITEMS_MAX).cloned().collect();
    let next = from + notes.len();
    Json(Page { notes, next, more: next < all.len() })
}

async fn details(State(agency): State<Agency>, headers: HeaderMap, _body: bytes::Bytes) -> Vec<u8> {
    let pass = Pass::read(headers[PASS].to_str().unwrap());
    let stage: usize = headers["stage"].to_str().unwrap().parse().unwrap();
    vec![b'x'; agency.received[pass.place(stage)]]
}
