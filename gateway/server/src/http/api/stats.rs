//! `GET /api/v1/stats/day`: the flow of the present legal day, and where the files of the last twelve months
//! stand.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Serialize;

use super::mean;
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::stats::{self, FlowFigures};

/// The answer.
#[derive(Debug, Serialize)]
pub struct DayAnswer {
    /// The present legal day.
    pub date: Date,
    /// Where the figures begin.
    pub since: jiff::Timestamp,
    /// Everything of the caller's scope; `region` and `project_class` are empty.
    pub all: FlowFigures,
    /// Mean number of calendar days to a decision, one decimal.
    pub mean_days: Option<f64>,
    /// By region and class.
    pub lines: Vec<FlowFigures>,
}

/// Adds lines up.
#[must_use]
pub fn total<'a>(lines: impl IntoIterator<Item = &'a FlowFigures>) -> FlowFigures {
    let mut all = FlowFigures::default();
    for line in lines {
        all.registered += line.registered;
        all.registered_today += line.registered_today;
        all.reviewed_today += line.reviewed_today;
        all.under_review += line.under_review;
        all.awaiting_decision += line.awaiting_decision;
        all.late += line.late;
        all.late_awaiting_decision += line.late_awaiting_decision;
        all.granted += line.granted;
        all.refused += line.refused;
        all.decided_today += line.decided_today;
        all.silent += line.silent;
        all.silent_today += line.silent_today;
        all.delivered += line.delivered;
        all.delivered_today += line.delivered_today;
        all.withdrawn += line.withdrawn;
        all.withdrawn_reviewed += line.withdrawn_reviewed;
        all.silence_eligible += line.silence_eligible;
        all.silence_acquired += line.silence_acquired;
        all.silence_invoked += line.silence_invoked;
        all.silence_attested += line.silence_attested;
        all.decided += line.decided;
        all.days_sum += line.days_sum;
    }
    all
}

/// The flow inside the caller's scope.
pub async fn day(State(app): State<Shared>, caller: Caller) -> Result<Json<DayAnswer>, Problem> {
    let today = app.today();
    let lines = stats::flow(&app.lists, &caller.scope, today).await?;
    let all = total(&lines);
    let mean_days = mean(all.days_sum, all.decided);
    Ok(Json(DayAnswer { date: today.date.0, since: today.since.0, all, mean_days, lines }))
}
