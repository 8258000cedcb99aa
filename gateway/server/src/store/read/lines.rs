//! The lines to the agencies: breakers, certificates, drift, and what waits because nobody knows whether it arrived.

use serde::Serialize;
use sqlx::PgPool;

use super::{Instant, Scope};
use crate::store::StoreError;

/// Most drifts that are shown.
pub const DRIFTS_MAX: i64 = 2_000;

/// The state of one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineState {
    /// Kind of agency.
    pub agency: String,
    /// `closed` or `open`; absent while no process has reported.
    pub breaker: Option<String>,
    /// Since when, wall clock.
    pub breaker_since: Option<Instant>,
    /// When the line was last reported about.
    pub reported_at: Option<Instant>,
    /// Requests that wait: not delivered yet, for whatever reason.
    pub waiting: i64,
    /// Of these, requests of which a try has failed: asked about, then tried again.
    pub trying_again: i64,
    /// Of these, those that only an operator can settle.
    pub operator_needed: i64,
    /// Drifts that are news.
    pub drift_new: i64,
}

/// The lines of all kinds that anything is known of, inside the scope.
///
/// # Errors
/// The database's.
pub async fn states(pool: &PgPool, scope: &Scope, usual_count: i64) -> Result<Vec<LineState>, StoreError> {
    Ok(sqlx::query_as!(
        LineState,
        r#"WITH waits AS (
               SELECT agency, failures, last_fault FROM consultation WHERE waiting AND answered_at IS NULL
                 AND status NOT IN ('cancelled', 'no-answer', 'undeliverable')
               UNION ALL SELECT 'barid-bank', failures, last_fault FROM fee WHERE waiting),
           kinds AS (SELECT agency FROM agency_line UNION SELECT agency FROM agency_drift
                     UNION SELECT agency FROM agency_certificate UNION SELECT agency FROM waits)
           SELECT k.agency AS "agency!", l.breaker AS "breaker?", l.breaker_since AS "breaker_since?: Instant",
               l.reported_at AS "reported_at?: Instant",
               (SELECT count(*) FROM waits w WHERE w.agency = k.agency) AS "waiting!",
               (SELECT count(*) FROM waits w WHERE w.agency = k.agency AND w.failures > 0) AS "trying_again!",
               (SELECT count(*) FROM waits w WHERE w.agency = k.agency AND w.last_fault LIKE 'operator-needed:%')
                   AS "operator_needed!",
               (SELECT count(*) FROM agency_drift d WHERE d.agency = k.agency AND NOT d.known AND d.count < $2)
                   AS "drift_new!"
           FROM kinds k LEFT JOIN agency_line l USING (agency)
           WHERE $1::text IS NULL OR k.agency = $1 ORDER BY k.agency"#,
        scope.agency.as_deref(),
        usual_count
    )
    .fetch_all(pool)
    .await?)
}

/// A certificate of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateLine {
    /// Kind of agency.
    #[serde(skip)]
    pub agency: String,
    /// `client`, `root`, `server`, `signer`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// SHA-256 of its DER form.
    pub sha256: String,
    /// Last second of its validity.
    pub ends_at: Instant,
}

/// The certificates of all lines inside the scope, the first to end first.
///
/// # Errors
/// The database's.
pub async fn certificates(pool: &PgPool, scope: &Scope) -> Result<Vec<CertificateLine>, StoreError> {
    Ok(sqlx::query_as!(
        CertificateLine,
        r#"SELECT agency, purpose, sha256, ends_at AS "ends_at: Instant" FROM agency_certificate
           WHERE $1::text IS NULL OR agency = $1 ORDER BY ends_at, agency, purpose, sha256"#,
        scope.agency.as_deref()
    )
    .fetch_all(pool)
    .await?)
}

/// A place where an agency's messages differ from what their reader was written for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftLine {
    /// Kind of agency.
    #[serde(skip)]
    pub agency: String,
    /// Which message.
    pub message: String,
    /// Where in it.
    pub path: String,
    /// `unread`, `null`, `value`, `length`.
    pub kind: String,
    /// The new code, or the length as a power of two.
    pub detail: String,
    /// Left unread on purpose, or met so often that it is no news any more.
    pub usual: bool,
    /// When it was first met.
    pub first_seen: Instant,
    /// When it was last met.
    pub last_seen: Instant,
    /// How often.
    pub count: i64,
}

/// The drifts of one kind, or of all, inside the scope: news first, then the last met first.
///
/// # Errors
/// The database's.
pub async fn drifts(
    pool: &PgPool,
    scope: &Scope,
    agency: Option<&str>,
    usual_count: i64,
) -> Result<Vec<DriftLine>, StoreError> {
    Ok(sqlx::query_as!(
        DriftLine,
        r#"SELECT agency, message, path, kind, detail, (known OR count >= $3) AS "usual!",
               first_seen AS "first_seen: Instant", last_seen AS "last_seen: Instant", count
           FROM agency_drift
           WHERE ($1::text IS NULL OR agency = $1) AND ($2::text IS NULL OR agency = $2)
           ORDER BY (known OR count >= $3), last_seen DESC, agency, message, path, kind, detail LIMIT $4"#,
        scope.agency.as_deref(),
        agency,
        usual_count,
        DRIFTS_MAX
    )
    .fetch_all(pool)
    .await?)
}

/// Requests that wait for an operator, by kind of agency.
///
/// # Errors
/// The database's.
pub async fn operator_needed(pool: &PgPool) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT agency AS "agency!", count(*) AS "count!" FROM (
               SELECT agency, last_fault FROM consultation WHERE waiting AND answered_at IS NULL
                 AND status NOT IN ('cancelled', 'no-answer', 'undeliverable')
               UNION ALL SELECT 'barid-bank', last_fault FROM fee WHERE waiting) AS waits
           WHERE last_fault LIKE 'operator-needed:%' GROUP BY agency"#
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.agency, row.count)).collect())
}
