//! How agencies perform: counts, and the mean number of days to an opinion.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope, ZoneTable};
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

/// Figures per kind of agency and region.
///
/// # Errors
/// The database's.
pub async fn figures(
    pool: &PgPool,
    scope: &Scope,
    zone: &ZoneTable,
    since: Instant,
    today: Day,
) -> Result<Vec<AgencyFigures>, StoreError> {
    Ok(sqlx::query_as!(
        AgencyFigures,
        r#"SELECT agency, region, count(*) AS "asked!",
               count(*) FILTER (WHERE status = 'answered') AS "answered!",
               count(*) FILTER (WHERE status = 'answered' AND late) AS "answered_late!",
               count(*) FILTER (WHERE open AND due >= $9) AS "open!",
               count(*) FILTER (WHERE open AND due < $9) AS "overdue!",
               count(*) FILTER (WHERE status = 'no-answer') AS "no_answer!",
               count(*) FILTER (WHERE status = 'undeliverable') AS "refused!",
               count(*) FILTER (WHERE status = 'cancelled') AS "cancelled!",
               COALESCE(sum(answered_on - planned_on) FILTER (WHERE status = 'answered'), 0) AS "days_sum!"
           FROM (SELECT agency, region, status, late, due,
                     status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed') AS open,
                     (answered_at AT TIME ZONE 'UTC' + make_interval(secs =>
                         ($7::float8[])[width_bucket(answered_at, $6::timestamptz[]) + 1]))::date AS answered_on,
                     (planned_at AT TIME ZONE 'UTC' + make_interval(secs =>
                         ($7::float8[])[width_bucket(planned_at, $6::timestamptz[]) + 1]))::date AS planned_on
                 FROM consultation
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND ($4::text IS NULL OR agency = $4)
                   AND ($5::text IS NULL OR agency_id = $5) AND planned_at >= $8) AS c
           GROUP BY agency, region ORDER BY agency, region"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        &zone.transitions as &[Instant],
        &zone.offsets_s,
        since as Instant,
        today as Day
    )
    .fetch_all(pool)
    .await?)
}
