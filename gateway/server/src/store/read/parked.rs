//! What could not go on, for operators.

use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::Instant;
use crate::store::StoreError;

/// One parked message, without its bytes (they may hold personal data).
#[derive(Debug, Clone, Serialize)]
pub struct ParkedLine {
    /// Its id.
    pub id: Uuid,
    /// Queue, or `callbacks.<agency>`.
    pub queue: String,
    /// The first fault's code.
    pub code: String,
    /// All faults.
    pub faults: Value,
    /// `parked`, `replayed`, `set-aside`.
    pub status: String,
    /// Size of the raw bytes.
    pub raw_bytes: i32,
    /// Media type.
    pub content_type: Option<String>,
    /// Routing key.
    pub routing_key: Option<String>,
    /// Who sent it, in the broker's word.
    pub user_id: Option<String>,
    /// Message id.
    pub message_id: Option<String>,
    /// The file that it holds up.
    pub file_id: Option<Uuid>,
    /// The consultation that it holds up.
    pub consultation_id: Option<Uuid>,
    /// When.
    pub parked_at: Instant,
}

/// The last line of the page before: `parked_at` and `id`.
pub type ParkedCursor = (Instant, Uuid);

/// One page of parked messages, newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    status: Option<&str>,
    queue: Option<&str>,
    after: Option<ParkedCursor>,
    limit: i64,
) -> Result<Vec<ParkedLine>, StoreError> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        ParkedLine,
        r#"SELECT id, queue, code, faults, status, octet_length(raw) AS "raw_bytes!", content_type, routing_key, user_id,
               message_id, file_id, consultation_id, parked_at AS "parked_at: Instant"
           FROM parked
           WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR queue = $2)
             AND ($3::timestamptz IS NULL OR (parked_at, id) < ($3, $4::uuid))
           ORDER BY parked_at DESC, id DESC LIMIT $5"#,
        status,
        queue,
        after_at as Option<Instant>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?)
}

/// What a rejected callback leaves behind.
#[derive(Debug, Clone)]
pub struct ParkedCallback {
    /// Derived from its content, so that a repeat is parked once.
    pub id: Uuid,
    /// `callbacks.<agency>`.
    pub queue: String,
    /// Fault code.
    pub code: String,
    /// All faults.
    pub faults: Value,
    /// The body as it came.
    pub raw: Vec<u8>,
    /// Headers, without secrets.
    pub headers: Value,
    /// Media type.
    pub content_type: Option<String>,
    /// Consultation that it names.
    pub consultation: Option<Uuid>,
}

/// Parks a rejected callback.
///
/// # Errors
/// The database's.
pub async fn park_callback(pool: &PgPool, parked: &ParkedCallback) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO parked (id, queue, code, faults, raw, headers, content_type, consultation_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        parked.id,
        parked.queue,
        parked.code,
        parked.faults,
        parked.raw,
        parked.headers,
        parked.content_type,
        parked.consultation
    )
    .execute(pool)
    .await?;
    Ok(())
}
