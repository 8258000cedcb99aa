//! How agencies perform: counts, and the mean number of days to an opinion.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// The consultations of one kind of agency in one region, planned since a given instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgencyFigures {
    /// Kind of agency.
    pub agency: String,
    /// Region, two digits.
    pub region: String,
    /// Consultations asked for.
    pub asked: i64,
    /// Opinions given.
    pub answered: i64,
    /// Of these, after the limit.
    pub answered_late: i64,
    /// Still awaited, inside the limit.
    pub open: i64,
    /// Still awaited, the limit has passed.
    pub overdue: i64,
    /// The limit passed and the decision went on without it.
    pub no_answer: i64,
    /// Refused by the agency, or impossible to translate.
    pub refused: i64,
    /// No longer needed.
    pub cancelled: i64,
    /// Calendar days from plan to opinion, summed over all opinions: the mean is `days_sum / answered`.
    pub days_sum: i64,
}

/// Figures per kind of agency and region; `since` begins a month (UTC).
///
/// # Errors
/// The database's.
pub async fn figures(
    pool: &PgPool,
    scope: &Scope,
    since: Instant,
    today: Day,
) -> Result<Vec<AgencyFigures>, StoreError> {
    Ok(sqlx::query_as!(
        AgencyFigures,
        r#"SELECT s.agency AS "agency!", s.region AS "region!", s.asked::bigint AS "asked!",
               s.answered::bigint AS "answered!", s.answered_late::bigint AS "answered_late!",
               (s.open - COALESCE(l.overdue, 0))::bigint AS "open!", COALESCE(l.overdue, 0)::bigint AS "overdue!",
               s.no_answer::bigint AS "no_answer!", s.undeliverable::bigint AS "refused!",
               s.cancelled::bigint AS "cancelled!", s.days::bigint AS "days_sum!"
           FROM (SELECT agency, region, sum(asked) AS asked, sum(answered) AS answered,
                     sum(answered_late) AS answered_late, sum(open) AS open, sum(no_answer) AS no_answer,
                     sum(undeliverable) AS undeliverable, sum(cancelled) AS cancelled, sum(days) AS days
                 FROM consultation_month_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND ($4::text IS NULL OR agency = $4)
                   AND ($5::text IS NULL OR agency_id = $5) AND month >= month_of($6)
                 GROUP BY agency, region HAVING sum(asked) > 0) AS s
               LEFT JOIN (SELECT agency, region, sum(open) AS overdue FROM consultation_due_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND ($4::text IS NULL OR agency = $4)
                   AND ($5::text IS NULL OR agency_id = $5) AND month >= month_of($6) AND due < $7
                 GROUP BY agency, region) AS l USING (agency, region)
           ORDER BY 1, 2"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        since as Instant,
        today as Day
    )
    .fetch_all(pool)
    .await?)
}
