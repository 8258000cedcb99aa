//! `GET /api/v1/files/{reference}/waiting`: why a file waits. `GET /api/v1/waiting`: requests that wait for operators.
//! `GET /api/v1/held`: what operators hold back, and how far a drain has come.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Serialize;

use super::file::{FileQuery, one};
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::http::words::{Words, words};
use crate::store::read::held::{self, DrainState, PauseLine};
use crate::store::read::parked::ParkedLine;
use crate::store::read::waiting::{self, RequestLine, WaitLine};

/// One thing that a file waits for, as data and in words.
#[derive(Debug, Serialize)]
pub struct WaitAnswer {
    /// As data.
    #[serde(flatten)]
    pub line: WaitLine,
    /// In the caller's language.
    pub words: Words,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct WaitingAnswer {
    /// The commune's reference.
    pub reference: String,
    /// The file's commune.
    pub commune: String,
    /// Where it stands.
    pub status: String,
    /// Everything it waits for, the most pressing first; empty for a file that waits for nothing.
    pub waits: Vec<WaitAnswer>,
    /// Messages about it that are parked.
    pub parked: Vec<ParkedLine>,
    /// Operators drain the gateway: what communes send is not read for now.
    pub draining: bool,
}

/// Why a file waits.
pub async fn of_file(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Asked(query): Asked<FileQuery>,
    headers: HeaderMap,
) -> Result<Json<WaitingAnswer>, Problem> {
    let row = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    let why = waiting::of(&app.pool, row.id, caller.scope.agency.as_deref()).await?;
    let say = Say::new(Lang::negotiate(&headers));
    let told = |line: WaitLine| WaitAnswer { words: words(say, &line), line };
    Ok(Json(WaitingAnswer {
        reference: row.reference,
        commune: row.commune,
        status: row.status,
        waits: why.waits.into_iter().map(told).collect(),
        parked: why.parked,
        draining: why.draining,
    }))
}

/// Requests of which nobody knows whether they have arrived.
pub async fn requests(State(app): State<Shared>) -> Result<Json<Vec<RequestLine>>, Problem> {
    Ok(Json(waiting::for_operators(&app.pool).await?))
}

/// What operators hold back.
#[derive(Debug, Serialize)]
pub struct HeldAnswer {
    /// Agencies to which nothing is sent for now.
    pub paused: Vec<PauseLine>,
    /// Whether the gateway takes anything new in.
    pub drain: DrainState,
}

/// What is held back now.
pub async fn held_back(State(app): State<Shared>) -> Result<Json<HeldAnswer>, Problem> {
    let (paused, drain) = tokio::try_join!(held::pauses(&app.pool), held::drain(&app.pool))?;
    Ok(Json(HeldAnswer { paused, drain }))
}
