//! `/api/v1/acts`: what operators ask for, and what others of them approve or decline.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use crate::acting::{self, NotDone, Wish};
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::acts::{self, ActLine};

/// Acts that are shown at most.
const ACTS_MAX: i64 = 200;

/// The query; `status` is `open` (default) or `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActsQuery {
    status: Option<String>,
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Fault(code) => Self::new(code),
            NotDone::Store(error) => error.into(),
        }
    }
}

/// The latest acts, newest first.
pub async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<ActsQuery>,
) -> Result<Json<Vec<ActLine>>, Problem> {
    let open = match query.status.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(Problem::query("status")),
    };
    Ok(Json(acts::list(&app.pool, open, None, ACTS_MAX).await?))
}

/// One act.
pub async fn show(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<ActLine>, Problem> {
    acts::one(&app.pool, read_id(&id)?).await?.map(Json).ok_or_else(Problem::not_found)
}

/// Asks for an act. What needs a second person stands as `asked` until one has approved it.
pub async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    body: Bytes,
) -> Result<(StatusCode, Json<ActLine>), Problem> {
    let wish: Wish = serde_json::from_slice(&body).map_err(|_| Problem::query("body"))?;
    let most = app.settings().flow.replay_messages_max;
    let act = acting::ask(&app.pool, most, &caller.name, &wish).await?;
    tracing::info!(act = %act.id, kind = act.kind, by = caller.name, items = act.items, "an act of operators is asked for");
    Ok((StatusCode::CREATED, Json(act)))
}

/// Approves, as another person than the one who asked.
pub async fn approve(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ActLine>, Problem> {
    decide(&app, &caller, &id, true).await.map(Json)
}

/// Declines; whoever asked may do it, too.
pub async fn decline(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ActLine>, Problem> {
    decide(&app, &caller, &id, false).await.map(Json)
}

/// Decides about an act for a caller.
///
/// # Errors
/// It does not exist, waits for no decision, or not for this caller's.
pub async fn decide(app: &Shared, caller: &Caller, id: &str, approve: bool) -> Result<ActLine, Problem> {
    let act = acting::decide(&app.pool, read_id(id)?, &caller.name, approve).await?;
    tracing::info!(act = %act.id, kind = act.kind, by = caller.name, approve, "an act of operators is decided");
    Ok(act)
}

fn read_id(id: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(id).map_err(|_| Problem::not_found())
}
