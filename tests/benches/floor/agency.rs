//! The least of an agency: takes a request, answers at once, and calls back twice.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;

use crate::worker::{PASS, Plan};

/// Bytes of its answer, of a callback: as ONEE's are.
const ANSWER_BYTES: usize = 1_120;
const CALLBACK_BYTES: usize = 1_762;

#[derive(Clone)]
struct Agency {
    client: reqwest::Client,
    callback: String,
}

pub(crate) async fn run(plan: &str) {
    let plan = Plan::read(plan);
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let agency = Agency { client, callback: format!("http://{}/callback", plan.worker) };
    let router = Router::new().route("/consult", post(consult)).with_state(agency);
    let listener = tokio::net::TcpListener::bind(&plan.agency).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn consult(State(agency): State<Agency>, headers: HeaderMap, _body: bytes::Bytes) -> Vec<u8> {
    let pass = headers[PASS].clone();
    tokio::spawn(async move {
        for stage in ["2", "3"] {
            let request =
                agency.client.post(&agency.callback).header(PASS, pass.clone()).header("stage", stage);
            let answer = request.body(vec![b'x'; CALLBACK_BYTES]).send().await.unwrap();
            assert!(answer.status().is_success());
        }
    });
    vec![b'x'; ANSWER_BYTES]
}
