//! `GET /api/v1/files/{reference}/deadline`: why this date?

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use wasl_core::deadline::Explanation;
use wasl_core::file::FileState;
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
    app.world().explain(&state, row.withdrawn_at.map(|at| at.0)).ok_or_else(|| internal("rule"))
}
