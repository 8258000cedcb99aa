//! `GET /api/v1/deadlines/simulate`: what would the dates be? The same pure function as `wasl deadline simulate`.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use wasl_core::deadline::{ClockEvent, Explanation, SimulateError, SimulateInput, simulate as run};
use wasl_schemas::file::{Permit, ProjectClass};

use crate::http::app::Shared;
use crate::http::problem::Problem;
use crate::http::query::Asked;

/// Most events of one case.
const EVENTS_MAX: usize = 64;

/// The query. `events` is a list with commas: `suspended:2026-11-10,resumed:2026-11-20`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulateQuery {
    permit: Permit,
    class: Option<ProjectClass>,
    filed: Date,
    #[serde(default)]
    investment: bool,
    #[serde(default)]
    events: String,
}

/// Runs a case through the clock; reads nothing but rules and calendar.
pub async fn simulate(
    State(app): State<Shared>,
    Asked(query): Asked<SimulateQuery>,
) -> Result<Json<Explanation>, Problem> {
    let events = query.events.split(',').map(str::trim).filter(|event| !event.is_empty());
    let events: Vec<ClockEvent> =
        events.map(str::parse).collect::<Result<_, _>>().map_err(|error| refused(&error))?;
    if events.len() > EVENTS_MAX {
        return Err(Problem::query("events"));
    }
    let SimulateQuery { permit, class, filed, investment, .. } = query;
    let input = SimulateInput { permit, class, filed, investment, events };
    let world = app.world();
    let explanation = run(&input, &world.rules, &world.calendar).map_err(|error| refused(&error))?;
    Ok(Json(explanation))
}

/// Which parameter is to be mended.
fn refused(error: &SimulateError) -> Problem {
    Problem::query(match error {
        SimulateError::ClassMissing(_) => "class",
        SimulateError::NoRule { .. } => "filed",
        SimulateError::Event { .. } => "events",
    })
}
