//! What is remembered of the lines to the agencies. Reports come at least once: a count may be a little too high after
//! a broken connection, never too low.

use sqlx::PgTransaction;
use wasl_schemas::line::LineReport;

use super::StoreError;
use super::read::Instant;

/// Different drifts of one agency that are kept; the rest is in the metrics.
const DRIFTS_MAX: i64 = 2_000;
/// Bodies of the wire log that are forgotten at a time.
const FORGET_MAX: i64 = 2_000;

/// A drift that nobody had met before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Which message.
    pub message: String,
    /// Where in it.
    pub path: String,
    /// `unread`, `null`, `value`, `length`.
    pub kind: String,
    /// Code or length.
    pub detail: String,
}

/// Takes a report over; returns the drifts that are new.
///
/// # Errors
/// The database's.
pub async fn write(tx: &mut PgTransaction<'_>, report: &LineReport) -> Result<Vec<News>, StoreError> {
    let agency = report.agency.as_str();
    let at = Instant(report.at);
    if let Some(breaker) = report.breaker {
        sqlx::query!(
            "INSERT INTO agency_line (agency, breaker, breaker_since, reported_at) VALUES ($1, $2, $3, $3)
             ON CONFLICT (agency) DO UPDATE SET breaker = $2, reported_at = $3,
                 breaker_since = CASE WHEN agency_line.breaker = $2 THEN agency_line.breaker_since ELSE $3 END",
            agency,
            breaker.as_str(),
            at as Instant
        )
        .execute(&mut **tx)
        .await?;
    }
    certificates(tx, report).await?;
    drift(tx, report).await
}

/// The certificates of a report are all that this line has: what is not among them any more is forgotten after a day
/// (another process may still have it).
async fn certificates(tx: &mut PgTransaction<'_>, report: &LineReport) -> Result<(), StoreError> {
    let rows = serde_json::to_value(&report.certificates)
        .map_err(|e| StoreError::Unreadable { what: "certificates", why: e.to_string() })?;
    let at = Instant(report.at);
    sqlx::query!(
        "INSERT INTO agency_certificate (agency, purpose, sha256, ends_at, seen_at)
         SELECT DISTINCT ON (r.use, r.sha256) $1, r.use, r.sha256, r.ends_at, $3
         FROM jsonb_to_recordset($2) AS r (use text, sha256 text, ends_at timestamptz)
         ON CONFLICT (agency, purpose, sha256) DO UPDATE SET ends_at = excluded.ends_at, seen_at = $3",
        report.agency.as_str(),
        rows,
        at as Instant
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM agency_certificate WHERE agency = $1 AND seen_at < $2::timestamptz - interval '1 day'",
        report.agency.as_str(),
        at as Instant
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn drift(tx: &mut PgTransaction<'_>, report: &LineReport) -> Result<Vec<News>, StoreError> {
    if report.drift.is_empty() {
        return Ok(Vec::new());
    }
    let rows = serde_json::to_value(&report.drift)
        .map_err(|e| StoreError::Unreadable { what: "drift", why: e.to_string() })?;
    let at = Instant(report.at);
    Ok(sqlx::query_as!(
        News,
        r#"WITH said AS (
               SELECT r.message, r.path, r.kind, r.detail, r.known, r.count
               FROM jsonb_to_recordset($2) AS r
                   (message text, path text, kind text, detail text, known boolean, count bigint)
           ), room AS (SELECT count(*) < $4 AS free FROM agency_drift WHERE agency = $1),
           written AS (
               INSERT INTO agency_drift (agency, message, path, kind, detail, known, first_seen, last_seen, count)
               SELECT $1, message, path, kind, detail, known, $3, $3, count FROM said, room
               WHERE free OR EXISTS (SELECT FROM agency_drift d WHERE d.agency = $1 AND d.message = said.message
                   AND d.path = said.path AND d.kind = said.kind AND d.detail = said.detail)
               ON CONFLICT (agency, message, path, kind, detail) DO UPDATE
                   SET count = agency_drift.count + excluded.count, known = excluded.known,
                       last_seen = greatest(agency_drift.last_seen, excluded.last_seen)
               RETURNING message, path, kind, detail, known, xmax = 0 AS new)
           SELECT message AS "message!", path AS "path!", kind AS "kind!", detail AS "detail!"
           FROM written WHERE new AND NOT known"#,
        report.agency.as_str(),
        rows,
        at as Instant,
        DRIFTS_MAX
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Forgets bodies of the wire log that were kept long enough.
///
/// # Errors
/// The database's.
pub async fn forget_bodies(tx: &mut PgTransaction<'_>, keep_days: u32) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM exchange_body WHERE id IN (
             SELECT id FROM exchange_body WHERE kept_at < now() - make_interval(days => $1)
             ORDER BY kept_at LIMIT $2)",
        i32::try_from(keep_days).unwrap_or(i32::MAX),
        FORGET_MAX
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
