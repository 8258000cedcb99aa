//! `/operator`: what waits for an operator: acts to approve, requests in doubt, agencies on hold, a drain; and the forms
//! with which it is asked for. Everything that it asks goes the same way as the API's.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;
use wasl_core::file::Release;

use super::format::{date_plain, date_time, number};
use super::html;
use crate::acting::{self, Wish};
use crate::http::api::acts as api;
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::store::acts::ActKind;
use crate::store::read::acts::{self, ActLine};
use crate::store::read::held::{self, DrainState};
use crate::store::read::waiting;

/// Acts on the page; the API has more.
const ACTS_MAX: i64 = 30;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorQuery {
    lang: Option<String>,
}

/// An act as a row.
pub(super) struct ActRow {
    id: Uuid,
    kind: String,
    about: String,
    reason: String,
    asked_by: String,
    asked_at: String,
    decided: String,
    status: String,
    class: &'static str,
    /// The caller may approve it: somebody else asked.
    may_approve: bool,
    /// It waits for a decision.
    waits: bool,
}

struct RequestRow {
    id: Uuid,
    agency: String,
    request: String,
    attempt: String,
    reference: String,
    href: String,
    due: String,
    /// A release waits for its approval.
    asked: bool,
}

struct AgencyRow {
    kind: String,
    name: String,
    paused: bool,
    since: String,
    by: String,
    reason: String,
    held: String,
}

struct DrainView {
    on: bool,
    dry: bool,
    since: String,
    by: String,
    outbox: String,
    under_way: String,
}

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorTemplate {
    s: Say,
    langs: [Lang; 3],
    me: String,
    acts: Vec<ActRow>,
    requests: Vec<RequestRow>,
    agencies: Vec<AgencyRow>,
    drain: DrainView,
}

/// The page.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<OperatorQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let (open, latest, requests, pauses, drain) = tokio::try_join!(
        acts::list(&app.pool, true, None, ACTS_MAX),
        acts::list(&app.pool, false, None, ACTS_MAX),
        waiting::for_operators(&app.pool),
        held::pauses(&app.pool),
        held::drain(&app.pool)
    )?;
    let over = latest.into_iter().filter(|act| !open.iter().any(|waits| waits.id == act.id));
    let all: Vec<ActLine> = open.iter().cloned().chain(over).collect();
    let request = |line: &waiting::RequestLine| RequestRow {
        id: line.consultation_id,
        agency: say.of("agency", &line.agency),
        request: say.of("request", &line.request),
        attempt: number(lang, line.attempt.into()),
        href: file_href(say, &line.reference, &line.commune),
        reference: line.reference.clone(),
        due: line.due.map(|due| date_plain(say, due.0)).unwrap_or_default(),
        asked: line.act.is_some(),
    };
    let agency = |kind: &String| {
        let pause = pauses.iter().find(|pause| pause.agency == *kind);
        AgencyRow {
            name: say.of("agency", kind),
            kind: kind.clone(),
            paused: pause.is_some(),
            since: pause.map(|pause| date_time(say, pause.since.0)).unwrap_or_default(),
            by: pause.map(|pause| pause.by.clone()).unwrap_or_default(),
            reason: pause.map(|pause| pause.reason.clone()).unwrap_or_default(),
            held: pause.map(|pause| number(lang, pause.held)).unwrap_or_default(),
        }
    };
    let template = OperatorTemplate {
        s: say,
        langs: Lang::ALL,
        acts: all.iter().map(|act| act_row(say, act, &caller.name)).collect(),
        requests: requests.iter().map(request).collect(),
        agencies: app.settings().agencies.enabled.iter().map(agency).collect(),
        drain: drain_view(say, &drain),
        me: caller.name,
    };
    html(&template, lang)
}

fn drain_view(say: Say, drain: &DrainState) -> DrainView {
    DrainView {
        on: drain.draining,
        dry: drain.dry,
        since: drain.since.map(|at| date_time(say, at.0)).unwrap_or_default(),
        by: drain.by.clone().unwrap_or_default(),
        outbox: number(say.lang, drain.outbox),
        under_way: number(say.lang, drain.under_way),
    }
}

fn act_row(say: Say, act: &ActLine, me: &str) -> ActRow {
    let waits = act.status == "asked";
    let count = |n: i64| number(say.lang, n);
    let about = match (act.items, &act.reference, &act.agency) {
        (items, ..) if items > 0 => format!("{} / {}", count(act.items_done), count(items.into())),
        (_, Some(reference), _) => {
            let what = act.release_as.as_deref().map(|release| say.of("release", release));
            let what = what.or_else(|| act.sequence.map(|sequence| format!("#{sequence}")));
            format!("{reference} {}", what.unwrap_or_default())
        }
        (_, None, Some(agency)) => say.of("agency", agency),
        _ => String::new(),
    };
    let status = say.of("act-status", &act.status);
    ActRow {
        id: act.id,
        kind: say.of("act", &act.kind),
        about,
        reason: act.reason.clone(),
        asked_by: act.asked_by.clone(),
        asked_at: date_time(say, act.asked_at.0),
        decided: act.decided_by.clone().unwrap_or_default(),
        status: match act.outcome.as_deref().and_then(wasl_schemas::problem::Code::from_text) {
            Some(code) => format!("{status}: {}", say.lang.phrase(code.page().title)),
            None => status,
        },
        class: match act.status.as_str() {
            "done" => "done",
            "failed" => "late",
            "declined" => "closed",
            _ => "waits",
        },
        may_approve: waits && !act.asked_by.eq_ignore_ascii_case(me),
        waits,
    }
}

/// Why a file waits: operators see no more of it. A reference may hold anything.
pub(super) fn file_href(say: Say, reference: &str, commune: &str) -> String {
    let reference: String = form_urlencoded::byte_serialize(reference.as_bytes()).collect();
    format!("/why/{}?commune={commune}&lang={}", reference.replace('+', "%20"), say.lang.tag())
}

/// A form of this page or of `/parked`.
pub async fn ask(State(app): State<Shared>, caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let wish = wish(&fields)?;
    let most = app.settings().flow.replay_messages_max;
    let act = acting::ask(&app.pool, most, &caller.name, &wish).await?;
    tracing::info!(act = %act.id, kind = act.kind, by = caller.name, items = act.items, "an act of operators is asked for");
    back(field(&fields, "lang"))
}

/// The buttons beside an act.
pub async fn decide(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, decision)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let approve = match decision.as_str() {
        "approve" => true,
        "decline" => false,
        _ => return Err(Problem::not_found()),
    };
    api::decide(&app, &caller, &id, approve).await?;
    back(field(&fields, "lang"))
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    found.filter(|value| !value.is_empty())
}

fn wish(fields: &[(String, String)]) -> Result<Wish, Problem> {
    let text = |name: &str| field(fields, name).map(str::to_owned);
    let kind = field(fields, "kind").and_then(ActKind::parse).ok_or_else(|| Problem::query("kind"))?;
    let uuid = |value: &str| Uuid::try_parse(value).ok();
    let parked = fields.iter().filter(|(key, _)| key == "parked").map(|(_, value)| uuid(value));
    Ok(Wish {
        parked: parked.collect::<Option<_>>().ok_or_else(|| Problem::query("parked"))?,
        queue: text("queue"),
        code: text("code"),
        consultation: field(fields, "consultation").and_then(uuid),
        release_as: field(fields, "as")
            .and_then(|key| Release::ALL.into_iter().find(|way| way.as_str() == key)),
        agency_reference: text("agency_reference"),
        agency: text("agency"),
        ..Wish::new(kind, field(fields, "reason").unwrap_or_default())
    })
}

fn back(lang: Option<&str>) -> Result<Response, Problem> {
    let lang = lang.and_then(Lang::parse).unwrap_or(Lang::Fr);
    let place = HeaderValue::from_str(&format!("/operator?lang={}", lang.tag()));
    let place = place.map_err(|_| Problem::query("lang"))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response())
}
