//! `GET /api/v1/files`: search.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;

use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::Day;
use crate::store::read::files::{self, FileFilter, FileLine};

/// The query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesQuery {
    commune: Option<String>,
    province: Option<String>,
    region: Option<String>,
    permit: Option<String>,
    status: Option<String>,
    reference: Option<String>,
    overdue: Option<bool>,
    filed_from: Option<Date>,
    filed_to: Option<Date>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page of files inside the caller's scope.
pub async fn search(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<FilesQuery>,
) -> Result<Json<Page<FileLine>>, Problem> {
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::instant(query.cursor.as_deref())?;
    let filter = FileFilter {
        commune: query.commune,
        province: query.province,
        region: query.region,
        permit: query.permit,
        status: query.status,
        reference: query.reference,
        overdue: query.overdue,
        filed_from: query.filed_from.map(Day),
        filed_to: query.filed_to.map(Day),
    };
    let rows = cursor::rows(limit);
    let lines = files::search(&app.lists, &caller.scope, &filter, app.today().date, after, rows).await?;
    Ok(Json(Page::new(lines, limit, |line| cursor::write(line.registered_at, line.id))))
}
