//! Statements of the bank and what is booked here beside them, for the reconciliation.

use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;
use wasl_schemas::statement::StatementFault;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// A statement without its lines.
#[derive(Debug, Serialize)]
pub struct StatementHead {
    /// Its key here.
    pub id: Uuid,
    /// The account.
    pub account: String,
    /// The bank's own id of it.
    pub bank_id: String,
    /// Name of the message with its version.
    pub version: String,
    /// Its number among the statements of the account.
    pub sequence: Option<i64>,
    /// A number between this one and the one before it is missing.
    pub gap: bool,
    /// First day.
    pub from_on: Option<Day>,
    /// Last day.
    pub to_on: Option<Day>,
    /// Opening balance.
    pub opening_centimes: Option<i64>,
    /// Closing balance.
    pub closing_centimes: Option<i64>,
    /// Sum of what came in and is booked.
    pub credit_centimes: Option<i64>,
    /// Sum of what went out and is booked.
    pub debit_centimes: Option<i64>,
    /// Transactions in it.
    pub lines: Option<i32>,
    /// What is wrong with it.
    pub faults: Option<Json<Vec<StatementFault>>>,
    /// When it came.
    pub received_at: Instant,
}

/// The latest statements first, `rows` of them, from a place on.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    after: Option<(Instant, Uuid)>,
    rows: i64,
) -> Result<Vec<StatementHead>, StoreError> {
    heads(pool, None, after, rows).await
}

/// One statement.
///
/// # Errors
/// The database's.
pub async fn one(pool: &PgPool, id: Uuid) -> Result<Option<StatementHead>, StoreError> {
    Ok(heads(pool, Some(id), None, 1).await?.pop())
}

async fn heads(
    pool: &PgPool,
    only: Option<Uuid>,
    after: Option<(Instant, Uuid)>,
    rows: i64,
) -> Result<Vec<StatementHead>, StoreError> {
    let (at, id) = after.unzip();
    Ok(sqlx::query_as!(
        StatementHead,
        r#"SELECT s.id, account, bank_id, version, sequence,
               COALESCE(sequence - 1 > (SELECT max(b.sequence) FROM statement b
                   WHERE b.account = s.account AND b.sequence < s.sequence), false) AS "gap!",
               from_on AS "from_on: Day", to_on AS "to_on: Day", opening_centimes, closing_centimes,
               credit_centimes AS "credit_centimes?", debit_centimes AS "debit_centimes?", lines AS "lines?", faults AS "faults?: Json<Vec<StatementFault>>",
               received_at AS "received_at: Instant"
           FROM statement s
           WHERE ($1::uuid IS NULL OR s.id = $1)
             AND ($2::timestamptz IS NULL OR (received_at, s.id) < ($2, $3))
           ORDER BY received_at DESC, s.id DESC LIMIT $4"#,
        only,
        at as Option<Instant>,
        id,
        rows
    )
    .fetch_all(pool)
    .await?)
}

/// A booked line.
#[derive(Debug, Clone)]
pub struct LineRow {
    /// Whose.
    pub statement_id: Uuid,
    /// The bank's number.
    pub transaction: Option<String>,
    /// How much.
    pub amount_centimes: i64,
    /// `credit` or `debit`.
    pub direction: String,
    /// It undoes an earlier entry, or was sent back.
    pub back: bool,
    /// The day.
    pub booked_on: Option<Day>,
    /// Bank transaction code.
    pub code: Option<String>,
    /// `card`, `counter`, `transfer`.
    pub means: String,
    /// The payer's reference.
    pub reference: Option<String>,
    /// Our order.
    pub order_id: Option<Uuid>,
}

/// The booked lines of a statement, and those of good statements about the same orders, oldest first.
///
/// # Errors
/// The database's.
pub async fn lines(pool: &PgPool, statement: Uuid) -> Result<Vec<LineRow>, StoreError> {
    Ok(sqlx::query_as!(
        LineRow,
        r#"SELECT l.statement_id, l.transaction, l.amount_centimes, l.direction, l.back,
               l.booked_on AS "booked_on: Day", l.code, l.means, l.reference, l.order_id
           FROM statement_line l JOIN statement s ON s.id = l.statement_id
           WHERE l.status = 'booked' AND (l.statement_id = $1 OR s.faults = '[]' AND l.order_id IN
               (SELECT m.order_id FROM statement_line m WHERE m.statement_id = $1 AND m.order_id IS NOT NULL))
           ORDER BY s.to_on NULLS LAST, s.sequence NULLS LAST, s.received_at, s.id, l.place"#,
        statement
    )
    .fetch_all(pool)
    .await?)
}

/// An order as it is booked here.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// Our order.
    pub order_id: Uuid,
    /// Reference of the file.
    pub reference: String,
    /// Its commune.
    pub commune: String,
    /// What for.
    pub fee: String,
    /// Where it stands.
    pub status: String,
    /// What was asked.
    pub amount_centimes: i64,
    /// What was paid.
    pub paid_centimes: Option<i64>,
    /// By which transaction.
    pub transaction: Option<String>,
    /// How.
    pub means: Option<String>,
    /// When, by the legal clock.
    pub settled_at: Option<Instant>,
    /// Inside the caller's scope.
    pub visible: bool,
}

/// The orders with these ids; those outside the caller's scope are marked, since a verdict needs them all.
///
/// # Errors
/// The database's.
pub async fn orders(pool: &PgPool, scope: &Scope, ids: &[Uuid]) -> Result<Vec<OrderRow>, StoreError> {
    Ok(sqlx::query_as!(
        OrderRow,
        r#"SELECT f.order_id, file.reference, f.commune, f.fee, f.status, f.amount_centimes, f.paid_centimes,
               f.transaction, f.means, f.settled_at AS "settled_at: Instant",
               (($1::text IS NULL OR f.region = $1) AND ($2::text IS NULL OR f.province = $2)
                AND ($3::text IS NULL OR f.commune = $3)) AS "visible!"
           FROM fee f JOIN file ON file.id = f.file_id WHERE f.order_id = ANY($4)"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        ids
    )
    .fetch_all(pool)
    .await?)
}

/// The first day of which any statement of an account tells.
///
/// # Errors
/// The database's.
pub async fn first_day(pool: &PgPool, account: &str) -> Result<Option<Day>, StoreError> {
    let first = sqlx::query_scalar!(
        r#"SELECT min(COALESCE(from_on, to_on)) AS "first: Day" FROM statement WHERE account = $1"#,
        account
    );
    Ok(first.fetch_one(pool).await?)
}

/// Orders that were paid here between two instants and that no credit of a good statement shows, oldest first.
///
/// # Errors
/// The database's.
pub async fn missing(
    pool: &PgPool,
    scope: &Scope,
    from: Instant,
    until: Instant,
    rows: i64,
) -> Result<Vec<OrderRow>, StoreError> {
    Ok(sqlx::query_as!(
        OrderRow,
        r#"SELECT f.order_id, file.reference, f.commune, f.fee, f.status, f.amount_centimes, f.paid_centimes,
               f.transaction, f.means, f.settled_at AS "settled_at: Instant", true AS "visible!"
           FROM fee f JOIN file ON file.id = f.file_id
           WHERE f.transaction IS NOT NULL AND f.settled_at >= $4 AND f.settled_at < $5
             AND ($1::text IS NULL OR f.region = $1) AND ($2::text IS NULL OR f.province = $2)
             AND ($3::text IS NULL OR f.commune = $3)
             AND NOT EXISTS (SELECT FROM statement_line l JOIN statement s ON s.id = l.statement_id
                 WHERE l.order_id = f.order_id AND l.direction = 'credit' AND l.status = 'booked' AND NOT l.back
                   AND s.faults = '[]')
           ORDER BY f.settled_at, f.order_id LIMIT $6"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        from as Instant,
        until as Instant,
        rows
    )
    .fetch_all(pool)
    .await?)
}
