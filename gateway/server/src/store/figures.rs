//! Figures that are kept: what changes of files, consultations and fees add and take away is noted by triggers in a
//! journal, which the active core moves into the sums. Readers add both, so nothing waits for it.

use sqlx::PgPool;

use super::StoreError;
use super::leader::fence;

/// Moves the journal into the sums; how many rows of it there were.
///
/// # Errors
/// The database's, or another core leads.
pub async fn settle(pool: &PgPool, epoch: i64) -> Result<i64, StoreError> {
    let mut tx = pool.begin().await?;
    fence(&mut tx, epoch).await?;
    let moved = sqlx::query_scalar!(r#"SELECT figures_settle() AS "moved!""#).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(moved)
}

/// Forgets what is empty again, and what happened before an hour (hours since 1970, legal time).
///
/// # Errors
/// The database's, or another core leads.
pub async fn forget(pool: &PgPool, epoch: i64, hour_min: i32) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    fence(&mut tx, epoch).await?;
    sqlx::query!("SELECT figures_forget($1)", hour_min).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}
