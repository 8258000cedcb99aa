//! `GET /api/v1/consultations`: open, overdue, by agency.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::consultations::{self as read, ConsultationFilter, ConsultationLine};

/// The query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationsQuery {
    agency: Option<String>,
    status: Option<String>,
    open: Option<bool>,
    overdue: Option<bool>,
    region: Option<String>,
    commune: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page of consultations inside the caller's scope, soonest limit first.
pub async fn search(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<ConsultationsQuery>,
) -> Result<Json<Page<ConsultationLine>>, Problem> {
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::day(query.cursor.as_deref())?;
    let filter = ConsultationFilter {
        agency: query.agency,
        status: query.status,
        open: query.open,
        overdue: query.overdue,
        region: query.region,
        commune: query.commune,
        file: None,
    };
    let rows = cursor::rows(limit);
    let lines = read::search(&app.lists, &caller.scope, &filter, app.today().date, after, rows).await?;
    Ok(Json(Page::new(lines, limit, |line| cursor::write(line.due, line.id))))
}
