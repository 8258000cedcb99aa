//! What a test or an operator may ask of the sandbox itself: ledger, counts, plans, outages.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::agency::Agency;
use super::draw::PlannedDraw;
use super::ledger::Entry;
use super::office::{Office, Outage};
use super::page;

type Shared = Arc<Office>;

/// A reader of the ledger may wait this long for an entry.
const WAIT_MS_MAX: u64 = 60_000;

/// The routes of the sandbox itself.
pub(super) fn routes(office: Shared) -> Router {
    Router::new()
        .route("/", get(async |State(office): State<Shared>| Html(page::html(&office))))
        .route("/healthz", get(async || "ok"))
        .route("/summary", get(summary))
        .route("/ledger", get(ledger))
        .route("/control/plan", post(plan))
        .route("/control/outage", post(outage))
        .with_state(office)
}

async fn summary(State(office): State<Shared>) -> Response {
    let mut agencies: BTreeMap<&str, _> = BTreeMap::new();
    let counts = office.ledger.counts();
    for agency in office.settings.agencies.iter().copied() {
        agencies.insert(agency.key(), counts.get(&agency).cloned().unwrap_or_default());
    }
    let settings = &office.settings;
    Json(json!({
        "seed": settings.seed,
        "legal_day_ms": settings.legal_day_ms,
        "agencies": agencies,
        "callback_failures": office.callbacks.failed(),
        "provocations": office.callbacks.provocations(),
    }))
    .into_response()
}

/// `GET /ledger?agency=&action=&reference=&file=&after=&format=lines&wait_ms=`: with `wait_ms` the
/// answer comes as soon as an entry passes the filter, and empty after that time (a minute at most).
async fn ledger(State(office): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Response {
    let after = query.get("after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let wanted = |name: &str, value: &str| query.get(name).is_none_or(|asked| asked == value);
    let keep = |entry: &Entry| {
        wanted("agency", entry.agency.key())
            && wanted("reference", &entry.reference)
            && wanted("file", entry.file.as_deref().unwrap_or_default())
            && wanted("action", entry.action.key())
    };
    let wait_ms: u64 = query.get("wait_ms").and_then(|text| text.parse().ok()).unwrap_or(0);
    let patience = Duration::from_millis(wait_ms.min(WAIT_MS_MAX));
    let found = tokio::time::timeout(patience, office.ledger.select_some(after, keep)).await;
    let found = found.unwrap_or_default();
    if query.get("format").is_some_and(|format| format == "lines") {
        let mut text = String::new();
        for line in found.iter().filter_map(|entry| serde_json::to_string(entry.as_ref()).ok()) {
            text.push_str(&line);
            text.push('\n');
        }
        return ([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response();
    }
    let entries: Vec<&Entry> = found.iter().map(AsRef::as_ref).collect();
    Json(entries).into_response()
}

#[derive(Deserialize)]
struct PlanRequest {
    reference: String,
    agency: Agency,
    #[serde(flatten)]
    planned: PlannedDraw,
}

async fn plan(State(office): State<Shared>, Json(asked): Json<PlanRequest>) -> Response {
    match office.plan(asked.agency, &asked.reference, asked.planned) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutageRequest {
    agency: Agency,
    on: bool,
    mode: Option<Outage>,
}

async fn outage(State(office): State<Shared>, Json(asked): Json<OutageRequest>) -> Response {
    let outage = asked.on.then(|| asked.mode.unwrap_or(Outage::Unavailable));
    match office.set_outage(asked.agency, outage) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response(),
    }
}
