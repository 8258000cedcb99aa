//! Statements of the bank, each kept once.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgTransaction;
use wasl_schemas::payment::PaymentMeans;
use wasl_schemas::statement::{Direction, Statement, StatementEntry};

use super::StoreError;
use super::read::Day;

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    New {
        /// The statement before it has not come.
        gap: bool,
    },
    /// It was kept before: nothing changed.
    Same,
    /// Another one was kept under its id: nothing changed.
    Conflict,
}

/// Keeps a statement with its lines.
///
/// # Errors
/// The database's.
pub async fn keep(tx: &mut PgTransaction<'_>, statement: &Statement) -> Result<Kept, StoreError> {
    let (id, sha256) = (statement.key(), hash(statement)?);
    let sum = |direction| statement.sum(direction).map_or(i64::MAX, |sum| sum.0);
    let written = sqlx::query!(
        "INSERT INTO statement (id, account, bank_id, message_id, version, sequence, from_on, to_on, opening_centimes,
             closing_centimes, credit_centimes, debit_centimes, lines, faults, sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
        id,
        statement.account,
        statement.id,
        statement.message_id,
        statement.version,
        statement.sequence,
        statement.from.map(Day) as Option<Day>,
        statement.to.map(Day) as Option<Day>,
        statement.opening().map(|amount| amount.0),
        statement.closing().map(|amount| amount.0),
        sum(Direction::Credit),
        sum(Direction::Debit),
        i32::try_from(statement.entries.len()).unwrap_or(i32::MAX),
        json!(statement.faults),
        sha256
    )
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() == 0 {
        let known = sqlx::query_scalar!("SELECT sha256 FROM statement WHERE id = $1", id);
        let known = known.fetch_optional(&mut **tx).await?;
        return Ok(if known.as_deref() == Some(sha256.as_str()) { Kept::Same } else { Kept::Conflict });
    }
    lines(tx, statement).await?;
    Ok(Kept::New { gap: gap(tx, statement).await? })
}

/// What it says, apart from the message that brought it.
fn hash(statement: &Statement) -> Result<String, StoreError> {
    let bare = Statement { message_id: String::new(), ..statement.clone() };
    let text = serde_json::to_vec(&bare)
        .map_err(|e| StoreError::Unreadable { what: "statement", why: e.to_string() })?;
    Ok(wasl_adapters::transport::http::hex(&Sha256::digest(text)))
}

async fn lines(tx: &mut PgTransaction<'_>, statement: &Statement) -> Result<(), StoreError> {
    let lines: Vec<Value> =
        statement.entries.iter().enumerate().map(|(place, entry)| line(place, entry)).collect();
    sqlx::query!(
        "INSERT INTO statement_line (statement_id, place, transaction, amount_centimes, direction, status, back,
             booked_on, valued_on, code, means, reference, order_id)
         SELECT $1, r.* FROM jsonb_to_recordset($2) AS r (place int, transaction text, amount_centimes bigint,
             direction text, status text, back boolean, booked_on date, valued_on date, code text, means text,
             reference text, order_id uuid)",
        statement.key(),
        Value::Array(lines)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn line(place: usize, entry: &StatementEntry) -> Value {
    json!({
        "place": place, "transaction": entry.transaction, "amount_centimes": entry.amount_centimes,
        "direction": entry.direction, "status": entry.status,
        "back": entry.reversal || entry.returned.is_some(), "booked_on": entry.booked_on,
        "valued_on": entry.valued_on, "code": entry.code, "means": means(entry.means),
        "reference": entry.end_to_end.as_ref().or(entry.creditor_reference.as_ref()), "order_id": entry.order,
    })
}

const fn means(means: PaymentMeans) -> &'static str {
    match means {
        PaymentMeans::Card => "card",
        PaymentMeans::Counter => "counter",
        PaymentMeans::Transfer => "transfer",
    }
}

/// A number between this one and the one before it is missing. The first statement of an account begins a row.
async fn gap(tx: &mut PgTransaction<'_>, statement: &Statement) -> Result<bool, StoreError> {
    let Some(sequence) = statement.sequence else { return Ok(false) };
    let before = sqlx::query_scalar!(
        "SELECT max(sequence) FROM statement WHERE account = $1 AND sequence < $2",
        statement.account,
        sequence
    );
    let before = before.fetch_one(&mut **tx).await?;
    Ok(before.is_some_and(|before| before < sequence.saturating_sub(1)))
}
