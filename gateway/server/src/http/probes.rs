//! Health, metrics, version: for supervisors and operators.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use wasl_core::time::{ZONE, tzdb_version};
use wasl_schemas::problem::Code;

use super::app::Shared;
use super::auth::Right;
use super::problem::Problem;
use super::routes::Routes;
use crate::observe::metrics;

/// Adds the routes of this module.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    let get = &Method::GET;
    routes
        .route(get, "/healthz", Right::Open, healthz)
        .route(get, "/readyz", Right::Open, readyz)
        .route(get, "/metrics", Right::Open, metrics_text)
        .route(get, "/version", Right::Open, version)
}

/// The process lives and answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Every component with its reason; 503 when one does not do its work.
pub async fn readyz(State(app): State<Shared>) -> Response {
    let health = &app.context.health;
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": status.is_success(), "components": health.report() }))).into_response()
}

/// OpenMetrics text.
pub async fn metrics_text(State(app): State<Shared>) -> Result<Response, Problem> {
    let text = app.context.metrics.encode().map_err(|_| Problem::new(Code::Internal))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

/// What runs here, and with which calendar it counts.
pub async fn version(State(app): State<Shared>) -> Json<serde_json::Value> {
    let world = app.world();
    let calendar = &world.calendar;
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "zone": ZONE,
        "tzdb": tzdb_version(),
        "calendar": { "version": calendar.version(), "confirmed_until": calendar.confirmed_until() },
        "legal_now": app.context.clock.now(),
    }))
}
