//! What a callback leaves behind beside its outcome: its entry in the wire log, and drift.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use wasl_adapters::port::{RawCallback, Reply};
use wasl_adapters::transport::http::hex;
use wasl_adapters::transport::wire_body::kept;
use wasl_schemas::agency::Exchange;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::DriftNote;

use crate::clock::wall_now;
use crate::http::app::App;

/// Bytes of each body that are kept.
const BODY_BYTES_MAX: usize = 32 << 10;

/// Drift of callbacks is told at most so often: a busy hour is one report a few seconds apart, not one a callback.
const REPORT_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// The entry of a callback. Its query may carry a signature, so its path stands alone.
pub(super) fn exchange(raw: &RawCallback, reply: &Reply) -> Exchange {
    let path = raw.path.split('?').next().unwrap_or_default();
    let took_ms = wall_now().duration_since(raw.received_at).as_millis();
    Exchange {
        what: format!("callback {} {path}", raw.method),
        at: raw.received_at,
        took_ms: u64::try_from(took_ms).unwrap_or(0),
        sent_bytes: reply.body.len() as u64,
        received_bytes: raw.body.len() as u64,
        status: reply.status.to_string(),
        sha256: hex(&Sha256::digest(&raw.body)),
        sent: kept(reply.body.as_bytes(), BODY_BYTES_MAX),
        received: kept(&raw.body, BODY_BYTES_MAX),
        drift: Vec::new(),
    }
}

/// Counts drift and tells the core now and then.
pub(super) async fn drift(app: &App, kind: &AgencyKind, notes: Vec<DriftNote>) {
    let Some(line) = app.lines.get(kind).filter(|_| !notes.is_empty()) else { return };
    line.met(notes);
    if line.told_within(REPORT_EVERY, wall_now()) {
        return;
    }
    if let Some(report) = line.report(wall_now(), None, Vec::new())
        && !app.answers.report(&report).await
    {
        line.not_told(report);
    }
}
