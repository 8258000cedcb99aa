//! `GET /api/v1/alarms`: what is wrong, and since when.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::http::app::Shared;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::observe::alarm::Name;
use crate::store::read::alarms::{self, AlarmLine};

/// The query; `state` is `active` (default) or `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmsQuery {
    state: Option<String>,
}

/// One alarm.
#[derive(Debug, Serialize)]
pub struct AlarmAnswer {
    /// What is kept of it.
    #[serde(flatten)]
    pub line: AlarmLine,
    /// What its value and limit count: `seconds`, `count`, `days`.
    pub unit: &'static str,
    /// Its page for operators.
    pub runbook: String,
}

/// Those that last, the oldest first; with `state=all` those that ended after them.
pub async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<AlarmsQuery>,
) -> Result<Json<Vec<AlarmAnswer>>, Problem> {
    let all = match query.state.as_deref() {
        None | Some("active") => false,
        Some("all") => true,
        Some(_) => return Err(Problem::query("state")),
    };
    let lines = alarms::list(&app.pool, all).await?;
    let answer = |line: AlarmLine| AlarmAnswer {
        unit: Name::parse(&line.name).map_or("count", Name::unit),
        runbook: format!("deploy/runbooks/{}.md", line.name),
        line,
    };
    Ok(Json(lines.into_iter().map(answer).collect()))
}
