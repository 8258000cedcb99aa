//! What communes sent and received, in order: all that the oracle knows of them.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a message was sent, and so what must come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Intent {
    /// In good faith: it must be taken.
    Genuine,
    /// The same message once more: one effect, no answer.
    Repeat,
    /// Wrong on purpose: `file.refused` with exactly these codes.
    Wrong {
        /// Fault codes, sorted.
        codes: Vec<String>,
    },
    /// A decision that cannot stand: `decision.rejected` with exactly these codes.
    Overruled {
        /// Fault codes, sorted.
        codes: Vec<String>,
    },
    /// Wrong on purpose, and nobody can be answered: no answer and no effect.
    Unanswerable,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// Wall time of the broker's confirm, milliseconds since 1970.
    pub wall_ms: i64,
    /// Wall time at which it was first tried; none where that is the same.
    #[serde(default)]
    pub begun_ms: Option<i64>,
    /// Legal time of the confirm.
    pub legal: Timestamp,
    /// `source` under which the answer is expected: the true sender.
    pub source: String,
    /// Its id; absent when the message had none that can be read.
    pub id: Option<String>,
    /// `file.submitted` …
    pub name: String,
    /// The file's reference.
    pub reference: String,
    /// Payload.
    pub data: Value,
    /// Why.
    pub intent: Intent,
    /// The broker has it.
    pub confirmed: bool,
}

/// A message that a commune received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// Wall time of the delivery, milliseconds since 1970.
    pub wall_ms: i64,
    /// Legal time of the delivery.
    pub legal: Timestamp,
    /// The commune that read it.
    pub commune: String,
    /// The same message id was delivered before.
    pub repeated: bool,
    /// The CloudEvent.
    pub envelope: Value,
}

impl Received {
    /// `file.registered` …
    #[must_use]
    pub fn name(&self) -> &str {
        self.envelope["type"].as_str().and_then(super::wire::short_name).unwrap_or_default()
    }

    /// The file's reference; empty when the message names none.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.envelope["subject"].as_str().unwrap_or_default()
    }

    /// The payload.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.envelope["data"]
    }

    /// Legal time of what happened, in the gateway's words.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.envelope["time"].as_str()?.parse().ok()
    }
}

/// The journal of a run.
#[derive(Debug, Default, Clone)]
pub struct Journal {
    sent: Arc<Mutex<Vec<Sent>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A panic elsewhere leaves the list usable: every change is one push.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Notes a message that was sent.
    pub fn sent(&self, message: Sent) {
        locked(&self.sent).push(message);
    }

    /// Notes a message that was received.
    pub fn received(&self, message: Received) {
        locked(&self.received).push(message);
    }

    /// How many were sent and received.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (locked(&self.sent).len(), locked(&self.received).len())
    }

    /// All of it.
    #[must_use]
    pub fn all(&self) -> (Vec<Sent>, Vec<Received>) {
        (locked(&self.sent).clone(), locked(&self.received).clone())
    }

    /// Writes `sent.jsonl` and `received.jsonl`, one message a line.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_lines(&folder.join("sent.jsonl"), &locked(&self.sent))?;
        write_lines(&folder.join("received.jsonl"), &locked(&self.received))
    }
}

/// Writes one JSON value a line.
///
/// # Errors
/// The file cannot be written.
pub fn write_lines<T: Serialize>(path: &Path, items: &[T]) -> anyhow::Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = std::io::BufWriter::new(file);
    for item in items {
        serde_json::to_writer(&mut out, item)?;
        out.write_all(b"\n")?;
    }
    out.flush().context("cannot write the journal")
}

/// Reads what [`write_lines`] wrote.
///
/// # Errors
/// The file cannot be read.
pub fn read_lines<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of a journal")).collect()
}
