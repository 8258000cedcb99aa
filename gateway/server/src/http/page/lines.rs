//! `/lines`: how the lines to the agencies are: breakers, doubts, certificates, and where their messages have changed.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::format::{date_plain, date_time, number};
use super::html;
use crate::http::api::lines::{LineAnswer, all, usual_count};
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::store::read::lines::{self, DriftLine};
use wasl_core::time::local_date;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinesQuery {
    lang: Option<String>,
}

struct LineRow {
    agency: String,
    breaker: String,
    open: bool,
    since: String,
    waiting: String,
    trying_again: String,
    operator: String,
    operator_any: bool,
    certificates: Vec<CertificateRow>,
}

struct CertificateRow {
    purpose: String,
    ends: String,
    soon: bool,
}

struct DriftRow {
    agency: String,
    message: String,
    path: String,
    kind: String,
    detail: String,
    first: String,
    last: String,
    count: String,
    news: bool,
}

struct DriftGroup {
    title: String,
    open: bool,
    rows: Vec<DriftRow>,
}

#[derive(Template)]
#[template(path = "lines.html")]
struct LinesTemplate {
    s: Say,
    langs: [Lang; 3],
    lines: Vec<LineRow>,
    drifts: Vec<DriftGroup>,
}

/// The page.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<LinesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let answers = all(&app, &caller.scope).await?;
    let drifts = lines::drifts(&app.pool, &caller.scope, None, usual_count(&app)).await?;
    let template = LinesTemplate {
        s: say,
        langs: Lang::ALL,
        lines: answers.iter().map(|answer| line(say, answer)).collect(),
        drifts: groups(say, &drifts),
    };
    html(&template, lang)
}

fn line(say: Say, answer: &LineAnswer) -> LineRow {
    let state = &answer.state;
    let certificate = |answer: &crate::http::api::lines::CertificateAnswer| CertificateRow {
        purpose: say.of("certificate", &answer.line.purpose),
        ends: date_plain(say, local_date(answer.line.ends_at.0)),
        soon: answer.ends_soon,
    };
    LineRow {
        agency: say.of("agency", &state.agency),
        breaker: say.of("breaker", state.breaker.as_deref().unwrap_or("unknown")),
        open: state.breaker.as_deref() == Some("open"),
        since: state.breaker_since.map(|at| date_time(say, at.0)).unwrap_or_default(),
        waiting: number(say.lang, state.waiting),
        trying_again: number(say.lang, state.trying_again),
        operator: number(say.lang, state.operator_needed),
        operator_any: state.operator_needed > 0,
        certificates: answer.certificates.iter().map(certificate).collect(),
    }
}

/// News first; what is usual is folded. An empty group is left out.
fn groups(say: Say, drifts: &[DriftLine]) -> Vec<DriftGroup> {
    let group = |key: &str, open: bool| {
        let rows: Vec<DriftRow> =
            drifts.iter().filter(|line| line.usual != open).map(|line| drift(say, line)).collect();
        let count = number(say.lang, i64::try_from(rows.len()).unwrap_or(i64::MAX));
        DriftGroup { title: say.with(key, &count), open, rows }
    };
    let all = [group("lines.news", true), group("lines.usual", false)];
    all.into_iter().filter(|group| !group.rows.is_empty()).collect()
}

fn drift(say: Say, line: &DriftLine) -> DriftRow {
    DriftRow {
        agency: say.of("agency", &line.agency),
        message: line.message.clone(),
        path: line.path.clone(),
        kind: say.of("drift", &line.kind),
        detail: line.detail.clone(),
        first: date_time(say, line.first_seen.0),
        last: date_time(say, line.last_seen.0),
        count: number(say.lang, line.count),
        news: !line.usual,
    }
}
