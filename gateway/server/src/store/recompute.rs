//! Which version of rules, calendar and time zones the deadlines are computed with, and how far a computation
//! has come.

use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_schemas::id::FileId;

use super::StoreError;

/// Where a computation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Every deadline is of this version already.
    Done,
    /// After this file; from the first one for `None`.
    After(Option<Uuid>),
}

/// How the last computation went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Version of rules, calendar and time zones.
    pub version: String,
    /// Files that were looked at.
    pub files: i64,
    /// Files with a date that moved.
    pub moved: i64,
    /// An operator waits for an answer.
    pub waiting: bool,
    /// Why the files on disk were not taken.
    pub fault: Option<String>,
}

/// Begins the computation of a version, or goes on with it.
///
/// # Errors
/// The database's.
pub async fn begin(tx: &mut PgTransaction<'_>, version: &str) -> Result<From, StoreError> {
    sqlx::query!(
        "INSERT INTO recompute AS r (version) VALUES ($1) ON CONFLICT (only_one) DO UPDATE
         SET version = excluded.version, file_id = NULL, files = 0, moved = 0, started_at = now(), finished_at = NULL
         WHERE r.version <> excluded.version",
        version
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(r#"SELECT file_id, finished_at IS NOT NULL AS "done!" FROM recompute"#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(if row.done { From::Done } else { From::After(row.file_id) })
}

/// The next files whose clock for the decision has not ended, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn open_after(
    tx: &mut PgTransaction<'_>,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<FileId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM file WHERE ($1::uuid IS NULL OR id > $1)
         AND decided_at IS NULL AND withdrawn_at IS NULL AND right_acquired_at IS NULL ORDER BY id LIMIT $2",
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(FileId).collect())
}

/// Notes a batch; `last` is `None` when no file is left.
///
/// # Errors
/// The database's.
pub async fn advance(
    tx: &mut PgTransaction<'_>,
    last: Option<FileId>,
    files: i64,
    moved: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE recompute SET file_id = coalesce($1, file_id), files = files + $2, moved = moved + $3,
             finished_at = CASE WHEN $1::uuid IS NULL THEN now() END",
        last.map(|id| id.0),
        files,
        moved
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Asks the active core to read rules and calendar again.
///
/// # Errors
/// The database's.
pub async fn request(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO recompute (version, requested_at) VALUES ('', clock_timestamp())
         ON CONFLICT (only_one) DO UPDATE SET requested_at = clock_timestamp(), fault = NULL"
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Answers what an operator asked for.
///
/// # Errors
/// The database's.
pub async fn answer(tx: &mut PgTransaction<'_>, fault: Option<&str>) -> Result<(), StoreError> {
    sqlx::query!("UPDATE recompute SET answered_at = clock_timestamp(), fault = $1", fault)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How the last computation went; `None` before the first.
///
/// # Errors
/// The database's.
pub async fn applied(pool: &PgPool) -> Result<Option<Applied>, StoreError> {
    Ok(sqlx::query_as!(
        Applied,
        r#"SELECT version, files, moved, fault,
               (requested_at IS NOT NULL AND (answered_at IS NULL OR answered_at < requested_at)) AS "waiting!"
           FROM recompute"#
    )
    .fetch_optional(pool)
    .await?)
}
