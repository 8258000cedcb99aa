//! What could not go on, for operators.

use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Day, Instant};
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
    /// When, the last time.
    pub parked_at: Instant,
    /// How often it was parked: more than once when it was sent again and failed again.
    pub times: i32,
    /// The file that it speaks of, by its commune's reference.
    pub reference: Option<String>,
    /// Its commune.
    pub commune: Option<String>,
    /// Last legal day for the decision about that file.
    pub due: Option<Day>,
    /// When silence would give the right: while the message is parked, the right waits for it, with a bound.
    pub right_acquires_at: Option<Instant>,
    /// The file waits for it: parked, and known to be about a file whose clock has not ended.
    pub holds_up: bool,
}

/// The last line of the page before: `parked_at` and `id`.
pub type ParkedCursor = (Instant, Uuid);

/// Which parked messages are wanted; everything given must fit.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParkedFilter<'a> {
    /// What became of it.
    pub status: Option<&'a str>,
    /// Where it was read.
    pub queue: Option<&'a str>,
    /// The first fault's code.
    pub code: Option<&'a str>,
    /// The file that it is about.
    pub file: Option<Uuid>,
    /// This one alone.
    pub id: Option<Uuid>,
}

/// One page of parked messages, newest first. `pool`: see [`pool_for_lists`](super::super::connect::pool_for_lists).
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    filter: &ParkedFilter<'_>,
    after: Option<ParkedCursor>,
    limit: i64,
) -> Result<Vec<ParkedLine>, StoreError> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        ParkedLine,
        r#"SELECT p.id, p.queue, p.code, p.faults, p.status, octet_length(p.raw) AS "raw_bytes!", p.content_type,
               p.routing_key, p.user_id, p.message_id, p.file_id, p.consultation_id,
               p.parked_at AS "parked_at: Instant", p.times, f.reference AS "reference?", f.commune AS "commune?",
               f.due AS "due?: Day",
               CASE WHEN f.silence_is_approval THEN f.right_acquires_at END AS "right_acquires_at?: Instant",
               (p.status = 'parked' AND f.id = coalesce(p.file_id, c.file_id, e.file_id) AND f.decided_at IS NULL
                AND f.withdrawn_at IS NULL AND f.right_acquired_at IS NULL) IS TRUE AS "holds_up!"
           FROM parked p LEFT JOIN consultation c ON c.id = p.consultation_id
               LEFT JOIN fee e ON e.order_id = p.consultation_id
               LEFT JOIN file f ON f.id = coalesce(p.file_id, c.file_id, e.file_id, p.about_file_id)
           WHERE ($1::text IS NULL OR p.status = $1) AND ($2::text IS NULL OR p.queue = $2)
             AND ($3::text IS NULL OR p.code = $3) AND ($4::uuid IS NULL OR f.id = $4)
             AND ($4::uuid IS NULL OR p.id = ANY(ARRAY(
                 SELECT id FROM parked WHERE file_id = $4
                 UNION ALL SELECT id FROM parked WHERE about_file_id = $4
                 UNION ALL SELECT id FROM parked WHERE consultation_id IN (
                     SELECT id FROM consultation WHERE file_id = $4
                     UNION ALL SELECT order_id FROM fee WHERE file_id = $4))))
             AND ($5::uuid IS NULL OR p.id = $5)
             AND ($6::timestamptz IS NULL OR (p.parked_at, p.id) < ($6, $7::uuid))
           ORDER BY p.parked_at DESC, p.id DESC LIMIT $8"#,
        filter.status,
        filter.queue,
        filter.code,
        filter.file,
        filter.id,
        after_at as Option<Instant>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?)
}

/// How many are parked, by queue and first fault, the oldest first.
#[derive(Debug, Clone, Serialize)]
pub struct ParkedGroup {
    /// Where they were read.
    pub queue: String,
    /// The first fault's code.
    pub code: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest is parked.
    pub oldest: Instant,
}

/// What is parked, in groups.
///
/// # Errors
/// The database's.
pub async fn groups(pool: &PgPool) -> Result<Vec<ParkedGroup>, StoreError> {
    Ok(sqlx::query_as!(
        ParkedGroup,
        r#"SELECT queue, code, count(*) AS "count!", min(parked_at) AS "oldest!: Instant" FROM parked
           WHERE status = 'parked' GROUP BY queue, code ORDER BY min(parked_at), queue, code LIMIT 200"#
    )
    .fetch_all(pool)
    .await?)
}

/// What only a look at one message shows.
#[derive(Debug, Clone)]
pub struct ParkedHead {
    /// Headers as text.
    pub headers: Value,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
}

/// Headers and hash of one message.
///
/// # Errors
/// The database's.
pub async fn head(pool: &PgPool, id: Uuid) -> Result<Option<ParkedHead>, StoreError> {
    Ok(sqlx::query_as!(
        ParkedHead,
        r#"SELECT headers, encode(sha256(raw), 'hex') AS "sha256!" FROM parked WHERE id = $1"#,
        id
    )
    .fetch_optional(pool)
    .await?)
}

/// The bytes of one message; that they were read, and by whom, is written first, in the same transaction.
///
/// # Errors
/// The database's.
pub async fn read(pool: &PgPool, id: Uuid, reader: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut tx = pool.begin().await?;
    let found =
        sqlx::query_scalar!("SELECT raw FROM parked WHERE id = $1", id).fetch_optional(&mut *tx).await?;
    if found.is_some() {
        sqlx::query!("INSERT INTO parked_reading (parked_id, reader) VALUES ($1, $2)", id, reader)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    Ok(found)
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
