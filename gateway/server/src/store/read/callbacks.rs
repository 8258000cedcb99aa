//! What the api role must know and commit before it answers an agency that calls.

use sqlx::PgPool;
use uuid::Uuid;

use crate::store::StoreError;

/// What a callback asks before it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Kind of the agency that calls.
    pub agency: String,
    /// It is the bank, and asks about an order.
    pub bank: bool,
    /// Our reference, where the call names one.
    pub id: Option<Uuid>,
    /// Its nonce, where it has one.
    pub nonce: Option<String>,
}

/// What is known of a consultation or payment order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// There is one.
    pub known: bool,
    /// A payment order's amount.
    pub amount_centimes: Option<i64>,
    /// The transaction that was captured for the order.
    pub captured: Option<String>,
    /// The nonce was seen before.
    pub nonce_seen: bool,
}

/// Looks up consultations of their agencies, or orders of the bank. An order that is no longer wanted has no
/// amount: nothing is captured for it. The answers stand in the order of the questions.
///
/// # Errors
/// The database's.
pub async fn known(pool: &PgPool, questions: Vec<Question>) -> Result<Vec<Known>, StoreError> {
    let (mut agencies, mut banks, mut ids, mut nonces) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for question in questions {
        agencies.push(question.agency);
        banks.push(question.bank);
        ids.push(question.id);
        nonces.push(question.nonce);
    }
    Ok(sqlx::query_as!(
        Known,
        r#"SELECT COALESCE(c.agency = q.agency, false) OR f.order_id IS NOT NULL AS "known!",
               CASE WHEN f.status <> 'cancelled' THEN f.amount_centimes END AS amount_centimes,
               COALESCE(p.transaction, f.transaction) AS captured,
               COALESCE(n.seen, false) AS "nonce_seen!"
           FROM UNNEST($1::text[], $2::bool[], $3::uuid[], $4::text[])
               WITH ORDINALITY AS q (agency, bank, id, nonce, place)
           LEFT JOIN LATERAL (SELECT agency FROM consultation c WHERE c.id = q.id LIMIT 1) c ON true
           LEFT JOIN LATERAL (SELECT * FROM fee f WHERE f.order_id = q.id AND q.bank LIMIT 1) f ON true
           LEFT JOIN LATERAL (SELECT * FROM capture p WHERE p.order_id = f.order_id LIMIT 1) p ON true
           LEFT JOIN LATERAL (SELECT true AS seen FROM nonce n
               WHERE n.agency = q.agency AND n.nonce = q.nonce LIMIT 1) n ON true
           ORDER BY q.place"#,
        &agencies,
        &banks,
        &ids as &[Option<Uuid>],
        &nonces as &[Option<String>]
    )
    .fetch_all(pool)
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

/// The nonce of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// Kind of the agency that called.
    pub agency: String,
    /// Its nonce.
    pub nonce: String,
}

/// Keeps nonces, on the disk when this returns.
///
/// # Errors
/// The database's.
pub async fn keep_nonces(pool: &PgPool, nonces: Vec<Nonce>) -> Result<Vec<()>, StoreError> {
    let done = vec![(); nonces.len()];
    let (agencies, nonces): (Vec<String>, Vec<String>) =
        nonces.into_iter().map(|Nonce { agency, nonce }| (agency, nonce)).unzip();
    sqlx::query!(
        "INSERT INTO nonce (agency, nonce) SELECT * FROM UNNEST($1::text[], $2::text[]) ON CONFLICT DO NOTHING",
        &agencies,
        &nonces
    )
    .execute(pool)
    .await?;
    Ok(done)
}
