//! The guard around every route: who calls, may they, how long it may take, how a fault is said, what is
//! counted. No handler runs before it, and none can be routed without it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use wasl_schemas::problem::Code;

use super::app::Shared;
use super::auth::{Caller, Right};
use super::lang::Lang;
use super::page;
use super::problem::Problem;
use crate::observe::metrics::{HttpLabels, Named};

/// Cookie with the token, set once by `?token=` on the page.
pub(super) const COOKIE_NAME: &str = "wasl_token";

/// No foreign resource, no script or style inside the document, no framing.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the guard of one route knows.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) app: Shared,
    pub(super) right: Right,
    pub(super) route: &'static str,
    /// `None` for streams, which have their own limits.
    pub(super) time_limit: Option<Duration>,
    /// Forms of our own pages are sent here.
    pub(super) form: bool,
}

/// Runs a request through the guard.
pub(super) async fn guard(State(guarded): State<Guarded>, mut request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let lang = Lang::negotiate(request.headers());
    let html = page::wants_html(request.headers())
        && matches!(
            guarded.right,
            Right::Page | Right::Files | Right::Lines | Right::Operate | Right::Waiting
        );
    if let Some(response) = page::login::sign_in(&guarded, &request) {
        return response;
    }
    let answer = match admit(&guarded, request.method(), request.headers()) {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            run(guarded.time_limit, request, next).await
        }
        Err(problem) => Err(problem),
    };
    let mut response = match answer {
        Ok(response) => spoken(response, lang, html),
        Err(problem) if html => page::fault(&problem, lang),
        Err(problem) => problem.render(lang),
    };
    secure(&mut response);
    count(&guarded, response.status(), begin);
    response
}

/// Says a fault that a handler gave back; lets every other answer through.
pub(super) fn spoken(response: Response, lang: Lang, html: bool) -> Response {
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed),
        None => return response,
    };
    if html { page::fault(&problem, lang) } else { problem.render(lang) }
}

async fn run(limit: Option<Duration>, request: Request, next: Next) -> Result<Response, Problem> {
    match limit {
        None => Ok(next.run(request).await),
        Some(limit) => {
            tokio::time::timeout(limit, next.run(request)).await.map_err(|_| Problem::unavailable())
        }
    }
}

/// Who calls, when the route asks for somebody and they may. A right that the caller has not is answered like
/// a thing that does not exist.
fn admit(guarded: &Guarded, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let token = bearer(headers)?.or_else(|| cookie(method, headers, guarded.form));
    let caller = token.map(|token| guarded.app.tokens.caller(token).cloned());
    match (guarded.right, caller) {
        (Right::Open | Right::Proven, caller) => Ok(caller.flatten()),
        (Right::Page, None | Some(None)) if guarded.app.settings().http.public_dashboard => Ok(None),
        (_, None) => Err(Problem::new(Code::AuthMissing)),
        (_, Some(None)) => Err(Problem::new(Code::AuthInvalid)),
        (right, Some(Some(caller))) if caller.has(right) => Ok(Some(caller)),
        (Right::Page, Some(Some(_))) if guarded.app.settings().http.public_dashboard => Ok(None),
        (_, Some(Some(_))) => Err(Problem::not_found()),
    }
}

/// The bearer token (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let parts = value.to_str().ok().and_then(|text| text.split_once(' '));
    match parts {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::new(Code::AuthInvalid)),
    }
}

/// The cookie counts for reading only, so that no foreign page can have anything changed; but for the forms of our own
/// pages, of which the browser itself says that they come from here (`Sec-Fetch-Site`, Fetch Metadata, section 2.2: no
/// page can set it).
fn cookie<'h>(method: &Method, headers: &'h HeaderMap, form: bool) -> Option<&'h str> {
    let from_here = || headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if !(matches!(*method, Method::GET | Method::HEAD) || (form && from_here())) {
        return None;
    }
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value)
}

/// Headers that every answer has.
pub(super) fn secure(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn count(guarded: &Guarded, status: StatusCode, begin: Instant) {
    let metrics = &guarded.app.context.metrics;
    let labels = HttpLabels { route: guarded.route.to_owned(), status: status.as_u16() };
    metrics.http_requests.get_or_create(&labels).inc();
    let route = Named { name: guarded.route.to_owned() };
    metrics.http_request_seconds.get_or_create(&route).observe(begin.elapsed().as_secs_f64());
}

/// A handler that asks for a [`Caller`] on a route whose guard let nobody in gets "not found": closed, never
/// open, by mistake.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::not_found)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
