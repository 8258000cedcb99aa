//! `GET /api/v1/files/{reference}/deadline`: why this date?

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use wasl_core::deadline::{ClockEnd, Explanation};
use wasl_core::file::FileState;
use wasl_core::time::local_date;
use wasl_schemas::problem::Code;

use super::file::{FileQuery, one};
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::file::FileRow;

/// The answer: the explanation, and the present legal day to read it by.
#[derive(Debug, Serialize)]
pub struct DeadlineAnswer {
    /// The commune's reference.
    pub reference: String,
    /// The present legal day.
    pub today: jiff::civil::Date,
    /// The count, day by day, with its reasons.
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// Explains the limit of one file.
pub async fn explain(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Asked(query): Asked<FileQuery>,
) -> Result<Json<DeadlineAnswer>, Problem> {
    let row = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    let explanation = of(&app, &row)?;
    Ok(Json(DeadlineAnswer { reference: row.reference, today: app.today().date.0, explanation }))
}

/// The explanation of a file's limit.
///
/// # Errors
/// A state or a rule that this version cannot read.
pub fn of(app: &App, row: &FileRow) -> Result<Explanation, Problem> {
    let internal = |what: &str| {
        tracing::error!(file = %row.id, what, "a deadline cannot be explained");
        Problem::new(Code::Internal)
    };
    let state: FileState = serde_json::from_value(row.state.clone()).map_err(|_| internal("state"))?;
    let world = &app.world;
    let rule = world.rules.rule(&state.rule).ok_or_else(|| internal("rule"))?;
    let end = match (&state.decision, row.withdrawn_at) {
        (Some(decision), _) => Some(ClockEnd::Decided(local_date(decision.decided_at))),
        (None, Some(at)) => Some(ClockEnd::Withdrawn(local_date(at.0))),
        (None, None) => None,
    };
    let file = &state.permit_file;
    let reviewers =
        world.rules.reviewers(file, state.class, state.commune.province.as_str(), state.clock.filed);
    let mut explanation = wasl_core::deadline::explain(rule, &state.clock, &world.calendar, end, &reviewers);
    let earlier = state.earlier_deposits.iter().map(|deposit| deposit.dates.filed);
    if !state.earlier_deposits.is_empty() {
        explanation.deposits = earlier.chain([state.clock.filed]).collect();
    }
    Ok(explanation)
}
