//! How communes perform: counts, and the mean number of days to a decision, large and small projects apart.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope};
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

/// Figures per commune, in the order of their codes; `since` begins a month (UTC).
///
/// # Errors
/// The database's.
pub async fn figures(
    pool: &PgPool,
    scope: &Scope,
    since: Instant,
    today: Day,
) -> Result<Vec<CommuneFigures>, StoreError> {
    Ok(sqlx::query_as!(
        CommuneFigures,
        r#"SELECT s.commune AS "commune!", s.province AS "province!", s.region AS "region!", s.files::bigint AS "files!",
               s.open::bigint AS "open!", COALESCE(l.late, 0)::bigint AS "late!", s.granted::bigint AS "granted!",
               s.refused::bigint AS "refused!", s.acquired::bigint AS "right_acquired!",
               s.delivered::bigint AS "delivered!", COALESCE(s.decided_large, 0)::bigint AS "decided_large!",
               COALESCE(s.days_large, 0)::bigint AS "days_large_sum!",
               COALESCE(s.decided_small, 0)::bigint AS "decided_small!",
               COALESCE(s.days_small, 0)::bigint AS "days_small_sum!"
           FROM (SELECT commune, province, region, sum(files) AS files, sum(under_review + awaiting) AS open,
                     sum(granted) AS granted, sum(refused) AS refused, sum(acquired) AS acquired,
                     sum(delivered) AS delivered,
                     sum(granted + refused) FILTER (WHERE project_class = 'large') AS decided_large,
                     sum(days) FILTER (WHERE project_class = 'large') AS days_large,
                     sum(granted + refused) FILTER (WHERE project_class = 'small') AS decided_small,
                     sum(days) FILTER (WHERE project_class = 'small') AS days_small
                 FROM file_month_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND month >= month_of($4)
                 GROUP BY commune, province, region HAVING sum(files) > 0) AS s
               LEFT JOIN (SELECT commune, sum(files) AS late FROM file_due_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND month >= month_of($4) AND due < $5
                 GROUP BY commune) AS l USING (commune)
           ORDER BY 1"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        since as Instant,
        today as Day
    )
    .fetch_all(pool)
    .await?)
}
