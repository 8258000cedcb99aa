//! `GET /api/v1/lines` and `GET /api/v1/agencies/{kind}/drift`: how the lines to the agencies are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::wall_now;
use crate::dispatch::CERTIFICATE_WARNING;
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::Scope;
use crate::store::read::lines::{self, CertificateLine, DriftLine, LineState};

/// One line with its certificates.
#[derive(Debug, Serialize)]
pub struct LineAnswer {
    /// Breaker, doubts, drift.
    #[serde(flatten)]
    pub state: LineState,
    /// Certificates, the first to end first.
    pub certificates: Vec<CertificateAnswer>,
}

/// A certificate, and whether it is time to renew it.
#[derive(Debug, Serialize)]
pub struct CertificateAnswer {
    /// The certificate.
    #[serde(flatten)]
    pub line: CertificateLine,
    /// It ends within 30 days, or has ended.
    pub ends_soon: bool,
}

/// The lines inside the caller's scope.
pub async fn list(State(app): State<Shared>, caller: Caller) -> Result<Json<Vec<LineAnswer>>, Problem> {
    Ok(Json(all(&app, &caller.scope).await?))
}

/// The drifts of one kind of agency.
pub async fn drift(
    State(app): State<Shared>,
    caller: Caller,
    Path(kind): Path<String>,
) -> Result<Json<Vec<DriftLine>>, Problem> {
    if caller.scope.agency.as_ref().is_some_and(|own| *own != kind) {
        return Err(Problem::not_found());
    }
    Ok(Json(lines::drifts(&app.pool, &caller.scope, Some(&kind), usual_count(&app)).await?))
}

/// A drift is news until it was met so often.
#[must_use]
pub fn usual_count(app: &App) -> i64 {
    i64::from(app.settings().adapter.drift_usual_count)
}

/// Every line inside a scope.
///
/// # Errors
/// The database is away.
pub async fn all(app: &App, scope: &Scope) -> Result<Vec<LineAnswer>, Problem> {
    let (states, certificates) = tokio::try_join!(
        lines::states(&app.pool, scope, usual_count(app)),
        lines::certificates(&app.pool, scope)
    )?;
    let now = wall_now();
    let mut by_agency: BTreeMap<String, Vec<CertificateAnswer>> = BTreeMap::new();
    for line in certificates {
        let answer = CertificateAnswer { ends_soon: ends_soon(line.ends_at.0, now), line };
        by_agency.entry(answer.line.agency.clone()).or_default().push(answer);
    }
    let line = |state: LineState| LineAnswer {
        certificates: by_agency.remove(&state.agency).unwrap_or_default(),
        state,
    };
    Ok(states.into_iter().map(line).collect())
}

fn ends_soon(ends_at: Timestamp, now: Timestamp) -> bool {
    ends_at.duration_since(now) < CERTIFICATE_WARNING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_before_its_end_a_certificate_is_warned_of() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let end = at("2026-12-31T00:00:00Z");
        assert!(!ends_soon(end, at("2026-12-01T00:00:00Z")));
        assert!(ends_soon(end, at("2026-12-01T00:00:01Z")));
        assert!(ends_soon(end, at("2027-02-01T00:00:00Z")));
    }
}
