//! The core's side of what operators ask for: what is approved is done, once, and noted in the same transaction.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use super::StoreError;

/// An approved act that is not done.
#[derive(Debug, Clone)]
pub struct Approved {
    /// Its id.
    pub id: Uuid,
    /// See [`super::acts::ActKind`].
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// Who approved.
    pub decided_by: Option<String>,
    /// Kind of agency.
    pub agency: Option<String>,
    /// The file.
    pub file_id: Option<Uuid>,
    /// Consultation or order.
    pub consultation_id: Option<Uuid>,
    /// How a request is released.
    pub release_as: Option<String>,
    /// The agency's own number.
    pub agency_reference: Option<String>,
    /// Number of an event.
    pub sequence: Option<i64>,
}

/// The oldest approved acts. The active core alone works on them, behind its fence.
///
/// # Errors
/// The database's.
pub async fn approved(pool: &PgPool, most: i64) -> Result<Vec<Approved>, StoreError> {
    Ok(sqlx::query_as!(
        Approved,
        "SELECT id, kind, reason, asked_by, decided_by, agency, file_id, consultation_id, release_as, agency_reference,
             sequence
         FROM operator_act WHERE status = 'approved' ORDER BY asked_at, id LIMIT $1",
        most
    )
    .fetch_all(pool)
    .await?)
}

/// Takes an act that is still approved, under its lock: `false` when it was done meanwhile.
///
/// # Errors
/// The database's.
pub async fn take(tx: &mut PgTransaction<'_>, act: Uuid) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM operator_act WHERE id = $1 AND status = 'approved' FOR UPDATE"#,
        act
    );
    Ok(found.fetch_optional(&mut **tx).await?.is_some())
}

/// Notes that an act is done, or with which fault code it failed.
///
/// # Errors
/// The database's.
pub async fn finish(tx: &mut PgTransaction<'_>, act: Uuid, fault: Option<&str>) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE operator_act SET status = CASE WHEN $2::text IS NULL THEN 'done' ELSE 'failed' END, outcome = $2,
             finished_at = now() WHERE id = $1",
        act,
        fault
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A parked message of an act, with all that is needed to send it again.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its place in the act.
    pub place: i32,
    /// The parked message.
    pub parked_id: Uuid,
    /// It is still parked, since the occasion that was seen.
    pub present: bool,
    /// Where it was read.
    pub queue: String,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// Headers as text.
    pub headers: Value,
    /// Media type.
    pub content_type: Option<String>,
    /// Routing key.
    pub routing_key: Option<String>,
    /// Who sent it.
    pub user_id: Option<String>,
    /// Message id.
    pub message_id: Option<String>,
    /// The file that it is about.
    pub file_id: Option<Uuid>,
}

/// The next messages of an act in the order in which they were parked, locked.
///
/// # Errors
/// The database's.
pub async fn next_items(tx: &mut PgTransaction<'_>, act: Uuid, most: i64) -> Result<Vec<Item>, StoreError> {
    Ok(sqlx::query_as!(
        Item,
        r#"SELECT i.place, i.parked_id, (p.status = 'parked' AND p.parked_at = i.seen_parked_at) AS "present!",
               p.queue, p.raw, p.headers, p.content_type, p.routing_key, p.user_id, p.message_id,
               coalesce(p.file_id, p.about_file_id) AS file_id
           FROM operator_item i JOIN parked p ON p.id = i.parked_id
           WHERE i.act_id = $1 AND i.outcome IS NULL ORDER BY i.place LIMIT $2 FOR UPDATE OF i, p"#,
        act,
        most
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Messages that were sent again in the last second, by whatever core.
///
/// # Errors
/// The database's.
pub async fn sent_lately(tx: &mut PgTransaction<'_>) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM operator_item
           WHERE outcome = 'sent' AND done_at > clock_timestamp() - interval '1 second'"#
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Moves parked messages out of their place; allowed by an approved act alone. Called before [`note_items`].
///
/// # Errors
/// The database's.
pub async fn leave(tx: &mut PgTransaction<'_>, parked: &[Uuid], status: &str) -> Result<(), StoreError> {
    sqlx::query!("UPDATE parked SET status = $2 WHERE id = ANY($1) AND status = 'parked'", parked, status)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes what became of messages of an act.
///
/// # Errors
/// The database's.
pub async fn note_items(
    tx: &mut PgTransaction<'_>,
    act: Uuid,
    places: &[i32],
    outcome: &str,
) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE operator_item SET outcome = $3, done_at = clock_timestamp() WHERE act_id = $1 AND place = ANY($2)",
        act,
        places,
        outcome
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Pauses a kind of agency, or resumes it. `false` when it was so before.
///
/// # Errors
/// The database's.
pub async fn pause(
    tx: &mut PgTransaction<'_>,
    agency: &str,
    act: Uuid,
    on: bool,
) -> Result<bool, StoreError> {
    let done = if on {
        sqlx::query!(
            "INSERT INTO agency_pause (agency, act_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            agency,
            act
        )
        .execute(&mut **tx)
        .await?
    } else {
        sqlx::query!("DELETE FROM agency_pause WHERE agency = $1", agency).execute(&mut **tx).await?
    };
    Ok(done.rows_affected() == 1)
}

/// Begins or ends a drain. `false` when it was so before.
///
/// # Errors
/// The database's.
pub async fn drain(tx: &mut PgTransaction<'_>, act: Uuid, on: bool) -> Result<bool, StoreError> {
    let done = if on {
        sqlx::query!("INSERT INTO drain (act_id) VALUES ($1) ON CONFLICT DO NOTHING", act)
            .execute(&mut **tx)
            .await?
    } else {
        sqlx::query!("DELETE FROM drain").execute(&mut **tx).await?
    };
    Ok(done.rows_affected() == 1)
}

/// Kinds of agencies that are paused, and whether the gateway is drained.
///
/// # Errors
/// The database's.
pub async fn held(pool: &PgPool) -> Result<(BTreeSet<String>, bool), StoreError> {
    let row = sqlx::query!(
        r#"SELECT ARRAY(SELECT agency FROM agency_pause) AS "paused!", EXISTS (SELECT FROM drain) AS "drained!""#
    )
    .fetch_one(pool)
    .await?;
    Ok((row.paused.into_iter().collect(), row.drained))
}
