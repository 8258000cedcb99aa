//! `/files/{reference}`: one file for those who may see it: where it stands, its legal dates day by day, who was
//! asked, what was paid, what happened. No name of a person.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;
use wasl_core::deadline::{DayKind, DayLine, Explanation};
use wasl_core::time::local_date;

use super::format::{date_plain, date_time, money, number};
use super::html;
use super::strip::{Marks, Week, weeks};
use super::why::{self, Why};
use crate::http::api::deadline;
use crate::http::api::file::{FileAnswer, one, whole};
use crate::http::app::Shared;
use crate::http::auth::{Caller, Right};
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::store::read::file::FileRow;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePageQuery {
    commune: Option<String>,
    lang: Option<String>,
}

/// The query of the search.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindQuery {
    reference: String,
    lang: Option<String>,
}

/// `/files?reference=`: goes to the page of the file, which says whether there is one.
pub async fn find(_: Caller, Asked(query): Asked<FindQuery>) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).map(|lang| format!("?lang={}", lang.tag()));
    let reference: String = form_urlencoded::byte_serialize(query.reference.trim().as_bytes()).collect();
    let place = format!("/files/{}{}", reference.replace('+', "%20"), lang.unwrap_or_default());
    let place = HeaderValue::from_str(&place).map_err(|_| Problem::query("reference"))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response())
}

struct DateLine {
    label: String,
    value: String,
    class: &'static str,
}

struct ConsultationRow {
    agency: String,
    office: String,
    binding: bool,
    status: String,
    class: &'static str,
    overdue: bool,
    due: String,
    answered: String,
    opinion: String,
}

struct FeeRow {
    label: String,
    amount: String,
    status: String,
    settled: String,
}

struct ExchangeRow {
    id: i64,
    at: String,
    agency: String,
    what: String,
    status: String,
    took: String,
    bytes: String,
    hash: String,
    /// Its bodies can be read by this caller.
    readable: bool,
}

struct EventRow {
    at: String,
    name: String,
    /// The agency, why the period changed, or who was told.
    about: String,
}

#[derive(Template)]
#[template(path = "file.html")]
struct FileTemplate<'a> {
    s: Say,
    langs: [Lang; 3],
    file: &'a FileRow,
    commune: String,
    permit: String,
    status: String,
    status_class: &'static str,
    dates: Vec<DateLine>,
    basis: String,
    /// The unit of the limit is doubtful: calendar or working days.
    two_readings: bool,
    /// What a reader should know besides: suspended, not started, not confirmed.
    notes: Vec<&'a str>,
    weekdays: Vec<String>,
    weeks: Vec<Week>,
    /// Holidays of the period, by name.
    holidays: Vec<DateLine>,
    /// The clock stood still on some day.
    stood_still: bool,
    consultations: Vec<ConsultationRow>,
    fees: Vec<FeeRow>,
    events: Vec<EventRow>,
    exchanges: Vec<ExchangeRow>,
    /// Why it waits.
    why: Why,
    /// As it stands in an address.
    address: String,
}

/// The page of one file.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Asked(query): Asked<FilePageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(&headers));
    let say = Say::new(lang);
    let row = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    let explanation = deadline::of(&app, &row)?;
    let why = why::of(&app, &caller, &row, say).await?;
    let answer = whole(&app, &caller, row).await?;
    let file = &answer.file;
    let today = app.today().date.0;
    let late = file.due.is_some_and(|due| due.0 < today) && is_open(file);
    let marks = Marks { today, decided: file.decided_at.map(|at| local_date(at.0)) };
    let template = FileTemplate {
        s: say,
        langs: Lang::ALL,
        commune: name(say, &answer),
        permit: format!("{} · {}", say.of("permit", &file.permit), say.of("class", &file.project_class)),
        status: status(say, file),
        status_class: if late {
            "late"
        } else if is_open(file) {
            "waits"
        } else {
            "done"
        },
        dates: dates(say, file, late),
        basis: explanation.basis.clone(),
        two_readings: explanation.due_if_working_days.is_some(),
        notes: explanation.notes.iter().map(|note| lang.text(note)).collect(),
        weekdays: (1..=7).map(|day| say.of("weekday-short", &day.to_string())).collect(),
        weeks: strip(say, &explanation, marks),
        holidays: holidays(say, &explanation),
        stood_still: explanation.days.iter().any(|day| day.kind == DayKind::Suspended),
        consultations: answer.consultations.iter().map(|line| consultation(say, line)).collect(),
        fees: answer.fees.iter().flatten().map(|line| fee(say, line)).collect(),
        events: events(say, &answer),
        exchanges: exchanges(say, &answer, caller.has(Right::WireBodies)),
        why,
        address: form_urlencoded::byte_serialize(file.reference.as_bytes())
            .collect::<String>()
            .replace('+', "%20"),
        file,
    };
    html(&template, lang)
}

/// A period of more than three months is told in dates, not in cells.
fn strip(say: Say, explanation: &Explanation, marks: Marks) -> Vec<Week> {
    const DAYS_MAX: usize = 100;
    if explanation.days.len() > DAYS_MAX { Vec::new() } else { weeks(say, explanation, marks) }
}

/// A holiday of several days stands in one line for each.
fn holidays(say: Say, explanation: &Explanation) -> Vec<DateLine> {
    let line = |day: &DayLine| {
        let name = day.name.as_ref().map(|name| say.lang.text(name).to_owned())?;
        Some(DateLine { label: date_plain(say, day.date), value: name, class: "" })
    };
    explanation.days.iter().filter(|day| day.kind == DayKind::Holiday).filter_map(line).collect()
}

fn name(say: Say, answer: &FileAnswer) -> String {
    let name = answer.commune_name.name.as_ref();
    name.map_or_else(
        || answer.file.commune.clone(),
        |n| if say.lang == Lang::Ar { n.ar.clone() } else { n.fr.clone() },
    )
}

const fn is_open(file: &FileRow) -> bool {
    file.decided_at.is_none() && file.right_acquired_at.is_none() && file.withdrawn_at.is_none()
}

fn status(say: Say, file: &FileRow) -> String {
    let main = say.of("status", &file.status);
    match (&file.decision, file.attested_at, file.right_acquired_at) {
        (Some(decision), ..) => format!("{main} · {}", say.of("decision", decision)),
        (None, Some(_), _) => say.t("silence.attested").to_owned(),
        (None, None, Some(_)) => say.t("silence.acquired").to_owned(),
        (None, None, None) => main,
    }
}

fn dates(say: Say, file: &FileRow, late: bool) -> Vec<DateLine> {
    let mut lines = Vec::new();
    let mut line = |key: &str, value: Option<String>, class| {
        if let Some(value) = value {
            lines.push(DateLine { label: say.of("date", key), value, class });
        }
    };
    let day = |date: Option<crate::store::read::Day>| date.map(|date| date_plain(say, date.0));
    let at = |at: Option<crate::store::read::Instant>| at.map(|at| date_time(say, at.0));
    line("filed", day(Some(file.filed)), "");
    line("registered", at(Some(file.registered_at)), "");
    line("due", day(file.due), if late { "late" } else { "" });
    line("due-later", day(file.due_later), "");
    line("right", at(file.right_acquires_at.filter(|_| file.silence_is_approval && is_open(file))), "");
    line("right-acquired", at(file.right_acquired_at), "");
    line("decided", at(file.decided_at), "");
    line("delivered", at(file.delivered_at), "");
    line("withdrawn", at(file.withdrawn_at), "");
    lines
}

fn consultation(say: Say, line: &crate::store::read::consultations::ConsultationLine) -> ConsultationRow {
    let class = match line.status.as_str() {
        _ if line.overdue => "late",
        "answered" => "done",
        "no-answer" | "undeliverable" | "cancelled" => "closed",
        _ => "waits",
    };
    ConsultationRow {
        agency: say.of("agency", &line.agency),
        office: line.agency_id.clone(),
        binding: line.binding,
        status: say.of("consultation", &line.status),
        class,
        overdue: line.overdue,
        due: date_plain(say, line.due.0),
        answered: line.answered_at.map(|at| date_plain(say, local_date(at.0))).unwrap_or_default(),
        opinion: line.opinion.as_ref().map(|opinion| say.of("opinion", opinion)).unwrap_or_default(),
    }
}

fn fee(say: Say, line: &crate::store::read::file::FeeLine) -> FeeRow {
    FeeRow {
        label: line.label.clone(),
        amount: money(say, line.amount_centimes),
        status: say.of("fee", &line.status),
        settled: line.settled_at.map(|at| date_time(say, at.0)).unwrap_or_default(),
    }
}

/// The timeline, newest first, with the agency where an event is about one.
fn events(say: Say, answer: &FileAnswer) -> Vec<EventRow> {
    let agency = |id: &str| {
        let found = answer.consultations.iter().find(|line| line.id.to_string() == id);
        found.map(|line| say.of("agency", &line.agency))
    };
    let row = |line: &crate::store::read::file::EventLine| {
        let about: About = serde_json::from_str(line.data.get()).unwrap_or_default();
        EventRow {
            at: date_time(say, line.legal_at.0),
            name: say.of("event", &line.name),
            about: about
                .consultation
                .as_deref()
                .and_then(agency)
                .or_else(|| about.detail(say))
                .unwrap_or_default(),
        }
    };
    answer.events.iter().flatten().rev().map(row).collect()
}

/// The wire log, newest first.
fn exchanges(say: Say, answer: &FileAnswer, may_read: bool) -> Vec<ExchangeRow> {
    let row = |line: &crate::store::read::file::ExchangeLine| ExchangeRow {
        id: line.id,
        at: date_time(say, line.at.0),
        agency: say.of("agency", &line.agency),
        what: line.what.clone(),
        status: line.status.clone(),
        took: number(say.lang, line.took_ms),
        bytes: format!("{} / {}", number(say.lang, line.sent_bytes), number(say.lang, line.received_bytes)),
        hash: line.sha256.get(..12).unwrap_or_default().to_owned(),
        readable: may_read && line.has_body,
    };
    answer.exchanges.iter().map(row).collect()
}

/// What the timeline needs of an event.
#[derive(Debug, Default, Deserialize)]
struct About {
    consultation: Option<String>,
    why: Option<String>,
    level: Option<String>,
}

impl About {
    fn detail(&self, say: Say) -> Option<String> {
        let why = self.why.as_ref().map(|why| say.of("why", why));
        why.or_else(|| self.level.as_ref().map(|level| say.of("level", level)))
    }
}
