//! `GET /api/v1/payments/statements`: the bank's statements, and each compared with what is booked here: five lists,
//! as JSON or CSV.
//!
//! Balances and what belongs to no order are for those who see the whole country; everybody else sees the lines of
//! the fees inside their scope.

mod report;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;
use wasl_schemas::money::Centimes;

pub use self::report::{Lists, Report, ReportLine, report};
use crate::http::app::Shared;
use crate::http::auth::Caller;
use crate::http::csv;
use crate::http::cursor::{self, Page};
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::statements::{self, StatementHead};

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The query of one statement; `format` is `json` (default) or `csv`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    format: Option<String>,
}

/// One page of statements, the latest first.
pub async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<StatementHead>>, Problem> {
    let limit = cursor::limit(query.limit, app.settings().http.page_rows_max)?;
    let after = cursor::instant(query.cursor.as_deref())?;
    let mut heads = statements::list(&app.pool, after, cursor::rows(limit)).await?;
    heads.iter_mut().for_each(|head| report::narrow(head, &caller));
    Ok(Json(Page::new(heads, limit, |head| cursor::write(head.received_at, head.id))))
}

/// One statement, reconciled.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Asked(query): Asked<ReportQuery>,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::not_found())?;
    match query.format.as_deref() {
        None | Some("json") => Ok(Json(report(&app, &caller, id).await?).into_response()),
        Some("csv") => {
            let report = report(&app, &caller, id).await?;
            Ok(csv::respond(&format!("reconciliation-{}", report.statement.bank_id), table(&report)))
        }
        Some(_) => Err(Problem::query("format")),
    }
}

const HEAD: [&str; 15] = [
    "list",
    "difference",
    "direction",
    "booked_on",
    "transaction",
    "means",
    "amount",
    "order",
    "file",
    "commune",
    "fee",
    "asked",
    "booked",
    "booked_transaction",
    "reference",
];

/// All five lists in one table; amounts in dirhams with two decimals and a point.
fn table(report: &Report) -> String {
    let lists = &report.lists;
    let all = [
        ("matched", &lists.matched),
        ("unknown", &lists.unknown),
        ("missing", &lists.missing),
        ("different", &lists.different),
        ("twice", &lists.twice),
    ];
    let rows = all.into_iter().flat_map(|(name, lines)| lines.iter().map(move |line| row(name, line)));
    csv::table(&HEAD, rows)
}

fn row(list: &str, line: &ReportLine) -> Vec<String> {
    let amount = |centimes: Option<i64>| centimes.map(|c| Centimes(c).to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        list.to_owned(),
        line.difference.unwrap_or_default().to_owned(),
        text(&line.direction),
        line.booked_on.map(|day| day.to_string()).unwrap_or_default(),
        text(&line.transaction),
        text(&line.means),
        amount(line.amount_centimes),
        line.order.map(|id| id.to_string()).unwrap_or_default(),
        text(&line.file),
        text(&line.commune),
        text(&line.fee),
        amount(line.asked_centimes),
        amount(line.booked_centimes),
        text(&line.booked_transaction),
        text(&line.reference),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_field_for_every_name_of_the_head() {
        let line = ReportLine {
            amount_centimes: Some(625_007),
            difference: Some("partial"),
            ..ReportLine::default()
        };
        let row = row("different", &line);
        assert_eq!(row.len(), HEAD.len());
        assert_eq!((row[0].as_str(), row[1].as_str(), row[6].as_str()), ("different", "partial", "6250.07"));
    }
}
