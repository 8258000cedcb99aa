//! What was said about a file that is not known yet: kept until the file is, or until it is proved that it will not be.

use serde_json::Value;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_schemas::id::FileId;

use super::StoreError;
use super::parked::NewParked;

/// A message that came before its file.
#[derive(Debug, Clone)]
pub struct NewEarly {
    /// The file.
    pub file: FileId,
    /// Lead in which it was read.
    pub epoch: i64,
    /// The latest marker of that lead that had been sent then.
    pub round: i64,
    /// As it would be set aside.
    pub message: NewParked,
}

/// One that is taken out again.
#[derive(Debug, Clone)]
pub struct Early {
    /// In this order they came.
    pub seq: i64,
    /// The bytes as they came.
    pub raw: Vec<u8>,
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
}

/// Writes them, in order.
///
/// # Errors
/// The database's.
pub(super) async fn write(tx: &mut PgTransaction<'_>, early: &[NewEarly]) -> Result<(), StoreError> {
    for NewEarly { file, epoch, round, message } in early {
        sqlx::query!(
            "INSERT INTO early (file_id, epoch, round, raw, headers, content_type, routing_key, user_id, message_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            file.0,
            epoch,
            round,
            &message.raw[..],
            message.headers,
            message.content_type,
            message.routing_key,
            message.user_id,
            message.message_id
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Whether there are any.
///
/// # Errors
/// The database's.
pub async fn any(pool: &PgPool) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM early) AS "any!""#);
    Ok(found.fetch_one(pool).await?)
}

/// Takes out what is kept about these files, in the order in which it came.
///
/// # Errors
/// The database's.
pub async fn take(tx: &mut PgTransaction<'_>, files: &[Uuid]) -> Result<Vec<Early>, StoreError> {
    let rows = sqlx::query_as!(
        Early,
        r#"DELETE FROM early WHERE file_id = ANY($1)
           RETURNING seq, raw, headers, content_type, routing_key, user_id, message_id"#,
        files
    );
    let mut rows = rows.fetch_all(&mut **tx).await?;
    rows.sort_by_key(|row| row.seq);
    Ok(rows)
}

/// Takes out the first one that was read before this marker was sent, or in another lead.
///
/// # Errors
/// The database's.
pub async fn take_first_before(
    tx: &mut PgTransaction<'_>,
    epoch: i64,
    round: i64,
) -> Result<Option<Early>, StoreError> {
    let row = sqlx::query_as!(
        Early,
        r#"DELETE FROM early WHERE seq = (SELECT min(seq) FROM early WHERE epoch <> $1 OR round < $2)
           RETURNING seq, raw, headers, content_type, routing_key, user_id, message_id"#,
        epoch,
        round
    );
    Ok(row.fetch_optional(&mut **tx).await?)
}
