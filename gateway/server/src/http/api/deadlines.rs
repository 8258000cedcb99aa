//! `GET /api/v1/deadlines`: what comes due in the next days (`within_days`, 0 to 366, default 7), or what has
//! passed (`passed=true`).

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use wasl_core::time::add_days;

use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::Day;
use crate::store::read::deadlines::{self, DeadlineLine};

const WITHIN_DAYS_DEFAULT: u16 = 7;
const WITHIN_DAYS_MAX: u16 = 366;

/// The query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlinesQuery {
    within_days: Option<u16>,
    passed: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One page of open files, soonest limit first.
pub async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<DeadlinesQuery>,
) -> Result<Json<Page<DeadlineLine>>, Problem> {
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::day(query.cursor.as_deref())?;
    let within = query.within_days.unwrap_or(WITHIN_DAYS_DEFAULT);
    if within > WITHIN_DAYS_MAX {
        return Err(Problem::query("within_days"));
    }
    let today = app.today().date;
    let days = if query.passed == Some(true) {
        (None, Some(Day(add_days(today.0, -1))))
    } else {
        (Some(today), Some(Day(add_days(today.0, i32::from(within)))))
    };
    let lines = deadlines::due(&app.lists, &caller.scope, days, today, after, cursor::rows(limit)).await?;
    Ok(Json(Page::new(lines, limit, |line| cursor::write(line.due, line.id))))
}
