//! `report.json`: the figures of a run for whoever compares runs.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::communes::journal::write_lines;
use crate::oracle::finding::Fault;
use crate::oracle::judge::Judgment;
use crate::world::servers::Servers;

/// The report of a run.
#[must_use]
pub fn report(seed: u64, judgment: &Judgment, servers: &Servers, seconds: f64) -> Value {
    let count = |fault| judgment.findings.count(fault);
    let (sent, received) = judgment.messages;
    json!({
        "seed": seed,
        "files": judgment.files,
        "lost": count(Fault::Lost),
        "duplicated": count(Fault::Duplicated),
        "late": count(Fault::Late),
        "early": count(Fault::Early),
        "findings": judgment.findings.counts(),
        "outcomes": judgment.outcomes,
        "consultations": judgment.consultations,
        "payments": judgment.payments,
        "messages": {
            "sent": sent,
            "received": received,
            "wrong": judgment.refused.wrong,
            "refused_rightly": judgment.refused.rightly,
            "duplicates_sent": judgment.duplicates_sent,
            "deliveries_repeated": judgment.repeats,
        },
        "seconds": (seconds * 10.0).round() / 10.0,
        "fsync": servers.fsync,
        "synchronous_commit": servers.synchronous_commit,
        "broker": servers.broker_version,
        "postgres": servers.postgres_version,
    })
}

/// Writes `report.json` and `findings.jsonl`.
///
/// # Errors
/// A file cannot be written.
pub fn write(folder: &Path, report: &Value, judgment: &Judgment) -> anyhow::Result<()> {
    let path = folder.join("report.json");
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(&path, format!("{text}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    write_lines(&folder.join("findings.jsonl"), &judgment.findings.all)
}
