//! How communes perform: counts, and the mean number of days to a decision, large and small projects apart.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope, ZoneTable};
use crate::store::StoreError;

/// The files of one commune, registered since a given instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommuneFigures {
    /// Commune or arrondissement.
    pub commune: String,
    /// Its prefecture or province.
    pub province: String,
    /// Its region.
    pub region: String,
    /// Files registered.
    pub files: i64,
    /// Not decided yet.
    pub open: i64,
    /// Of these, past the limit.
    pub late: i64,
    /// Granted by a decision.
    pub granted: i64,
    /// Refused by a decision.
    pub refused: i64,
    /// Rights that silence gave.
    pub right_acquired: i64,
    /// Delivered permits.
    pub delivered: i64,
    /// Decisions on large projects.
    pub decided_large: i64,
    /// Calendar days from receipt to decision over all of them.
    pub days_large_sum: i64,
    /// Decisions on small projects.
    pub decided_small: i64,
    /// Calendar days from receipt to decision over all of them.
    pub days_small_sum: i64,
}

/// Figures per commune, in the order of their codes.
///
/// # Errors
/// The database's.
pub async fn figures(
    pool: &PgPool,
    scope: &Scope,
    zone: &ZoneTable,
    since: Instant,
    today: Day,
) -> Result<Vec<CommuneFigures>, StoreError> {
    Ok(sqlx::query_as!(
        CommuneFigures,
        r#"SELECT commune, province, region, count(*) AS "files!",
               count(*) FILTER (WHERE open) AS "open!",
               count(*) FILTER (WHERE open AND due < $7) AS "late!",
               count(*) FILTER (WHERE decision = 'granted') AS "granted!",
               count(*) FILTER (WHERE decision = 'refused') AS "refused!",
               count(*) FILTER (WHERE right_acquired) AS "right_acquired!",
               count(*) FILTER (WHERE delivered) AS "delivered!",
               count(*) FILTER (WHERE decision IS NOT NULL AND project_class = 'large') AS "decided_large!",
               COALESCE(sum(decided_on - filed) FILTER (WHERE project_class = 'large'), 0) AS "days_large_sum!",
               count(*) FILTER (WHERE decision IS NOT NULL AND project_class = 'small') AS "decided_small!",
               COALESCE(sum(decided_on - filed) FILTER (WHERE project_class = 'small'), 0) AS "days_small_sum!"
           FROM (SELECT commune, province, region, decision, project_class, due, filed,
                     decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL AS open,
                     right_acquired_at IS NOT NULL AS right_acquired, delivered_at IS NOT NULL AS delivered,
                     (decided_at AT TIME ZONE 'UTC' + make_interval(secs =>
                         ($5::float8[])[width_bucket(decided_at, $4::timestamptz[]) + 1]))::date AS decided_on
                 FROM file
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND registered_at >= $6) AS f
           GROUP BY commune, province, region ORDER BY commune"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        &zone.transitions as &[Instant],
        &zone.offsets_s,
        since as Instant,
        today as Day
    )
    .fetch_all(pool)
    .await?)
}
