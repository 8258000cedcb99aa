//! What the api role must know and commit before it answers an agency that calls.

use sqlx::PgPool;
use uuid::Uuid;

use crate::store::StoreError;

/// What is known of a consultation or payment order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// A payment order's amount.
    pub amount_centimes: Option<i64>,
    /// The transaction that was captured for the order.
    pub captured: Option<String>,
}

/// Looks up a consultation of this agency, or an order of the bank. An order that is no longer wanted has no
/// amount: nothing is captured for it.
///
/// # Errors
/// The database's.
pub async fn known(pool: &PgPool, agency: &str, bank: bool, id: Uuid) -> Result<Option<Known>, StoreError> {
    Ok(sqlx::query_as!(
        Known,
        r#"SELECT NULL::bigint AS amount_centimes, NULL::text AS captured
           FROM consultation WHERE id = $1 AND agency = $2
           UNION ALL
           SELECT CASE WHEN f.status <> 'cancelled' THEN f.amount_centimes END, COALESCE(c.transaction, f.transaction)
           FROM fee f LEFT JOIN capture c ON c.order_id = f.order_id WHERE f.order_id = $1 AND $3"#,
        id,
        agency,
        bank
    )
    .fetch_optional(pool)
    .await?)
}

/// Commits a capture; gives back the transaction that holds the order, which is another one when somebody
/// was faster.
///
/// # Errors
/// The database's.
pub async fn capture(
    pool: &PgPool,
    order: Uuid,
    transaction: &str,
    amount_centimes: i64,
) -> Result<String, StoreError> {
    sqlx::query!(
        "INSERT INTO capture (order_id, transaction, amount_centimes) VALUES ($1, $2, $3)
         ON CONFLICT (order_id) DO NOTHING",
        order,
        transaction,
        amount_centimes
    )
    .execute(pool)
    .await?;
    let held = sqlx::query_scalar!("SELECT transaction FROM capture WHERE order_id = $1", order)
        .fetch_one(pool)
        .await?;
    Ok(held)
}

/// Keeps a nonce; false when it was seen before.
///
/// # Errors
/// The database's.
pub async fn keep_nonce(pool: &PgPool, agency: &str, nonce: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO nonce (agency, nonce) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        agency,
        nonce
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a nonce was seen before.
///
/// # Errors
/// The database's.
pub async fn nonce_seen(pool: &PgPool, agency: &str, nonce: &str) -> Result<bool, StoreError> {
    let seen = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM nonce WHERE agency = $1 AND nonce = $2) AS "seen!""#,
        agency,
        nonce
    )
    .fetch_one(pool)
    .await?;
    Ok(seen)
}
