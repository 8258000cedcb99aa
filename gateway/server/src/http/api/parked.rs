//! `GET /api/v1/parked`: what could not go on, for operators. Raw bytes are shown apart, to those alone who were given
//! the right, and never without writing down to whom.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wasl_schemas::problem::Code;

use crate::flow::replay;
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::cursor::{self, Page};
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::parked::{self, ParkedFilter, ParkedLine};

/// The query; `status` is `parked` (default), `replayed`, `set-aside` or `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParkedQuery {
    status: Option<String>,
    queue: Option<String>,
    code: Option<String>,
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
    let (queue, code) = (query.queue.as_deref(), query.code.as_deref());
    let filter = ParkedFilter { status, queue, code, ..ParkedFilter::default() };
    let lines = parked::list(&app.lists, &filter, after, cursor::rows(limit)).await?;
    Ok(Json(Page::new(lines, limit, |line| cursor::write(line.parked_at, line.id))))
}

/// One parked message with what is advised about it.
#[derive(Debug, Serialize)]
pub struct ParkedAnswer {
    /// Where from, since when, what it holds up.
    #[serde(flatten)]
    pub line: ParkedLine,
    /// Headers as text.
    pub headers: Value,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// It can be sent again from here; otherwise its sender says it again.
    pub replayable: bool,
    /// What the fault's page advises.
    pub advice: Advice,
}

/// A fault's page.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// A few words, in the caller's language.
    pub title: &'static str,
    /// What happened, what it means for the file, what to do, in the caller's language.
    pub text: &'static str,
    /// What an operator should know, in English.
    pub operators: &'static str,
    /// Sending the same again can help.
    pub retry: bool,
}

impl Advice {
    /// The page of a code, that of `internal` for one that this version does not know.
    #[must_use]
    pub fn of(code: &str, lang: Lang) -> Self {
        let page = Code::from_text(code).unwrap_or(Code::Internal).page();
        let operators = page.body.split_once("\n\n").map_or(page.body, |(_, body)| body);
        Self { title: lang.phrase(page.title), text: lang.phrase(page.text), operators, retry: page.retry }
    }
}

/// Shows one.
pub async fn show(
    State(app): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ParkedAnswer>, Problem> {
    Ok(Json(whole(&app, &id, Lang::negotiate(&headers)).await?))
}

/// One parked message, without its bytes.
///
/// # Errors
/// There is none.
pub async fn whole(app: &App, id: &str, lang: Lang) -> Result<ParkedAnswer, Problem> {
    let id = Uuid::try_parse(id).map_err(|_| Problem::not_found())?;
    let filter = ParkedFilter { id: Some(id), ..ParkedFilter::default() };
    let line = parked::list(&app.lists, &filter, None, 1).await?.pop().ok_or_else(Problem::not_found)?;
    let head = parked::head(&app.pool, id).await?.ok_or_else(Problem::not_found)?;
    Ok(ParkedAnswer {
        replayable: replay::origin(&line.queue, line.routing_key.as_deref(), &head.headers).is_some(),
        headers: head.headers,
        sha256: head.sha256,
        advice: Advice::of(&line.code, lang),
        line,
    })
}

/// The bytes as they came, as a file that nothing runs.
pub async fn body(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found())?;
    let bytes = parked::read(&app.pool, id, &caller.name).await?.ok_or_else(Problem::not_found)?;
    tracing::info!(reader = caller.name, parked = %id, "the bytes of a parked message were read");
    let as_file = format!("attachment; filename=\"{id}.bin\"");
    Ok(([(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, as_file)], bytes)
        .into_response())
}
