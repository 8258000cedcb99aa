//! What only the live page asks: throughput, and the state of the plumbing.

use serde::Serialize;
use sqlx::PgPool;

use super::Instant;
use crate::store::StoreError;

/// The plumbing at one moment, in wall-clock time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plumbing {
    /// Parked messages, those included that were refused and answered.
    pub parked_open: i64,
    /// Of these, what nobody was told about: it waits for an operator.
    pub parked_unanswered: i64,
    /// Submitted files that were refused since the window's begin.
    pub refused_at_entry: i64,
    /// Outbox rows that wait to be published.
    pub outbox_rows: i64,
    /// Age of the oldest of them, in seconds.
    pub outbox_oldest_s: i64,
    /// Name of the core that leads.
    pub leader: String,
    /// Its epoch.
    pub epoch: i64,
}

/// Reads it; `since` bounds the refused messages (wall-clock time).
///
/// # Errors
/// The database's.
pub async fn plumbing(pool: &PgPool, since: Instant) -> Result<Plumbing, StoreError> {
    Ok(sqlx::query_as!(
        Plumbing,
        r#"SELECT (SELECT count(*) FROM parked WHERE status = 'parked') AS "parked_open!",
               (SELECT count(*) FROM parked WHERE status = 'parked' AND queue NOT IN ('intake', 'intake.urgent')) AS "parked_unanswered!",
               (SELECT count(*) FROM parked WHERE queue = 'intake' AND routing_key LIKE '%.file.submitted'
                    AND parked_at >= $1) AS "refused_at_entry!",
               (SELECT count(*) FROM outbox) AS "outbox_rows!",
               (SELECT COALESCE(extract(epoch FROM now() - min(created_at)), 0)::bigint FROM outbox)
                   AS "outbox_oldest_s!",
               (SELECT holder FROM leader) AS "leader!", (SELECT epoch FROM leader) AS "epoch!""#,
        since as Instant
    )
    .fetch_one(pool)
    .await?)
}

/// Events recorded in one span of wall-clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bin {
    /// Number of the span: seconds since 1970 divided by its length.
    pub number: i64,
    /// Events.
    pub events: i64,
    /// Lowest position among them, from where the next reading may begin.
    pub first_position: i64,
}

/// Events per span of `bin_s` seconds, recorded since `since`, at positions from `from_position` on. The first
/// reading looks through the table; the next ones begin at a position that an earlier one gave.
///
/// # Errors
/// The database's.
pub async fn throughput(
    pool: &PgPool,
    since: Instant,
    from_position: i64,
    bin_s: i64,
) -> Result<Vec<Bin>, StoreError> {
    Ok(sqlx::query_as!(
        Bin,
        r#"SELECT floor(extract(epoch FROM recorded_at) / $3::bigint)::bigint AS "number!", count(*) AS "events!",
               min(position) AS "first_position!"
           FROM event WHERE position >= $2 AND recorded_at >= $1 GROUP BY 1 ORDER BY 1"#,
        since as Instant,
        from_position,
        bin_s
    )
    .fetch_all(pool)
    .await?)
}
