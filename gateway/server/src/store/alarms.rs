//! Alarms: written by the active core alone.

use sqlx::PgPool;

use super::StoreError;
use super::leader::fence;
use super::read::Instant;
use crate::observe::alarm::{Change, Key, Name, Turn};

/// The alarms that are open: a core that takes over goes on with them.
///
/// # Errors
/// The database's.
pub async fn open(pool: &PgPool) -> Result<Vec<Key>, StoreError> {
    let rows = sqlx::query!("SELECT name, subject FROM alarm WHERE until IS NULL").fetch_all(pool).await?;
    // One that only a later version knows stays as it is.
    Ok(rows.into_iter().filter_map(|row| Some((Name::parse(&row.name)?, row.subject))).collect())
}

/// Writes what has turned and what was seen of those that go on, and forgets what ended long ago.
///
/// # Errors
/// The database's, or another core leads.
pub async fn write(pool: &PgPool, epoch: i64, changes: &[Change], keep_days: u32) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    fence(&mut tx, epoch).await?;
    for change in changes {
        let (name, subject) = (change.key.0.as_str(), change.key.1.as_str());
        match change.turn {
            Some(Turn::Begins) => {
                sqlx::query!(
                    "INSERT INTO alarm (name, subject, value, threshold) VALUES ($1, $2, $3, $4)
                     ON CONFLICT DO NOTHING",
                    name,
                    subject,
                    change.value,
                    change.threshold
                )
                .execute(&mut *tx)
                .await?;
            }
            None => {
                sqlx::query!(
                    "UPDATE alarm SET value = $3, threshold = $4, seen_at = now()
                     WHERE name = $1 AND subject = $2 AND until IS NULL",
                    name,
                    subject,
                    change.value,
                    change.threshold
                )
                .execute(&mut *tx)
                .await?;
            }
            // The last value that was wrong stays, to be read afterwards.
            Some(Turn::Ends) => {
                sqlx::query!(
                    "UPDATE alarm SET until = now(), seen_at = now()
                     WHERE name = $1 AND subject = $2 AND until IS NULL",
                    name,
                    subject
                )
                .execute(&mut *tx)
                .await?;
                sqlx::query!(
                    "DELETE FROM alarm WHERE until < now() - make_interval(days => $1)",
                    i32::try_from(keep_days).unwrap_or(i32::MAX)
                )
                .execute(&mut *tx)
                .await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Something of one agency, or of one use of its certificates.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Which.
    pub subject: String,
    /// How much.
    pub value: f64,
}

/// Agencies whose circuit breaker is open, and for how many seconds.
///
/// # Errors
/// The database's.
pub async fn breakers_open(pool: &PgPool) -> Result<Vec<Figure>, StoreError> {
    Ok(sqlx::query_as!(
        Figure,
        r#"SELECT agency AS "subject!", extract(epoch FROM now() - breaker_since)::float8 AS "value!"
           FROM agency_line WHERE breaker = 'open'"#
    )
    .fetch_all(pool)
    .await?)
}

/// Days until the first certificate of each use on each line ends, at an instant of the wall clock.
///
/// # Errors
/// The database's.
pub async fn certificates(pool: &PgPool, now: Instant) -> Result<Vec<Figure>, StoreError> {
    Ok(sqlx::query_as!(
        Figure,
        r#"SELECT agency || '/' || purpose AS "subject!",
               (extract(epoch FROM min(ends_at) - $1) / 86400)::float8 AS "value!"
           FROM agency_certificate GROUP BY agency, purpose"#,
        now as Instant
    )
    .fetch_all(pool)
    .await?)
}

/// Agencies that owe answers, and for how many seconds nothing has come from them since they owe any. A consultation
/// that waits for the commune is owed by nobody. Files are looked at by the time at which they were recorded: the legal
/// clock may run otherwise. Of an agency that was heard since it owes something, the first such file is enough; only
/// where there is none are all that it owes looked through.
///
/// # Errors
/// The database's.
pub async fn silent(pool: &PgPool) -> Result<Vec<Figure>, StoreError> {
    Ok(sqlx::query_as!(
        Figure,
        r#"WITH RECURSIVE kinds AS (
               SELECT min(agency) AS agency FROM consultation
               UNION ALL SELECT (SELECT min(agency) FROM consultation WHERE agency > k.agency) FROM kinds k
               WHERE k.agency IS NOT NULL),
           heard AS (
               SELECT agency, (SELECT max(at) FROM exchange e WHERE e.agency = k.agency AND e.received_bytes > 0) AS at
               FROM kinds k WHERE agency IS NOT NULL),
           owing AS (
               SELECT h.agency, CASE
                   WHEN EXISTS (SELECT FROM consultation c, LATERAL (SELECT FROM file f WHERE f.id = c.file_id
                           AND f.decided_at IS NULL AND f.withdrawn_at IS NULL AND f.recorded_at <= h.at LIMIT 1) f
                       WHERE c.agency = h.agency AND c.status IN ('planned', 'sent', 'acknowledged', 'completed')
                         AND c.answered_at IS NULL)
                   THEN h.at
                   ELSE (SELECT min(f.recorded_at) FROM consultation c, LATERAL (SELECT f.recorded_at FROM file f
                           WHERE f.id = c.file_id AND f.decided_at IS NULL AND f.withdrawn_at IS NULL LIMIT 1) f
                       WHERE c.agency = h.agency AND c.status IN ('planned', 'sent', 'acknowledged', 'completed')
                         AND c.answered_at IS NULL) END AS since
               FROM heard h)
           SELECT agency AS "subject!", extract(epoch FROM now() - since)::float8 AS "value!" FROM owing
           WHERE since IS NOT NULL"#
    )
    .fetch_all(pool)
    .await?)
}

/// For how many seconds the oldest right by silence has been held back; none when none is.
///
/// # Errors
/// The database's.
pub async fn held_s(pool: &PgPool) -> Result<Option<f64>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT extract(epoch FROM now() - min(e.recorded_at))::float8
         FROM file f CROSS JOIN LATERAL (SELECT e.recorded_at FROM event e
             WHERE e.file_id = f.id AND e.name = 'silence-held' AND e.legal_at >= f.held_since
             ORDER BY e.sequence LIMIT 1) e
         WHERE f.held_since IS NOT NULL"
    )
    .fetch_one(pool)
    .await?)
}

/// Age of the oldest message that is to be published, in seconds, without the destinations (`exchange/key`) that
/// operators hold back: what waits for a paused agency waits on purpose.
///
/// # Errors
/// The database's.
pub async fn outbox_age_s(pool: &PgPool, without: &[String]) -> Result<f64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT COALESCE((SELECT extract(epoch FROM now() - created_at) FROM outbox
           WHERE NOT (exchange || '/' || routing_key = ANY($1)) ORDER BY id LIMIT 1), 0)::float8 AS "age!""#,
        without
    )
    .fetch_one(pool)
    .await?)
}

/// Messages that are set aside and of which nobody was told: those of communes were answered.
///
/// # Errors
/// The database's.
pub async fn parked_unanswered(pool: &PgPool) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM parked WHERE status = 'parked' AND queue NOT IN ('intake', 'intake.urgent')"#
    );
    Ok(count.fetch_one(pool).await?)
}

/// Communes, prefectures or provinces, and regions that have files: their queues are those that are filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partners {
    /// Codes of communes.
    pub communes: Vec<String>,
    /// Codes of prefectures and provinces.
    pub provinces: Vec<String>,
    /// Codes of regions.
    pub regions: Vec<String>,
}

/// Who has files.
///
/// # Errors
/// The database's.
pub async fn partners(pool: &PgPool) -> Result<Partners, StoreError> {
    let row = sqlx::query!(
        r#"WITH places AS (SELECT DISTINCT region, province, commune FROM file_month_figures)
           SELECT COALESCE(array_agg(DISTINCT commune), '{}') AS "communes!",
                  COALESCE(array_agg(DISTINCT province), '{}') AS "provinces!",
                  COALESCE(array_agg(DISTINCT region), '{}') AS "regions!" FROM places"#
    )
    .fetch_one(pool)
    .await?;
    Ok(Partners { communes: row.communes, provinces: row.provinces, regions: row.regions })
}
