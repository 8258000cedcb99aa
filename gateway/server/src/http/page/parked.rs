//! `/parked`: what could not go on: where from, since when, what it holds up, what its fault's page advises; and the
//! forms that ask for a replay or a setting aside. No byte of a message stands here.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

use super::format::{date_plain, date_time, number};
use super::html;
use super::operator::file_href;
use crate::http::api::parked::{Advice, ParkedAnswer, whole};
use crate::http::app::Shared;
use crate::http::auth::{Caller, Right};
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::store::read::parked::{self, ParkedFilter, ParkedLine};

/// Messages of the page; the API has all.
const LINES_MAX: i64 = 100;

/// The query of the pages.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParkedPageQuery {
    queue: Option<String>,
    code: Option<String>,
    lang: Option<String>,
}

struct GroupRow {
    queue: String,
    code: String,
    title: &'static str,
    count: String,
    oldest: String,
    href: String,
}

struct LineRow {
    id: Uuid,
    title: &'static str,
    queue: String,
    since: String,
    times: String,
    again: bool,
    file: FileView,
}

/// Which file, and which legal date.
struct FileView {
    reference: String,
    href: String,
    due: String,
    right: String,
    holds_up: bool,
}

#[derive(Template)]
#[template(path = "parked.html")]
struct ParkedTemplate {
    s: Say,
    langs: [Lang; 3],
    groups: Vec<GroupRow>,
    lines: Vec<LineRow>,
    /// The group that is shown: queue and code.
    chosen: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "parked_one.html")]
struct OneTemplate {
    s: Say,
    langs: [Lang; 3],
    answer: ParkedAnswer,
    status: String,
    open: bool,
    since: String,
    size: String,
    file: FileView,
    headers: Vec<(String, String)>,
    faults: Vec<(String, String)>,
    /// The caller may read the bytes.
    readable: bool,
}

/// The list, with its groups.
pub async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<ParkedPageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let (queue, code) = (query.queue.as_deref(), query.code.as_deref());
    let filter = ParkedFilter { status: Some("parked"), queue, code, ..ParkedFilter::default() };
    let (groups, lines) =
        tokio::try_join!(parked::groups(&app.pool), parked::list(&app.lists, &filter, None, LINES_MAX))?;
    let group = |group: parked::ParkedGroup| GroupRow {
        title: Advice::of(&group.code, lang).title,
        count: number(lang, group.count),
        oldest: date_time(say, group.oldest.0),
        href: form_urlencoded::Serializer::new("/parked?".to_owned())
            .append_pair("queue", &group.queue)
            .append_pair("code", &group.code)
            .append_pair("lang", lang.tag())
            .finish(),
        queue: group.queue,
        code: group.code,
    };
    let template = ParkedTemplate {
        s: say,
        langs: Lang::ALL,
        groups: groups.into_iter().map(group).collect(),
        lines: lines.iter().map(|line| row(say, line)).collect(),
        chosen: query.queue.clone().zip(query.code.clone()),
    };
    html(&template, lang)
}

fn row(say: Say, line: &ParkedLine) -> LineRow {
    LineRow {
        id: line.id,
        title: Advice::of(&line.code, say.lang).title,
        queue: line.queue.clone(),
        since: date_time(say, line.parked_at.0),
        times: number(say.lang, line.times.into()),
        again: line.times > 1,
        file: file_view(say, line),
    }
}

fn file_view(say: Say, line: &ParkedLine) -> FileView {
    let (reference, commune) = (line.reference.clone().unwrap_or_default(), line.commune.as_deref());
    FileView {
        href: commune.map(|commune| file_href(say, &reference, commune)).unwrap_or_default(),
        reference,
        due: line.due.map(|due| date_plain(say, due.0)).unwrap_or_default(),
        right: line.right_acquires_at.map(|at| date_time(say, at.0)).unwrap_or_default(),
        holds_up: line.holds_up,
    }
}

/// One message.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(query): Asked<ParkedPageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let answer = whole(&app, &id, lang).await?;
    let line = &answer.line;
    let fault = |fault: &serde_json::Value| {
        let text =
            |key: &str| fault.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        (text("code"), text("pointer"))
    };
    let template = OneTemplate {
        s: say,
        langs: Lang::ALL,
        status: say.of("parked-status", &line.status),
        open: line.status == "parked",
        since: date_time(say, line.parked_at.0),
        size: number(lang, line.raw_bytes.into()),
        file: file_view(say, line),
        headers: answer
            .headers
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect(),
        faults: line.faults.as_array().into_iter().flatten().map(fault).collect(),
        readable: caller.has(Right::ParkedBodies),
        answer,
    };
    html(&template, lang)
}
