//! What operators asked for, and what became of it.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::Instant;
use crate::store::StoreError;

/// One act.
#[derive(Debug, Clone, Serialize)]
pub struct ActLine {
    /// Its id.
    pub id: Uuid,
    /// See [`crate::store::acts::ActKind`].
    pub kind: String,
    /// `asked`, `approved`, `declined`, `done`, `failed`.
    pub status: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Instant,
    /// Who approved or declined.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Instant>,
    /// When it was done.
    pub finished_at: Option<Instant>,
    /// Fault code of an act that failed.
    pub outcome: Option<String>,
    /// Nothing happens before somebody else approves.
    pub needs_two: bool,
    /// Kind of agency.
    pub agency: Option<String>,
    /// The file's reference.
    pub reference: Option<String>,
    /// The file's commune.
    pub commune: Option<String>,
    /// Consultation or order.
    pub consultation_id: Option<Uuid>,
    /// How a request is released.
    pub release_as: Option<String>,
    /// Number of an event.
    pub sequence: Option<i64>,
    /// Parked messages that it is about, fixed when it was asked for.
    pub items: i32,
    /// Of these, dealt with.
    pub items_done: i64,
    /// Of these, gone before their turn: nothing was done with them.
    pub items_already: i64,
    /// Of these, such as cannot be sent again.
    pub items_impossible: i64,
}

/// The latest acts; `open`: those that wait for a decision, or are not done yet.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    open: bool,
    id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ActLine>, StoreError> {
    Ok(sqlx::query_as!(
        ActLine,
        r#"SELECT a.id, a.kind, a.status, a.reason, a.asked_by, a.asked_at AS "asked_at: Instant", a.decided_by,
               a.decided_at AS "decided_at: Instant", a.finished_at AS "finished_at: Instant", a.outcome,
               a.needs_two AS "needs_two!", a.agency, f.reference AS "reference?", f.commune AS "commune?",
               a.consultation_id, a.release_as, a.sequence, a.items,
               (SELECT count(*) FROM operator_item i WHERE i.act_id = a.id AND i.outcome IS NOT NULL) AS "items_done!",
               (SELECT count(*) FROM operator_item i WHERE i.act_id = a.id AND i.outcome = 'already')
                   AS "items_already!",
               (SELECT count(*) FROM operator_item i WHERE i.act_id = a.id AND i.outcome = 'impossible')
                   AS "items_impossible!"
           FROM operator_act a LEFT JOIN file f ON f.id = a.file_id
           WHERE (NOT $1 OR a.status IN ('asked', 'approved')) AND ($2::uuid IS NULL OR a.id = $2)
           ORDER BY a.asked_at DESC, a.id DESC LIMIT $3"#,
        open,
        id,
        limit
    )
    .fetch_all(pool)
    .await?)
}

/// One act.
///
/// # Errors
/// The database's.
pub async fn one(pool: &PgPool, id: Uuid) -> Result<Option<ActLine>, StoreError> {
    Ok(list(pool, false, Some(id), 1).await?.pop())
}
