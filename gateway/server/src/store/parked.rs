//! What could not go on: set aside with its raw bytes, never thrown away.

use bytes::Bytes;
use serde_json::Value;
use sqlx::PgTransaction;
use uuid::Uuid;
use wasl_schemas::id::WASL_NAMESPACE;

use super::StoreError;

/// A message to set aside.
#[derive(Debug, Clone)]
pub struct NewParked {
    /// Derived from what is parked, so that parking twice is parking once: see [`Self::id`]. Almost nothing is ever
    /// parked, so it is derived only then.
    pub id: Option<Uuid>,
    /// Where it was read.
    pub queue: String,
    /// The first fault's code.
    pub code: String,
    /// All faults.
    pub faults: Value,
    /// The bytes as they came.
    pub raw: Bytes,
    /// Headers as text.
    pub headers: Value,
    /// Media type.
    pub content_type: Option<String>,
    /// Routing key.
    pub routing_key: Option<String>,
    /// The broker's word for who sent it.
    pub user_id: Option<String>,
    /// Message id.
    pub message_id: Option<String>,
    /// The file that it holds up.
    pub file: Option<Uuid>,
    /// The consultation that it holds up.
    pub consultation: Option<Uuid>,
    /// The file that it speaks of; unlike [`Self::file`] nothing waits for it.
    pub about: Option<Uuid>,
}

impl NewParked {
    /// The given id, or else the one that follows from queue, message id and bytes.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id.unwrap_or_else(|| parked_id(&self.queue, self.message_id.as_deref(), &self.raw))
    }
}

/// The id under which bytes are set aside: the same bytes from the same place fall on the same row.
#[must_use]
pub fn parked_id(queue: &str, message_id: Option<&str>, raw: &[u8]) -> Uuid {
    let place =
        Uuid::new_v5(&WASL_NAMESPACE, format!("parked|{queue}|{}", message_id.unwrap_or("")).as_bytes());
    Uuid::new_v5(&place, raw)
}

/// Writes them. One that operators had sent again and that failed again comes back to its place.
///
/// # Errors
/// The database's.
pub(super) async fn write(tx: &mut PgTransaction<'_>, parked: &[NewParked]) -> Result<(), StoreError> {
    for p in parked {
        sqlx::query!(
            "INSERT INTO parked (id, queue, code, faults, raw, headers, content_type, routing_key, user_id, message_id,
                                 file_id, consultation_id, about_file_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (id) DO UPDATE SET status = 'parked', code = excluded.code, faults = excluded.faults,
                 parked_at = clock_timestamp(), times = parked.times + 1 WHERE parked.status = 'replayed'",
            p.id(),
            p.queue,
            p.code,
            p.faults,
            &p.raw[..],
            p.headers,
            p.content_type,
            p.routing_key,
            p.user_id,
            p.message_id,
            p.file,
            p.consultation,
            p.about
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Files among these for which something is set aside that nobody has dealt with.
///
/// # Errors
/// The database's.
pub async fn open_for(
    tx: &mut PgTransaction<'_>,
    files: &[Uuid],
) -> Result<std::collections::BTreeSet<wasl_schemas::id::FileId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT file_id AS "file!" FROM parked WHERE status = 'parked' AND file_id = ANY($1)
           UNION
           SELECT c.file_id FROM consultation c JOIN parked p ON p.consultation_id = c.id
           WHERE p.status = 'parked' AND c.file_id = ANY($1)"#,
        files
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(wasl_schemas::id::FileId).collect())
}

/// How many are set aside and wait for somebody.
///
/// # Errors
/// The database's.
pub async fn open_count(pool: &sqlx::PgPool) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM parked WHERE status = 'parked'"#);
    Ok(count.fetch_one(pool).await?)
}
