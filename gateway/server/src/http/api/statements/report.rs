//! The five lists of one statement, inside the caller's scope.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;
use wasl_core::reconcile::{Line, Order, Verdict, reconcile};
use wasl_core::time::{add_days, end_of_day, start_of_day};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::{CURRENCY, Centimes};
use wasl_schemas::statement::Direction;

use crate::http::app::App;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::statements::{self, LineRow, OrderRow, StatementHead};
use crate::store::read::{Day, Instant};

/// Orders in the list `missing` at most; there are more when it is full.
const MISSING_MAX: i64 = 1_000;

/// The answer.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Always `MAD`.
    pub currency: &'static str,
    /// The statement.
    pub statement: StatementHead,
    /// Opening + credits − debits = closing; absent where the caller does not see balances, or one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balanced: Option<bool>,
    /// The last day of payment that `missing` looks at: what was paid later may still be on its way.
    pub missing_until: Option<Day>,
    /// The lists.
    pub lists: Lists,
}

/// The five lists.
#[derive(Debug, Default, Serialize)]
pub struct Lists {
    /// In the statement and booked here just so.
    pub matched: Vec<ReportLine>,
    /// In the statement, of no order here.
    pub unknown: Vec<ReportLine>,
    /// Paid here, in no statement.
    pub missing: Vec<ReportLine>,
    /// In the statement, and booked here in another way or not at all.
    pub different: Vec<ReportLine>,
    /// In the statement, though the order's money stands in another line already.
    pub twice: Vec<ReportLine>,
}

/// A line of a list. What the bank says is absent in `missing`, what is booked here in `unknown`.
#[derive(Debug, Default, Clone, Serialize)]
pub struct ReportLine {
    /// In what it differs: `partial`, `over`, `not-booked`, `other-transaction`, `not-refunded`, `refund-amount`,
    /// `returned`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<&'static str>,
    /// `credit` or `debit`.
    pub direction: Option<String>,
    /// The bank's day.
    pub booked_on: Option<Day>,
    /// The bank's number.
    pub transaction: Option<String>,
    /// `card`, `counter`, `transfer`.
    pub means: Option<String>,
    /// What the bank says.
    pub amount_centimes: Option<i64>,
    /// Bank transaction code.
    pub code: Option<String>,
    /// The payer's reference.
    pub reference: Option<String>,
    /// Our order.
    pub order: Option<Uuid>,
    /// Reference of the file.
    pub file: Option<String>,
    /// Its commune.
    pub commune: Option<String>,
    /// What for.
    pub fee: Option<String>,
    /// What was asked.
    pub asked_centimes: Option<i64>,
    /// What is booked here.
    pub booked_centimes: Option<i64>,
    /// By which transaction.
    pub booked_transaction: Option<String>,
}

/// The caller sees the whole country.
fn sees_all(caller: &Caller) -> bool {
    caller.scope == crate::store::read::Scope::default()
}

/// Takes out what only those who see the whole country may see.
pub(super) fn narrow(head: &mut StatementHead, caller: &Caller) {
    if !sees_all(caller) {
        (head.opening_centimes, head.closing_centimes, head.faults) = (None, None, None);
        (head.credit_centimes, head.debit_centimes, head.lines) = (None, None, None);
    }
}

/// The report of one statement.
///
/// # Errors
/// Not found; the database's.
pub async fn report(app: &App, caller: &Caller, id: Uuid) -> Result<Report, Problem> {
    let mut statement = statements::one(&app.pool, id).await?.ok_or_else(Problem::not_found)?;
    let rows = statements::lines(&app.pool, id).await?;
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.order_id).collect();
    let orders = statements::orders(&app.pool, &caller.scope, &ids).await?;
    let orders: BTreeMap<Uuid, OrderRow> = orders.into_iter().map(|order| (order.order_id, order)).collect();
    let mut lists = judge(id, &rows, &orders, sees_all(caller));
    let missing_until = statement.to_on.map(|to| Day(add_days(to.0, -app.grace_days())));
    lists.missing = missing(app, caller, &statement, missing_until).await?;
    let balanced = balanced(&statement).filter(|_| sees_all(caller));
    narrow(&mut statement, caller);
    Ok(Report { currency: CURRENCY, statement, balanced, missing_until, lists })
}

fn balanced(head: &StatementHead) -> Option<bool> {
    let end = head.opening_centimes?.checked_add(head.credit_centimes?)?.checked_sub(head.debit_centimes?)?;
    Some(end == head.closing_centimes?)
}

/// Pure: every booked line of the statement in its list.
fn judge(statement: Uuid, rows: &[LineRow], orders: &BTreeMap<Uuid, OrderRow>, all: bool) -> Lists {
    let lines: Vec<Line> = rows.iter().map(line_of).collect();
    let booked = orders.iter().map(|(id, row)| (ConsultationId(*id), order_of(row))).collect();
    let verdicts = reconcile(&lines, &booked);
    let mut lists = Lists::default();
    for (row, verdict) in rows.iter().zip(verdicts).filter(|(row, _)| row.statement_id == statement) {
        let order = row.order_id.and_then(|id| orders.get(&id));
        if !order.map_or(all, |order| order.visible) {
            continue;
        }
        let line = report_line(Some(row), order);
        match verdict {
            Verdict::Matched => lists.matched.push(line),
            Verdict::Unknown => lists.unknown.push(line),
            Verdict::Twice => lists.twice.push(line),
            Verdict::Different(difference) => {
                lists.different.push(ReportLine { difference: Some(difference.as_str()), ..line });
            }
        }
    }
    lists
}

fn line_of(row: &LineRow) -> Line {
    Line {
        order: row.order_id.map(ConsultationId),
        transaction: row.transaction.clone(),
        amount: Centimes(row.amount_centimes),
        direction: if row.direction == "debit" { Direction::Debit } else { Direction::Credit },
        back: row.back,
    }
}

fn order_of(row: &OrderRow) -> Order {
    let paid = row.paid_centimes.zip(row.transaction.clone());
    Order {
        asked: Centimes(row.amount_centimes),
        paid: paid.map(|(centimes, transaction)| (Centimes(centimes), transaction)),
        refunded: row.status == "refunded",
    }
}

fn report_line(row: Option<&LineRow>, order: Option<&OrderRow>) -> ReportLine {
    ReportLine {
        difference: None,
        direction: row.map(|row| row.direction.clone()),
        booked_on: row.and_then(|row| row.booked_on),
        transaction: row.and_then(|row| row.transaction.clone()),
        means: row.map(|row| row.means.clone()).or_else(|| order.and_then(|order| order.means.clone())),
        amount_centimes: row.map(|row| row.amount_centimes),
        code: row.and_then(|row| row.code.clone()),
        reference: row.and_then(|row| row.reference.clone()),
        order: order.map(|order| order.order_id).or_else(|| row.and_then(|row| row.order_id)),
        file: order.map(|order| order.reference.clone()),
        commune: order.map(|order| order.commune.clone()),
        fee: order.map(|order| order.fee.clone()),
        asked_centimes: order.map(|order| order.amount_centimes),
        booked_centimes: order.and_then(|order| order.paid_centimes),
        booked_transaction: order.and_then(|order| order.transaction.clone()),
    }
}

/// What was paid here since the first statement of the account, up to the last day that should show it.
async fn missing(
    app: &App,
    caller: &Caller,
    statement: &StatementHead,
    until: Option<Day>,
) -> Result<Vec<ReportLine>, Problem> {
    let first = statements::first_day(&app.pool, &statement.account).await?;
    let (Some(first), Some(until)) = (first, until) else { return Ok(Vec::new()) };
    let (from, until) = (Instant(start_of_day(first.0)), Instant(end_of_day(until.0)));
    let orders = statements::missing(&app.pool, &caller.scope, from, until, MISSING_MAX).await?;
    Ok(orders.iter().map(|order| report_line(None, Some(order))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(order: u128, amount: i64, transaction: &str) -> LineRow {
        LineRow {
            statement_id: Uuid::from_u128(9),
            transaction: Some(transaction.to_owned()),
            amount_centimes: amount,
            direction: "credit".to_owned(),
            back: false,
            booked_on: None,
            code: None,
            means: "counter".to_owned(),
            reference: None,
            order_id: (order > 0).then(|| Uuid::from_u128(order)),
        }
    }

    fn order(id: u128, visible: bool) -> (Uuid, OrderRow) {
        let id = Uuid::from_u128(id);
        let row = OrderRow {
            order_id: id,
            reference: "PCT-1".to_owned(),
            commune: "015110101".to_owned(),
            fee: "tax".to_owned(),
            status: "paid".to_owned(),
            amount_centimes: 100,
            paid_centimes: Some(100),
            transaction: Some("T1".to_owned()),
            means: Some("counter".to_owned()),
            settled_at: None,
            visible,
        };
        (id, row)
    }

    #[test]
    fn each_line_stands_in_one_list_and_lines_of_other_statements_only_weigh() {
        let earlier = LineRow { statement_id: Uuid::from_u128(8), ..row(1, 100, "T1") };
        let rows = [earlier, row(1, 100, "T2"), row(2, 100, "T1"), row(2, 1, "T3"), row(0, 5, "X")];
        let orders = BTreeMap::from([order(1, true), order(2, true)]);
        let lists = judge(Uuid::from_u128(9), &rows, &orders, true);
        assert_eq!(
            lists.twice.len(),
            2,
            "the order's money came in an earlier statement, or in another line"
        );
        assert_eq!((lists.matched.len(), lists.unknown.len(), lists.different.len()), (1, 1, 0));
        assert_eq!(lists.matched[0].file.as_deref(), Some("PCT-1"));
    }

    #[test]
    fn a_narrow_scope_sees_neither_other_fees_nor_what_is_of_no_order() {
        let rows = [row(1, 100, "T1"), row(2, 100, "T1"), row(0, 5, "X")];
        let orders = BTreeMap::from([order(1, true), order(2, false)]);
        let lists = judge(Uuid::from_u128(9), &rows, &orders, false);
        assert_eq!((lists.matched.len(), lists.unknown.len()), (1, 0));
    }
}
