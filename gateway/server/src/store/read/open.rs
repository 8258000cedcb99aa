//! Files whose clock for the decision has not ended, for a look at what a new calendar would change.

use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;
use wasl_core::file::FileState;

use crate::store::StoreError;

/// The next states in the order of the files' ids.
///
/// # Errors
/// The database's; a state that this version cannot read.
pub async fn after(pool: &PgPool, after: Option<Uuid>, most: i64) -> Result<Vec<FileState>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT state AS "state: Json<FileState>" FROM file WHERE ($1::uuid IS NULL OR id > $1)
           AND decided_at IS NULL AND withdrawn_at IS NULL AND right_acquired_at IS NULL ORDER BY id LIMIT $2"#,
        after,
        most
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|state| state.0).collect())
}
