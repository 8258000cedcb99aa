//! Cursors of polled feeds. A cursor moves only together with the items that were read, by compare-and-set.

use sqlx::{PgPool, PgTransaction};

use super::StoreError;

/// A feed whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFeed {
    /// Kind of agency.
    pub agency: String,
    /// Name of the feed.
    pub name: String,
    /// Where the last committed reading ended.
    pub cursor: String,
    /// For the compare-and-set.
    pub version: i64,
}

/// Makes the feeds of the adapters known.
///
/// # Errors
/// The database's.
pub async fn ensure(pool: &PgPool, feeds: &[(String, String)]) -> Result<(), StoreError> {
    let (agencies, names): (Vec<String>, Vec<String>) = feeds.iter().cloned().unzip();
    sqlx::query!(
        "INSERT INTO feed (agency, name) SELECT * FROM UNNEST($1::text[], $2::text[]) ON CONFLICT DO NOTHING",
        &agencies,
        &names
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Milliseconds until the time of the next feed comes: 0 when it has come; `None` when there is no feed.
///
/// # Errors
/// The database's.
pub async fn due_in_ms(pool: &PgPool) -> Result<Option<u64>, StoreError> {
    let next = sqlx::query_scalar!(
        r#"SELECT ceil(greatest(extract(epoch FROM min(next_at) - now()) * 1000, 0))::bigint AS "ms" FROM feed"#
    );
    Ok(next.fetch_one(pool).await?.map(i64::unsigned_abs))
}

/// Takes the feeds that are due: each is asked at most once per `patience_ms` while no answer has come.
///
/// # Errors
/// The database's.
pub async fn take_due(tx: &mut PgTransaction<'_>, patience_ms: i64) -> Result<Vec<DueFeed>, StoreError> {
    let rows = sqlx::query_as!(
        DueFeed,
        "UPDATE feed SET asked_at = now(), next_at = now() + $1 * interval '1 millisecond'
         WHERE next_at <= now() RETURNING agency, name, cursor, version",
        patience_ms as f64
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Moves a cursor if nobody moved it before. `false`: an old reading, whose items are dropped.
///
/// # Errors
/// The database's.
pub async fn advance(
    tx: &mut PgTransaction<'_>,
    agency: &str,
    name: &str,
    version: i64,
    next: &str,
    again_in_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE feed SET cursor = $4, version = version + 1, failures = 0, last_fault = NULL,
                next_at = now() + $5 * interval '1 millisecond'
         WHERE agency = $1 AND name = $2 AND version = $3",
        agency,
        name,
        version,
        next,
        again_in_ms as f64
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a reading that failed; the cursor stays.
///
/// # Errors
/// The database's.
pub async fn failed(
    tx: &mut PgTransaction<'_>,
    agency: &str,
    name: &str,
    version: i64,
    why: &str,
    again_in_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE feed SET failures = failures + 1, last_fault = $4, next_at = now() + $5 * interval '1 millisecond'
         WHERE agency = $1 AND name = $2 AND version = $3",
        agency,
        name,
        version,
        why,
        again_in_ms as f64
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A feed as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLine {
    /// Kind of agency.
    pub agency: String,
    /// Name of the feed.
    pub name: String,
    /// Where the last committed reading ended.
    pub cursor: String,
    /// Failures in a row.
    pub failures: i32,
    /// Why the last reading failed.
    pub last_fault: Option<String>,
}

/// All feeds.
///
/// # Errors
/// The database's.
pub async fn all(pool: &PgPool) -> Result<Vec<FeedLine>, StoreError> {
    let rows = sqlx::query_as!(
        FeedLine,
        "SELECT agency, name, cursor, failures, last_fault FROM feed ORDER BY agency, name"
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Sets a cursor to where an operator wants it and has it read at once. The version moves, so a reading under way
/// from the old cursor is dropped whole. Returns the old cursor; `None` when there is no such feed.
///
/// # Errors
/// The database's.
pub async fn rewind(
    pool: &PgPool,
    agency: &str,
    name: &str,
    cursor: &str,
) -> Result<Option<String>, StoreError> {
    let before = sqlx::query_scalar!(
        r#"WITH before AS (SELECT agency, name, cursor FROM feed WHERE agency = $1 AND name = $2 FOR UPDATE)
           UPDATE feed f SET cursor = $3, version = version + 1, next_at = now(), failures = 0, last_fault = NULL
           FROM before b WHERE f.agency = b.agency AND f.name = b.name RETURNING b.cursor AS "cursor!""#,
        agency,
        name,
        cursor
    );
    Ok(before.fetch_optional(pool).await?)
}
