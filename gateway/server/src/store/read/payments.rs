//! Fees by where they stand, in whole centimes.

use serde::Serialize;
use sqlx::PgPool;

use super::{Instant, Scope};
use crate::store::StoreError;

/// The fees of one status in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentFigures {
    /// `assessed`, `ordered`, `paid`, `failed`, `refunded`.
    pub status: String,
    /// Region, two digits.
    pub region: String,
    /// How many.
    pub fees: i64,
    /// What was asked.
    pub amount_centimes: i64,
    /// What was paid.
    pub paid_centimes: i64,
    /// How many were settled since the instant that was asked for (today's midnight).
    pub settled_recently: i64,
    /// What was paid since then.
    pub paid_recently_centimes: i64,
}

/// Figures per status and region, of fees assessed since `since`, which begins a month (UTC); "recently" begins at `recent`.
///
/// # Errors
/// The database's.
pub async fn figures(
    pool: &PgPool,
    scope: &Scope,
    since: Instant,
    recent: Instant,
) -> Result<Vec<PaymentFigures>, StoreError> {
    Ok(sqlx::query_as!(
        PaymentFigures,
        r#"SELECT s.status AS "status!", s.region AS "region!", s.fees::bigint AS "fees!",
               s.amount::bigint AS "amount_centimes!", s.paid::bigint AS "paid_centimes!",
               COALESCE(r.fees, 0) AS "settled_recently!", COALESCE(r.paid, 0)::bigint AS "paid_recently_centimes!"
           FROM (SELECT status, region, sum(fees) AS fees, sum(amount_centimes) AS amount, sum(paid_centimes) AS paid
                 FROM fee_month_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND month >= month_of($4)
                 GROUP BY status, region HAVING sum(fees) > 0) AS s
               LEFT JOIN (SELECT status, region, count(*) AS fees, sum(paid_centimes) AS paid FROM fee
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND settled_at >= $5
                 GROUP BY status, region) AS r USING (status, region)
           ORDER BY 1, 2"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        since as Instant,
        recent as Instant
    )
    .fetch_all(pool)
    .await?)
}
