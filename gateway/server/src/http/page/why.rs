//! `/why/{reference}`: why a file waits, for those who may see no more of it, operators above all. The page of the file
//! shows the same.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::html;
use crate::http::api::file::one;
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::http::words::{Words, words};
use crate::store::read::file::FileRow;
use crate::store::read::waiting;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhyQuery {
    commune: Option<String>,
    lang: Option<String>,
}

/// Why a file waits, as a section of a page.
pub(super) struct Why {
    /// The most pressing first.
    pub(super) waits: Vec<Words>,
    /// Messages about it that are parked.
    pub(super) parked: usize,
    /// What communes send is not read for now.
    pub(super) draining: bool,
}

/// Why this file waits, as far as the caller may know.
///
/// # Errors
/// The database is away.
pub(super) async fn of(app: &App, caller: &Caller, file: &FileRow, say: Say) -> Result<Why, Problem> {
    let why = waiting::of(&app.pool, file.id, caller.scope.agency.as_deref()).await?;
    Ok(Why {
        waits: why.waits.iter().map(|line| words(say, line)).collect(),
        parked: why.parked.len(),
        draining: why.draining,
    })
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyTemplate {
    s: Say,
    langs: [Lang; 3],
    file: FileRow,
    status: String,
    why: Why,
}

/// The page.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Asked(query): Asked<WhyQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let file = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    let why = of(&app, &caller, &file, say).await?;
    let status = say.of("status", &file.status);
    html(&WhyTemplate { s: say, langs: Lang::ALL, file, status, why }, lang)
}
