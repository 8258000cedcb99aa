//! Questions to the gateway's HTTP interface, its database and the agencies' ledger.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use super::Gateway;

/// The client of all tests.
pub(crate) fn http() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // Another test of this process may have installed it.
        _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // Each test has a runtime of its own, which its connections do not outlive: none is kept for the next.
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        client.timeout(Duration::from_secs(30)).build().unwrap()
    })
}

impl Gateway {
    /// `GET` with somebody's token.
    pub(crate) fn get_as(&self, caller: &str, path: &str) -> RequestBuilder {
        http().get(format!("http://{}{path}", self.ports.http)).bearer_auth(&self.tokens[caller])
    }

    /// The JSON of an answer, and its status.
    pub(crate) async fn read_as(&self, caller: &str, path: &str) -> (StatusCode, Value) {
        let answer = self.get_as(caller, path).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// `/readyz` as it is now; none while nobody answers.
    pub(crate) async fn readyz(&self) -> Option<(StatusCode, Value)> {
        let answer = http().get(format!("http://{}/readyz", self.ports.http)).send().await.ok()?;
        Some((answer.status(), answer.json().await.ok()?))
    }

    /// A number from the database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Entries of the agencies' ledger: the query is like `action=consultation-accepted&file=PCT-1`.
    pub(crate) async fn ledger(&self, query: &str) -> Vec<Value> {
        let url = format!("http://{}/ledger?{query}", self.ports.sandbox);
        http().get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Something to the agencies' control: `outage`, `plan`.
    pub(crate) async fn control(&self, what: &str, body: Value) {
        let url = format!("http://{}/control/{what}", self.ports.sandbox);
        let status = http().post(url).json(&body).send().await.unwrap().status();
        assert!(status.is_success(), "{what}: {status}");
    }
}
