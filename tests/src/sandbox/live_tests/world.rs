//! A sandbox of its own for each test, and a gateway that answers its callbacks.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::xml::{self, Element};
use super::super::xsd::Schema;
use super::super::{Secrets, ServeArgs, serve_and_tell};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies");
const XSD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/xsd");
pub(super) const SAMPLE_ID: &str = "0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f";

pub(super) fn sample(name: &str, id: &str) -> String {
    std::fs::read_to_string(format!("{SAMPLES}/{name}")).unwrap().replace(SAMPLE_ID, id)
}

/// A sandbox of its own, with a folder that goes with it.
pub(super) struct World {
    pub(super) folder: PathBuf,
    pub(super) callbacks: Option<String>,
    pub(super) http: String,
    pub(super) fetch_documents: bool,
    pub(super) stop: CancellationToken,
    pub(super) task: Option<JoinHandle<()>>,
    pub(super) client: Client,
}

impl World {
    pub(super) async fn start(callbacks: Option<String>) -> Self {
        let folder = std::env::temp_dir().join(format!("wasl-sandbox-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let stop = CancellationToken::new();
        let mut world =
            Self { folder, callbacks, http: String::new(), fetch_documents: false, stop, task: None, client };
        world.open().await;
        world
    }

    pub(super) async fn open(&mut self) {
        let args = ServeArgs {
            legal_day_ms: Some(40),
            callbacks: self.callbacks.clone(),
            drop_folder: Some(self.folder.join("drop")),
            secrets: Some(self.folder.join("secrets.json")),
            ledger: Some(self.folder.join("ledger.jsonl")),
            fetch_documents: self.fetch_documents,
            ..ServeArgs::default()
        };
        self.stop = CancellationToken::new();
        let stop = self.stop.clone();
        let (ready, address) = oneshot::channel();
        self.task = Some(tokio::spawn(async move {
            let tell = |http: &str| ready.send(http.to_owned()).unwrap();
            serve_and_tell(args.settings().unwrap(), stop, tell).await.unwrap();
        }));
        self.http = address.await.unwrap();
    }

    pub(super) async fn close(&mut self) {
        self.stop.cancel();
        self.task.take().unwrap().await.unwrap();
    }

    pub(super) fn secrets(&self) -> Secrets {
        Secrets::load_or_make(&self.folder.join("secrets.json")).unwrap()
    }

    pub(super) async fn plan(&self, agency: &str, reference: &str, behaviour: &str) {
        let plan = json!({
            "agency": agency, "reference": reference, "behaviour": behaviour, "delay_days": 1.0,
            "pushed": true, "twice": true, "at_once": false, "then": "unfavourable",
        });
        let answer =
            self.client.post(format!("{}/control/plan", self.http)).json(&plan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    /// Lays a file into `out/` as the contract says: written beside and renamed, so that the agency, which looks
    /// every 20 ms, never takes half of it.
    pub(super) fn lay(&self, name: &str, text: &str) {
        let out = self.folder.join("drop/out");
        let part = out.join(format!("{name}.part"));
        std::fs::write(&part, text).unwrap();
        std::fs::rename(part, out.join(name)).unwrap();
    }

    /// Waits for an entry of the ledger.
    pub(super) async fn entry(&self, reference: &str, action: &str) -> Value {
        let url = format!("{}/ledger?reference={reference}&action={action}&wait_ms=20000", self.http);
        let entries: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        if entries[0].is_null() {
            panic!("no {action} of {reference}; violations: {:?}", self.violations().await);
        }
        entries[0].clone()
    }

    pub(super) async fn violations(&self) -> Vec<Value> {
        let url = format!("{}/ledger?action=violation", self.http);
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    pub(super) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, Element) {
        let mut request = self.client.post(format!("{}{path}", self.http)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), xml::parse(&answer.bytes().await.unwrap()).unwrap())
    }

    pub(super) async fn token(&self) -> String {
        let agreed = self.secrets().urban_agency;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &agreed.client_id),
            ("client_secret", &agreed.client_secret),
            ("scope", "consultations"),
        ];
        let url = format!("{}/urban-agency/oauth2/token", self.http);
        let answer: Value = self.client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn urban(&self, token: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("{}/urban-agency/v1/{path}", self.http);
        let request = match &body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let actor = self.secrets().urban_agency.id_acteur_appelant;
        let request = request.bearer_auth(token).header("Id-Acteur-Appelant", actor);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A gateway that notes each callback and answers as the contract says.
#[expect(clippy::disallowed_methods, reason = "a handful of callbacks in a test")]
pub(super) async fn gateway() -> (String, mpsc::UnboundedReceiver<Bytes>) {
    let (seen, callbacks) = mpsc::unbounded_channel();
    let (for_onee, for_bank) = (seen.clone(), seen);
    let onee = post(async move |body: Bytes| {
        let event = xml::parse(&body).unwrap();
        let id = event.text_at(&["Body", "EventMessage", "Header", "MessageID"]).to_owned();
        for_onee.send(body).unwrap();
        sample("onee/event-reply-ok.xml", "").replace("7e1f0a52-9d0c-4c53-9a3e-3f6f8f2b1c44", &id)
    });
    let bank = post(async move |body: Bytes| {
        let approved = String::from_utf8_lossy(&body).contains("ProcReturnCode=00");
        for_bank.send(body).unwrap();
        if approved { "ACTION=POSTAUTH" } else { "APPROVED" }
    });
    let router = axum::Router::new().route("/callbacks/onee", onee).route("/callbacks/barid-bank", bank);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, callbacks)
}

pub(super) fn schema(path: &str) -> Arc<Schema> {
    Arc::new(Schema::read(&std::fs::read_to_string(format!("{XSD}/{path}")).unwrap()).unwrap())
}
