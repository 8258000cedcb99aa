//! Which commune put which document. The bytes lie in the document store.

use sqlx::PgPool;

use crate::store::StoreError;

/// A document that is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Media type as it was declared and checked.
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: i64,
}

/// The document, when this commune put it; with no commune, whoever put it (for signed links).
///
/// # Errors
/// The database's.
pub async fn find(
    pool: &PgPool,
    sha256: &str,
    commune: Option<&str>,
) -> Result<Option<StoredDocument>, StoreError> {
    Ok(sqlx::query_as!(
        StoredDocument,
        "SELECT media_type, size_bytes FROM document
         WHERE sha256 = $1 AND ($2::text IS NULL OR commune = $2) ORDER BY stored_at LIMIT 1",
        sha256,
        commune
    )
    .fetch_optional(pool)
    .await?)
}

/// Notes that a commune owns a document whose bytes are on disk. True when it is new for this commune.
///
/// # Errors
/// The database's.
pub async fn insert(
    pool: &PgPool,
    sha256: &str,
    commune: &str,
    document: &StoredDocument,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO document (sha256, commune, media_type, size_bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        sha256,
        commune,
        document.media_type,
        document.size_bytes
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
