//! `/payments`: the bank's statement beside what is booked here, list by list.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::format::{date_plain, money, number};
use super::html;
use crate::http::api::statements::{Report, ReportLine, report};
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::lang::Lang;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::http::texts::Say;
use crate::store::read::Day;
use crate::store::read::statements::{self, StatementHead};

/// Statements to choose from.
const STATEMENTS_MAX: i64 = 40;
/// Lines of one list on the page; the file with all of them is one click away.
const LINES_MAX: usize = 200;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    lang: Option<String>,
}

struct Choice {
    id: Uuid,
    name: String,
    chosen: bool,
    gap: bool,
}

struct Figure {
    label: String,
    value: String,
}

struct ListView {
    key: &'static str,
    title: String,
    count: String,
    sum: String,
    class: &'static str,
    open: bool,
    rows: Vec<Row>,
    /// Lines that are only in the file.
    more: String,
}

struct Row {
    day: String,
    way: String,
    amount: String,
    booked: String,
    file: String,
    href: String,
    reference: String,
    why: String,
}

struct Shown {
    id: Uuid,
    name: String,
    account: String,
    period: String,
    figures: Vec<Figure>,
    balanced: Option<bool>,
    gap: bool,
    faults: Vec<String>,
    lists: Vec<ListView>,
}

#[derive(Template)]
#[template(path = "reconciliation.html")]
struct ReconciliationTemplate {
    s: Say,
    langs: [Lang; 3],
    choices: Vec<Choice>,
    shown: Option<Shown>,
}

/// The latest statement.
pub async fn latest(
    state: State<Shared>,
    caller: Caller,
    Asked(query): Asked<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    draw(&state.0, &caller, None, &query, &headers).await
}

/// One statement.
pub async fn show(
    state: State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(query): Asked<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found())?;
    draw(&state.0, &caller, Some(id), &query, &headers).await
}

async fn draw(
    app: &App,
    caller: &Caller,
    id: Option<Uuid>,
    query: &PageQuery,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let lang = query.lang.as_deref().and_then(Lang::parse).unwrap_or_else(|| Lang::negotiate(headers));
    let say = Say::new(lang);
    let heads = statements::list(&app.pool, None, STATEMENTS_MAX).await?;
    let id = id.or_else(|| heads.first().map(|head| head.id));
    let shown = match id {
        Some(id) => Some(shown(say, &report(app, caller, id).await?)),
        None => None,
    };
    let choices = heads.iter().map(|head| Choice {
        id: head.id,
        name: name(say, head),
        chosen: Some(head.id) == id,
        gap: head.gap,
    });
    let template = ReconciliationTemplate { s: say, langs: Lang::ALL, choices: choices.collect(), shown };
    html(&template, lang)
}

fn name(say: Say, head: &StatementHead) -> String {
    let day = head.to_on.map_or_else(|| head.bank_id.clone(), |day| date_plain(say, day.0));
    head.sequence.map_or_else(|| day.clone(), |sequence| format!("{} · {day}", number(say.lang, sequence)))
}

fn shown(say: Say, report: &Report) -> Shown {
    let head = &report.statement;
    let figure = |key: &str, centimes: Option<i64>| {
        let value = centimes.map(|centimes| money(say, centimes));
        value.map(|value| Figure { label: say.of("reconciliation", key), value })
    };
    let figures = [
        figure("opening", head.opening_centimes),
        figure("credits", head.credit_centimes),
        figure("debits", head.debit_centimes),
        figure("closing", head.closing_centimes),
    ];
    let lists = &report.lists;
    let day = |day: Option<Day>| day.map(|day| date_plain(say, day.0)).unwrap_or_default();
    Shown {
        id: head.id,
        name: name(say, head),
        account: head.account.clone(),
        period: if head.from_on == head.to_on {
            day(head.to_on)
        } else {
            format!("{} – {}", day(head.from_on), day(head.to_on))
        },
        figures: figures.into_iter().flatten().collect(),
        balanced: report.balanced,
        gap: head.gap,
        faults: head
            .faults
            .iter()
            .flat_map(|faults| faults.iter().map(|fault| fault_text(say, &fault.code)))
            .collect(),
        lists: vec![
            list(say, "twice", &lists.twice, "late", true),
            list(say, "different", &lists.different, "late", true),
            list(say, "unknown", &lists.unknown, "waits", true),
            list(say, "missing", &lists.missing, "waits", true),
            list(say, "matched", &lists.matched, "done", false),
        ],
    }
}

fn fault_text(say: Say, code: &str) -> String {
    let page = wasl_schemas::problem::Code::from_text(code).map(wasl_schemas::problem::Code::page);
    page.map_or_else(|| code.to_owned(), |page| say.lang.phrase(page.title).to_owned())
}

fn list(say: Say, key: &'static str, lines: &[ReportLine], class: &'static str, open: bool) -> ListView {
    let count = |n: usize| number(say.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let amount = |line: &ReportLine| line.amount_centimes.or(line.booked_centimes).unwrap_or_default();
    let sum = lines.iter().map(amount).fold(0_i64, i64::saturating_add);
    let beyond = lines.len().saturating_sub(LINES_MAX);
    ListView {
        key,
        title: say.of("reconciliation", key),
        count: count(lines.len()),
        sum: money(say, sum),
        class: if lines.is_empty() { "closed" } else { class },
        open: open && !lines.is_empty(),
        rows: lines.iter().take(LINES_MAX).map(|line| row(say, line)).collect(),
        more: if beyond > 0 { say.with("reconciliation.more", &count(beyond)) } else { String::new() },
    }
}

fn row(say: Say, line: &ReportLine) -> Row {
    let amount = |centimes: Option<i64>| centimes.map(|centimes| money(say, centimes)).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let means = line.means.as_deref().map(|means| say.of("means", means));
    let way = line.direction.as_deref().filter(|way| *way == "debit").map(|_| say.t("reconciliation.debit"));
    Row {
        day: line.booked_on.map(|day| date_plain(say, day.0)).unwrap_or_default(),
        way: [way.map(str::to_owned), means].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        amount: amount(line.amount_centimes),
        booked: amount(line.booked_centimes),
        file: text(&line.file),
        href: line.file.as_deref().map(|file| href(say, file, line.commune.as_deref())).unwrap_or_default(),
        reference: line.transaction.clone().or_else(|| line.reference.clone()).unwrap_or_default(),
        why: line.difference.map(|why| say.of("difference", why)).unwrap_or_default(),
    }
}

/// The file's page; a reference may hold anything.
fn href(say: Say, file: &str, commune: Option<&str>) -> String {
    let reference: String = url::form_urlencoded::byte_serialize(file.as_bytes()).collect();
    let commune = commune.map(|commune| format!("&commune={commune}")).unwrap_or_default();
    format!("/files/{}?lang={}{commune}", reference.replace('+', "%20"), say.lang.tag())
}
