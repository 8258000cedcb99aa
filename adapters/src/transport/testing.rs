//! For tests: a real HTTP server on loopback that plays an agency, one that loses its answers, and the keys
//! of a commented configuration file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// One request that the server got.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `POST /v1/consultations`, with its query.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What it answers.
#[derive(Debug, Clone)]
pub(crate) struct Say {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Say {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The server; it ends with the test's runtime.
pub(crate) struct TestServer {
    /// `http://127.0.0.1:port`.
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl TestServer {
    /// Starts a server. `answer` gets each request and how many with the same line came before it.
    pub(crate) async fn start(answer: impl Fn(&Seen, usize) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        let router = axum::Router::new().fallback(move |request: Request<Body>| {
            let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 16 << 20).await.unwrap().to_vec();
                let seen =
                    Seen { line: format!("{} {}", parts.method, parts.uri), headers: parts.headers, body };
                let before = {
                    let mut kept = kept.lock().unwrap();
                    let before = kept.iter().filter(|s| s.line == seen.line).count();
                    kept.push(seen.clone());
                    before
                };
                respond(answer(&seen, before))
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    /// Everything that came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often a line came.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.seen().iter().filter(|s| s.line == line).count()
    }
}

fn respond(say: Say) -> Response<Body> {
    let mut response = Response::builder().status(say.status);
    for (name, value) in say.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(say.body)).unwrap()
}

/// An address that takes a request and closes the connection without an answer.
pub(crate) async fn losing_answers() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
        }
    });
    address
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The table `[adapter]` of a configuration file with every commented key taken in, and every `*_file` key
/// pointed at a file that exists.
pub(crate) fn every_key(kind: &str) -> toml::Table {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(format!("../config/agencies/{kind}.toml"))).unwrap();
    let is_key = |line: &str| {
        let name = line.split_once(" = ").map_or("", |(name, _)| name);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
    };
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line))
        .collect();
    let mut table: toml::Table = uncommented.join("\n").parse().unwrap();
    let toml::Value::Table(mut adapter) = table.remove("adapter").unwrap() else { panic!("[adapter]") };
    let file = root.join("Cargo.toml").display().to_string();
    for (key, value) in &mut adapter {
        if key.ends_with("_file") {
            *value = toml::Value::String(file.clone());
        }
    }
    adapter
}

/// The table `[adapter]` of a configuration file as it stands, with secrets made here: an adapter can be built of it,
/// and its addresses lead nowhere.
pub(crate) fn working_keys(kind: &str) -> toml::Table {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(format!("../config/agencies/{kind}.toml"))).unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    let toml::Value::Table(mut adapter) = table.remove("adapter").unwrap() else { panic!("[adapter]") };
    let secret = std::env::temp_dir().join(format!("wasl-secret-{}-{kind}", std::process::id()));
    std::fs::write(&secret, uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, kind.as_bytes()).to_string())
        .unwrap();
    for (key, value) in &mut adapter {
        if key.ends_with("_file") {
            *value = toml::Value::String(secret.display().to_string());
        }
    }
    adapter
}
