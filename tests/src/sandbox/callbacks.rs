//! What the agencies ask of the gateway by themselves: callbacks, posted again and again with growing
//! pauses until they are answered, and documents by link.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::agency::Agency;
use super::config::{
    CALLBACK_BACKOFF_MAX_MS, CALLBACK_BACKOFF_MIN_MS, CALLBACK_TIMEOUT_MS, CALLBACKS_CONCURRENT_MAX,
};
use super::locked;
use super::scenario::Scenarios;

/// Wrong callbacks that are remembered with their answers.
const PROVOCATIONS_MAX: usize = 200;

/// One callback: where, what, and which answer ends it.
pub(super) struct Callback {
    pub(super) url: String,
    pub(super) content_type: &'static str,
    pub(super) headers: HeaderMap,
    /// Made anew for each try: a signed body must not carry an old nonce.
    pub(super) body: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

/// The gateway's answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// How often it was sent, this time included.
    pub(super) tries: u32,
}

/// The client that all agencies share.
#[derive(Debug)]
pub(super) struct Callbacks {
    client: reqwest::Client,
    slots: Semaphore,
    failed: AtomicU64,
    scenarios: Arc<Scenarios>,
    provocations: Mutex<VecDeque<Value>>,
}

impl Callbacks {
    pub(super) fn new(scenarios: Arc<Scenarios>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(CALLBACK_TIMEOUT_MS))
            .build()?;
        Ok(Self {
            client,
            slots: Semaphore::new(CALLBACKS_CONCURRENT_MAX),
            failed: AtomicU64::new(0),
            scenarios,
            provocations: Mutex::default(),
        })
    }

    /// Tries that failed since the start.
    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// The callbacks that were wrong on purpose, and what the gateway said; the newest last.
    pub(super) fn provocations(&self) -> Vec<Value> {
        locked(&self.provocations).iter().cloned().collect()
    }

    /// Posts until `done` accepts the answer; wrong ones before it and the same one after it, as scenarios ask.
    pub(super) async fn deliver(&self, callback: &Callback, done: impl Fn(&Answer) -> bool) -> Answer {
        let agency = Agency::of_path(callback.url.split("/callbacks/").nth(1).unwrap_or_default());
        let (wrong, twice) = agency
            .map_or_else(Default::default, |agency| self.scenarios.callbacks(agency, &(callback.body)()));
        for wrong in wrong {
            self.provoke(wrong.why.key(), callback, wrong.body).await;
        }
        let answer = self.deliver_true(callback, done).await;
        if twice {
            self.provoke("duplicate", callback, (callback.body)()).await;
        }
        answer
    }

    /// Posts once what nobody waits for an answer to, and remembers the answer.
    async fn provoke(&self, why: &str, callback: &Callback, body: Vec<u8>) {
        let said = match self.post_body(callback, body, 1).await {
            Ok(answer) => {
                let text: String = String::from_utf8_lossy(&answer.body).chars().take(400).collect();
                json!({"scenario": why, "url": callback.url, "status": answer.status, "answer": text})
            }
            Err(fault) => json!({"scenario": why, "url": callback.url, "fault": fault.to_string()}),
        };
        let mut provocations = locked(&self.provocations);
        if provocations.len() >= PROVOCATIONS_MAX {
            provocations.pop_front();
        }
        provocations.push_back(said);
    }

    async fn deliver_true(&self, callback: &Callback, done: impl Fn(&Answer) -> bool) -> Answer {
        let mut pause_ms = CALLBACK_BACKOFF_MIN_MS;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.post(callback, tries).await {
                Ok(answer) if done(&answer) => return answer,
                Ok(answer) => {
                    tracing::debug!(status = answer.status, tries, "callback not taken, will try again");
                }
                Err(fault) => tracing::debug!(%fault, tries, "callback failed, will try again"),
            }
            self.failed.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(CALLBACK_BACKOFF_MAX_MS);
        }
    }

    /// Downloads at most so many bytes; none when there are more.
    pub(super) async fn get(&self, url: &str, bytes_max: u64) -> anyhow::Result<Option<Vec<u8>>> {
        let _slot = self.slots.acquire().await?;
        let mut response = self.client.get(url).send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if u64::try_from(bytes.len())? > bytes_max {
                return Ok(None);
            }
        }
        Ok(Some(bytes))
    }

    async fn post(&self, callback: &Callback, tries: u32) -> anyhow::Result<Answer> {
        self.post_body(callback, (callback.body)(), tries).await
    }

    async fn post_body(&self, callback: &Callback, body: Vec<u8>, tries: u32) -> anyhow::Result<Answer> {
        let _slot = self.slots.acquire().await?;
        let request = self
            .client
            .post(&callback.url)
            .headers(callback.headers.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static(callback.content_type))
            .body(body);
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: response.bytes().await?.to_vec(), tries })
    }
}
