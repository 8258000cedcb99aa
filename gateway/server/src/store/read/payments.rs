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

/// Figures per status and region, of fees assessed since `since`; "recently" begins at `recent`.
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
        r#"SELECT status, region, count(*) AS "fees!", COALESCE(sum(amount_centimes), 0)::bigint AS "amount_centimes!",
               COALESCE(sum(paid_centimes), 0)::bigint AS "paid_centimes!",
               count(*) FILTER (WHERE settled_at >= $5) AS "settled_recently!",
               COALESCE(sum(paid_centimes) FILTER (WHERE settled_at >= $5), 0)::bigint AS "paid_recently_centimes!"
           FROM fee
           WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
             AND ($3::text IS NULL OR commune = $3) AND assessed_at >= $4
           GROUP BY status, region ORDER BY status, region"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        since as Instant,
        recent as Instant
    )
    .fetch_all(pool)
    .await?)
}
