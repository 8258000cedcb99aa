//! `GET /api/v1/files/{reference}/exchanges/{id}`: the bodies of one exchange, for those with the right to read them.

use axum::Json;
use axum::extract::{Path, State};

use super::file::{FileQuery, one};
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::wire_log::{self, BodyLine};

/// Shows what was said. That it was read, and by whom, is written down before it is shown.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path((reference, id)): Path<(String, i64)>,
    Asked(query): Asked<FileQuery>,
) -> Result<Json<BodyLine>, Problem> {
    let file = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    let found = wire_log::read(&app.pool, &caller.scope, file.id, id, &caller.name).await?;
    let body = found.ok_or_else(Problem::not_found)?;
    tracing::info!(reader = caller.name, file = %file.id, exchange = id, "the body of an exchange was read");
    Ok(Json(body))
}
