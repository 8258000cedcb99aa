//! `GET /api/v1/parked`: what could not go on, for operators. Raw bytes stay out.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::http::app::Shared;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::parked::{self, ParkedLine};

/// The query; `status` is `parked` (default), `replayed`, `set-aside` or `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParkedQuery {
    status: Option<String>,
    queue: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page, newest first.
pub async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<ParkedQuery>,
) -> Result<Json<Page<ParkedLine>>, Problem> {
    let status = match query.status.as_deref() {
        None => Some("parked"),
        Some("all") => None,
        Some(known @ ("parked" | "replayed" | "set-aside")) => Some(known),
        Some(_) => return Err(Problem::query("status")),
    };
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::instant(query.cursor.as_deref())?;
    let lines = parked::list(&app.pool, status, query.queue.as_deref(), after, cursor::rows(limit)).await?;
    Ok(Json(Page::new(lines, limit, |line| cursor::write(line.parked_at, line.id))))
}
