//! The flow of files by region and class: what the live page and `/api/v1/stats/day` show.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope, ZoneTable};
use crate::store::StoreError;

/// Files registered since a given instant, of one region and class. "Today" is the present legal day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FlowFigures {
    /// Region, two digits.
    pub region: String,
    /// `large` or `small`.
    pub project_class: String,
    /// Registered.
    pub registered: i64,
    /// Registered today.
    pub registered_today: i64,
    /// Reviews complete today.
    pub reviewed_today: i64,
    /// Open, and reviews are awaited.
    pub under_review: i64,
    /// Open, reviews complete, the decision is awaited.
    pub awaiting_decision: i64,
    /// Open, and the limit has passed; part of the two before.
    pub late: i64,
    /// Of the late ones, those whose reviews are complete.
    pub late_awaiting_decision: i64,
    /// Granted by a decision.
    pub granted: i64,
    /// Refused by a decision.
    pub refused: i64,
    /// Decided today, either way.
    pub decided_today: i64,
    /// Rights that silence gave, where no decision came.
    pub silent: i64,
    /// Rights that silence gave today.
    pub silent_today: i64,
    /// Delivered permits.
    pub delivered: i64,
    /// Delivered today.
    pub delivered_today: i64,
    /// Withdrawn before any decision.
    pub withdrawn: i64,
    /// Withdrawn with the reviews complete; part of the one before.
    pub withdrawn_reviewed: i64,
    /// Silence is approval, the limit has passed without a decision, or the right is acquired.
    pub silence_eligible: i64,
    /// The right is acquired.
    pub silence_acquired: i64,
    /// Invoked.
    pub silence_invoked: i64,
    /// Attested.
    pub silence_attested: i64,
    /// Decisions.
    pub decided: i64,
    /// Calendar days from receipt to decision over all decisions.
    pub days_sum: i64,
}

/// The present legal day and what bounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The local date.
    pub date: Day,
    /// Its first instant.
    pub begin: Instant,
    /// Where the window of the figures begins.
    pub since: Instant,
}

/// Figures per region and class.
///
/// # Errors
/// The database's.
pub async fn flow(
    pool: &PgPool,
    scope: &Scope,
    zone: &ZoneTable,
    today: Today,
) -> Result<Vec<FlowFigures>, StoreError> {
    Ok(sqlx::query_as!(
        FlowFigures,
        r#"SELECT region, project_class, count(*) AS "registered!",
               count(*) FILTER (WHERE registered_at >= $7) AS "registered_today!",
               count(*) FILTER (WHERE reviewed_at >= $7) AS "reviewed_today!",
               count(*) FILTER (WHERE open AND reviewed_at IS NULL) AS "under_review!",
               count(*) FILTER (WHERE open AND reviewed_at IS NOT NULL) AS "awaiting_decision!",
               count(*) FILTER (WHERE open AND due < $8) AS "late!",
               count(*) FILTER (WHERE open AND due < $8 AND reviewed_at IS NOT NULL) AS "late_awaiting_decision!",
               count(*) FILTER (WHERE decision = 'granted') AS "granted!",
               count(*) FILTER (WHERE decision = 'refused') AS "refused!",
               count(*) FILTER (WHERE decided_at >= $7) AS "decided_today!",
               count(*) FILTER (WHERE decision IS NULL AND right_acquired_at IS NOT NULL) AS "silent!",
               count(*) FILTER (WHERE decision IS NULL AND right_acquired_at >= $7) AS "silent_today!",
               count(delivered_at) AS "delivered!",
               count(*) FILTER (WHERE delivered_at >= $7) AS "delivered_today!",
               count(*) FILTER (WHERE withdrawn) AS "withdrawn!",
               count(*) FILTER (WHERE withdrawn AND reviewed_at IS NOT NULL) AS "withdrawn_reviewed!",
               count(*) FILTER (WHERE silence_is_approval AND (right_acquired_at IS NOT NULL OR (open AND due < $8)))
                   AS "silence_eligible!",
               count(right_acquired_at) AS "silence_acquired!", count(invoked_at) AS "silence_invoked!",
               count(attested_at) AS "silence_attested!",
               count(decision) AS "decided!",
               COALESCE(sum((decided_at AT TIME ZONE 'UTC' + make_interval(secs =>
                   ($5::float8[])[width_bucket(decided_at, $4::timestamptz[]) + 1]))::date - filed), 0) AS "days_sum!"
           FROM (SELECT *, decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL AS open,
                     decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NOT NULL AS withdrawn
                 FROM file
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND registered_at >= $6) AS f
           GROUP BY region, project_class ORDER BY region, project_class"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        &zone.transitions as &[Instant],
        &zone.offsets_s,
        today.since as Instant,
        today.begin as Instant,
        today.date as Day
    )
    .fetch_all(pool)
    .await?)
}
