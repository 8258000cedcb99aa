//! What operators hold back: paused agencies, and how far a drain has come.

use serde::Serialize;
use sqlx::PgPool;

use super::Instant;
use crate::store::StoreError;

/// An agency to which nothing is sent for now.
#[derive(Debug, Clone, Serialize)]
pub struct PauseLine {
    /// Kind of agency.
    pub agency: String,
    /// Since when.
    pub since: Instant,
    /// Who paused it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Requests and readings that wait for it to be resumed.
    pub held: i64,
}

/// All that are paused.
///
/// # Errors
/// The database's.
pub async fn pauses(pool: &PgPool) -> Result<Vec<PauseLine>, StoreError> {
    Ok(sqlx::query_as!(
        PauseLine,
        r#"SELECT p.agency, p.since AS "since: Instant", a.asked_by AS by, a.reason,
               (SELECT count(*) FROM outbox o WHERE o.exchange = 'wasl.review'
                    AND o.routing_key = 'review.' || p.agency) AS "held!"
           FROM agency_pause p JOIN operator_act a ON a.id = p.act_id ORDER BY p.agency"#
    )
    .fetch_all(pool)
    .await?)
}

/// How far a drain has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrainState {
    /// Nothing new is taken in.
    pub draining: bool,
    /// Since when.
    pub since: Option<Instant>,
    /// Who began it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Messages that are still to go out, without those for paused agencies.
    pub outbox: i64,
    /// Requests whose outcome is on its way.
    pub under_way: i64,
    /// Acts of operators that are not done.
    pub acts: i64,
    /// Everything that was in is finished.
    pub dry: bool,
}

/// The state of the drain now.
///
/// # Errors
/// The database's.
pub async fn drain(pool: &PgPool) -> Result<DrainState, StoreError> {
    let row = sqlx::query!(
        r#"SELECT d.since AS "since?: Instant", a.asked_by AS "by?", a.reason AS "reason?",
               (SELECT count(*) FROM outbox o WHERE NOT EXISTS (SELECT FROM agency_pause p
                    WHERE o.exchange = 'wasl.review' AND o.routing_key = 'review.' || p.agency)) AS "outbox!",
               (SELECT count(*) FROM timer WHERE NOT legal AND key LIKE 'watchdog:%') AS "under_way!",
               (SELECT count(*) FROM operator_act WHERE status = 'approved') AS "acts!"
           FROM (SELECT) AS one LEFT JOIN drain d ON true LEFT JOIN operator_act a ON a.id = d.act_id"#
    )
    .fetch_one(pool)
    .await?;
    Ok(DrainState {
        draining: row.since.is_some(),
        dry: row.since.is_some() && row.outbox == 0 && row.under_way == 0 && row.acts == 0,
        since: row.since,
        by: row.by,
        reason: row.reason,
        outbox: row.outbox,
        under_way: row.under_way,
        acts: row.acts,
    })
}

/// Whether nothing new is taken in.
///
/// # Errors
/// The database's.
pub async fn is_draining(pool: &PgPool) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM drain) AS "draining!""#).fetch_one(pool).await?)
}
