//! Health and metrics of a process that is not the api: a core or an adapter on a machine of its own.

use anyhow::Context as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use super::probes::healthz;
use crate::context::Context;
use crate::observe::metrics;

/// Serves `/healthz`, `/readyz` and `/metrics` on `observe.listen` until the process stops; returns at once
/// when the setting is empty. Nothing else is served there, and nothing about any file.
///
/// # Errors
/// The address cannot be bound.
pub async fn run(context: Context) -> anyhow::Result<()> {
    let Some(address) = context.settings.observe.listen else { return Ok(()) };
    let listener = TcpListener::bind(address).await.with_context(|| format!("observe.listen = {address}"))?;
    tracing::info!(observe = %listener.local_addr()?, "listening");
    let stop = context.cancel.clone().cancelled_owned();
    let router = axum::Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(context);
    axum::serve(listener, router).with_graceful_shutdown(stop).await.context("the HTTP server failed")
}

async fn readyz(State(context): State<Context>) -> Response {
    let ready = context.health.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "components": context.health.report() }))).into_response()
}

async fn metrics_text(State(context): State<Context>) -> Response {
    match context.metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
