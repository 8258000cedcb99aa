//! What holds for the whole HTTP side: rights of every route, faults, texts, the contract.

mod routes;
mod spec;
mod texts;

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use uuid::Uuid;

use super::app::{App, Shared};
use super::callbacks::Answers;
use crate::clock::LegalClock;
use crate::config::Settings;
use crate::context::Context;

/// An api role with tokens and without a database: what gets as far as that is answered 503.
pub(super) struct Bench {
    pub(super) app: Shared,
    folder: PathBuf,
}

/// Tokens of the bench: token, role, scope.
pub(super) const TOKENS: [(&str, &str, &str); 6] = [
    ("t-ministry", "ministry", ""),
    ("t-region", "region", "01"),
    ("t-province", "province", "01511"),
    ("t-commune", "commune", "015110101"),
    ("t-agency", "agency", "onee"),
    ("t-operator", "operator", ""),
];

impl Bench {
    pub(super) fn new(public_dashboard: bool) -> Self {
        let folder = std::env::temp_dir().join(format!("wasl-http-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let tokens: serde_json::Map<String, serde_json::Value> = TOKENS
            .iter()
            .map(|(token, role, scope)| {
                let hash: String =
                    Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
                (hash, serde_json::json!({ "name": token, "role": role, "scope": scope }))
            })
            .collect();
        std::fs::write(folder.join("tokens.json"), serde_json::Value::Object(tokens).to_string()).unwrap();
        let mut settings = Settings::load_with(&[], []).unwrap();
        settings.database.url = "postgres://nobody@127.0.0.1:1/none".to_owned();
        settings.database.connect_timeout_ms = 50;
        settings.http.public_dashboard = public_dashboard;
        settings.agencies.enabled.clear();
        settings.auth.tokens_file = Some(folder.join("tokens.json"));
        settings.documents.directory = folder.join("documents");
        settings.documents.document_bytes_max = 100;
        let context = Context::new(settings, LegalClock::real());
        let app = App::load(context, Answers::new(Duration::from_millis(50))).unwrap();
        Self { app, folder }
    }

    pub(super) fn public(&self) -> Router {
        super::routes::public(self.app.clone()).into_router()
    }

    pub(super) fn partners(&self) -> Router {
        super::routes::partners(self.app.clone()).into_router()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Asks with a token, or with none.
pub(super) async fn ask(router: Router, method: &str, path: &str, token: Option<&str>) -> Response<Body> {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

/// Sends one request.
pub(super) async fn send(router: Router, request: Request<Body>) -> Response<Body> {
    router.oneshot(request).await.unwrap()
}

/// The body as text.
pub(super) async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
