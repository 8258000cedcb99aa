//! What really occurred. A run in which nothing was hit proves nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::inject::{Done, manage};
use super::stage::Stage;
use crate::oracle::evidence::Entry;
use crate::proxy::Counts;

/// What was seen of the faults, from outside.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Seen {
    /// Deliveries to communes that the broker or the gateway said may have come before.
    pub deliveries_again: usize,
    /// Deliveries to communes of a message that they had.
    pub deliveries_repeated: usize,
    /// Deliveries that the broker made again to the gateway, since its last start.
    pub redelivered_by_broker: u64,
    /// Callbacks that an agency had to make more than once until they were answered.
    pub callbacks_repeated: usize,
    /// What the proxies did, by line.
    pub lines: BTreeMap<&'static str, Counts>,
    /// Requests that an agency had already: refused there, without effect.
    pub refused_as_duplicate: BTreeMap<String, usize>,
}

impl Seen {
    /// Counts what the agencies refused as a duplicate.
    #[must_use]
    pub fn duplicates(ledger: &[Entry]) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in ledger.iter().filter(|entry| entry.action == "duplicate") {
            *counts.entry(entry.agency.clone()).or_default() += 1;
        }
        counts
    }

    /// Counts callbacks that were tried more than once.
    #[must_use]
    pub fn repeated(ledger: &[Entry]) -> usize {
        let tried = ledger.iter().filter(|entry| entry.action == "callback-acknowledged");
        tried.filter(|entry| entry.detail["tries"].as_u64().unwrap_or(1) > 1).count()
    }

    fn line(&self, name: &str) -> Counts {
        self.lines.get(name).copied().unwrap_or_default()
    }

    /// Why the run is void; empty when its faults occurred.
    #[must_use]
    pub fn void(&self, done: &[Done]) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut needs = |holds: bool, what: &str| {
            if !holds {
                reasons.push(what.to_owned());
            }
        };
        needs(!done.is_empty(), "no fault was done");
        needs(self.deliveries_again + self.deliveries_repeated > 0, "no redelivery was seen");
        needs(self.line("database").cut_after_commit > 0, "no commit was left unknown");
        needs(self.callbacks_repeated > 0, "no callback was repeated");
        needs(self.line("agencies").faults() > 0, "no line to an agency was broken");
        reasons
    }
}

/// Deliveries that the broker has made again, as far as it remembers.
pub async fn redelivered(stage: &Stage) -> u64 {
    let overview = manage(stage, reqwest::Method::GET, "api/overview", None).await;
    overview.ok().and_then(|all: Value| all["message_stats"]["redeliver"].as_u64()).unwrap_or(0)
}

/// Queues of the gateway that are read without a limit.
///
/// # Errors
/// The management API refuses.
pub async fn unlimited_readers(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let readers = manage(stage, reqwest::Method::GET, "api/consumers/%2f", None).await?;
    let readers = readers.as_array().cloned().unwrap_or_default();
    let ours = |queue: &str| {
        queue.starts_with("intake") || queue.starts_with("answers") || queue.starts_with("review.")
    };
    let name = |reader: &Value| reader["queue"]["name"].as_str().unwrap_or_default().to_owned();
    let unlimited = readers.iter().filter(|reader| reader["prefetch_count"] == 0);
    Ok(unlimited.map(name).filter(|queue| ours(queue)).collect())
}

/// Messages that were set aside, by code: told, not judged.
///
/// # Errors
/// The database is away.
#[expect(clippy::disallowed_methods, reason = "figures for the report, read once everything is over")]
pub async fn parked(stage: &Stage) -> anyhow::Result<BTreeMap<String, i64>> {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(address(stage).as_str()).await?;
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT code, count(*) FROM parked GROUP BY code").fetch_all(&mut connection).await?;
    Ok(rows.into_iter().collect())
}

/// Requests without an outcome, messages not yet confirmed, and legal timers that are due.
///
/// # Errors
/// The database is away.
#[expect(
    clippy::disallowed_methods,
    reason = "when to end the drain is asked where the gateway keeps its work"
)]
pub async fn in_flight(stage: &Stage, legal_now: Timestamp) -> anyhow::Result<i64> {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(address(stage).as_str()).await?;
    let statement = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM consultation WHERE waiting)
        + (SELECT count(*) FROM fee WHERE waiting)
        + (SELECT count(*) FROM timer WHERE legal AND due_at <= $1::timestamptz)";
    Ok(sqlx::query_scalar(statement).bind(legal_now.to_string()).fetch_one(&mut connection).await?)
}

/// How often each feed has been read, by agency and name.
///
/// # Errors
/// The database does not answer.
#[expect(
    clippy::disallowed_methods,
    reason = "when to end the drain is asked where the gateway keeps its work"
)]
pub async fn feeds(stage: &Stage) -> anyhow::Result<BTreeMap<String, i64>> {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(address(stage).as_str()).await?;
    let statement = "SELECT agency || '/' || name, version FROM feed";
    let read: Vec<(String, i64)> = sqlx::query_as(statement).fetch_all(&mut connection).await?;
    Ok(read.into_iter().collect())
}

fn address(stage: &Stage) -> url::Url {
    crate::world::database::address(&stage.ground.servers.database)
}
