//! What a minister looks at: one page, drawn on the server, that stands without scripts and keeps itself fresh
//! with them. Words come from `config/texts/`, shapes from [`svg`], numbers from the read models.

pub mod agencies;
pub mod alarms;
pub mod assets;
pub mod figures;
pub mod file;
pub mod flow;
pub mod format;
pub mod headline;
pub mod lines;
pub mod live;
pub mod login;
pub mod money;
pub mod operator;
pub mod parked;
pub mod pulse;
pub mod reconciliation;
pub mod regions;
pub mod silence;
pub mod snapshot;
pub mod strip;
pub mod svg;
pub mod why;

use askama::Template;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_LANGUAGE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use wasl_schemas::problem::Code;

use self::live::Fragment;
use super::app::Shared;
use super::auth::{Caller, Right};
use super::lang::Lang;
use super::problem::Problem;
use super::texts::Say;

/// `/`: in the language that the browser asks for.
pub async fn negotiated(
    state: State<Shared>,
    caller: Option<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut response = show(state, caller, Lang::negotiate(&headers)).await?;
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// `/fr`.
pub async fn french(state: State<Shared>, caller: Option<Caller>) -> Result<Response, Problem> {
    show(state, caller, Lang::Fr).await
}

/// `/ar`.
pub async fn arabic(state: State<Shared>, caller: Option<Caller>) -> Result<Response, Problem> {
    show(state, caller, Lang::Ar).await
}

/// `/en`.
pub async fn english(state: State<Shared>, caller: Option<Caller>) -> Result<Response, Problem> {
    show(state, caller, Lang::En).await
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    s: Say,
    langs: [Lang; 3],
    fragments: &'a [Fragment],
    /// The caller may look up files.
    may_search: bool,
    /// The caller may see what was paid line by line.
    may_reconcile: bool,
    /// The caller is an operator.
    may_operate: bool,
}

impl PageTemplate<'_> {
    fn fragment(&self, id: &str) -> &str {
        self.fragments.iter().find(|f| f.id == id).map_or("", |f| f.html.as_str())
    }
}

async fn show(State(app): State<Shared>, caller: Option<Caller>, lang: Lang) -> Result<Response, Problem> {
    let frame = app.live.fresh(&app).await?;
    let fragments = frame.fragments(lang);
    let may = |right: Right| caller.as_ref().is_some_and(|caller| right.held_by(caller.role));
    let template = PageTemplate {
        s: Say::new(lang),
        langs: Lang::ALL,
        fragments: &fragments,
        may_search: may(Right::Files),
        may_reconcile: may(Right::Money),
        may_operate: may(Right::Operate),
    };
    html(&template, lang)
}

/// A rendered template as an answer.
pub(super) fn html(template: &impl Template, lang: Lang) -> Result<Response, Problem> {
    let text = template.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be drawn");
        Problem::new(Code::Internal)
    })?;
    let mut response = Html(text).into_response();
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    Ok(response)
}

/// The caller is a browser that shows pages.
pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultTemplate<'a> {
    s: Say,
    title: &'a str,
    text: &'a str,
    code: &'a str,
    /// Says how to sign in.
    sign_in: bool,
}

/// A fault as a page, for people.
pub(super) fn fault(problem: &Problem, lang: Lang) -> Response {
    let (page, status) = (problem.code.page(), problem.status());
    let template = FaultTemplate {
        s: Say::new(lang),
        title: lang.phrase(page.title),
        text: lang.phrase(page.text),
        code: problem.code.as_str(),
        sign_in: status == StatusCode::UNAUTHORIZED,
    };
    let Ok(mut response) = html(&template, lang) else { return problem.render(lang) };
    *response.status_mut() = status;
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        if let Some(value) = problem.render(lang).headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
