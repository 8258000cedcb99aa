//! `GET /api/v1/silence`: files on which silence is approval, and how far each has come.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::silence::{self, SilenceCounts, SilenceLine, SilenceStage};

/// The query; `stage` is `eligible` (default), `acquired`, `invoked` or `attested`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceQuery {
    stage: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct SilenceAnswer {
    /// All of the scope.
    pub counts: SilenceCounts,
    /// One page of those that have come at least as far as `stage`.
    #[serde(flatten)]
    pub page: Page<SilenceLine>,
}

/// Counts and one page.
pub async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<SilenceQuery>,
) -> Result<Json<SilenceAnswer>, Problem> {
    let stage = match query.stage.as_deref() {
        None => SilenceStage::Eligible,
        Some(key) => SilenceStage::parse(key).ok_or_else(|| Problem::query("stage"))?,
    };
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::day(query.cursor.as_deref())?;
    let today = app.today().date;
    let (counts, lines) = tokio::try_join!(
        silence::counts(&app.lists, &caller.scope, today),
        silence::list(&app.lists, &caller.scope, stage, today, after, cursor::rows(limit)),
    )?;
    Ok(Json(SilenceAnswer {
        counts,
        page: Page::new(lines, limit, |line| cursor::write(line.filed, line.id)),
    }))
}
