//! The flow of files by region and class: what the live page and `/api/v1/stats/day` show.

use serde::Serialize;
use sqlx::PgPool;

use super::{Day, Instant, Scope};
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
    /// Where the window of the figures begins: a month (UTC).
    pub since: Instant,
}

/// Figures per region and class: sums that are kept (`file_*_figures`), exact at any moment. What happened today counts
/// whenever the file was registered.
///
/// # Errors
/// The database's.
pub async fn flow(pool: &PgPool, scope: &Scope, today: Today) -> Result<Vec<FlowFigures>, StoreError> {
    Ok(sqlx::query_as!(
        FlowFigures,
        r#"WITH stood AS (
               SELECT region, project_class, sum(files) AS registered, sum(under_review) AS under_review,
                   sum(awaiting) AS awaiting, sum(granted) AS granted, sum(refused) AS refused, sum(silent) AS silent,
                   sum(delivered) AS delivered, sum(withdrawn) AS withdrawn,
                   sum(withdrawn_reviewed) AS withdrawn_reviewed, sum(acquired) AS acquired, sum(invoked) AS invoked,
                   sum(attested) AS attested, sum(days) AS days
               FROM file_month_figures
               WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                 AND ($3::text IS NULL OR commune = $3) AND month >= month_of($4)
               GROUP BY region, project_class HAVING sum(files) > 0),
           late AS (
               SELECT region, project_class, sum(files) AS late, sum(files) FILTER (WHERE reviewed) AS reviewed,
                   sum(files) FILTER (WHERE silence) AS silence
               FROM file_due_figures
               WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                 AND ($3::text IS NULL OR commune = $3) AND month >= month_of($4) AND due < $6
               GROUP BY region, project_class),
           today AS (
               SELECT region, project_class, sum(registered) AS registered, sum(reviewed) AS reviewed,
                   sum(decided) AS decided, sum(silent) AS silent, sum(delivered) AS delivered
               FROM file_hour_figures
               WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                 AND ($3::text IS NULL OR commune = $3) AND hour >= hour_of($5)
               GROUP BY region, project_class)
           SELECT s.region AS "region!", s.project_class AS "project_class!", s.registered::bigint AS "registered!",
               COALESCE(t.registered, 0)::bigint AS "registered_today!",
               COALESCE(t.reviewed, 0)::bigint AS "reviewed_today!",
               s.under_review::bigint AS "under_review!", s.awaiting::bigint AS "awaiting_decision!",
               COALESCE(l.late, 0)::bigint AS "late!", COALESCE(l.reviewed, 0)::bigint AS "late_awaiting_decision!",
               s.granted::bigint AS "granted!", s.refused::bigint AS "refused!",
               COALESCE(t.decided, 0)::bigint AS "decided_today!", s.silent::bigint AS "silent!",
               COALESCE(t.silent, 0)::bigint AS "silent_today!", s.delivered::bigint AS "delivered!",
               COALESCE(t.delivered, 0)::bigint AS "delivered_today!", s.withdrawn::bigint AS "withdrawn!",
               s.withdrawn_reviewed::bigint AS "withdrawn_reviewed!",
               (s.acquired + COALESCE(l.silence, 0))::bigint AS "silence_eligible!",
               s.acquired::bigint AS "silence_acquired!", s.invoked::bigint AS "silence_invoked!",
               s.attested::bigint AS "silence_attested!", (s.granted + s.refused)::bigint AS "decided!",
               s.days::bigint AS "days_sum!"
           FROM stood s LEFT JOIN late l USING (region, project_class) LEFT JOIN today t USING (region, project_class)
           ORDER BY 1, 2"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        today.since as Instant,
        today.begin as Instant,
        today.date as Day
    )
    .fetch_all(pool)
    .await?)
}
