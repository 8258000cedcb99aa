//! Limits of decisions: what comes due, and what has passed.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;
use wasl_core::time::days_between;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// An open file and its limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadlineLine {
    /// The gateway's id.
    pub id: Uuid,
    /// Commune that decides.
    pub commune: String,
    /// Its region.
    pub region: String,
    /// The commune's reference.
    pub reference: String,
    /// Kind of permit.
    pub permit: String,
    /// `large` or `small`.
    pub project_class: String,
    /// Where it stands.
    pub status: String,
    /// Local date of the receipt.
    pub filed: Day,
    /// Last day for the decision, the earlier reading.
    pub due: Day,
    /// The later reading, where the unit is doubtful.
    pub due_later: Option<Day>,
    /// Calendar days that remain; negative when the day has passed.
    pub days_left: i32,
    /// When silence gives the right, where it does.
    pub right_acquires_at: Option<Instant>,
}

/// The last line of the page before: `due` and `id`.
pub type DeadlineCursor = (Day, Uuid);

/// Open files whose limit lies in the days `from` to `to` (both included), soonest first. Where nothing but days is
/// asked for, which they are is told by the index alone, past all those of which the right is acquired already.
///
/// # Errors
/// The database's.
pub async fn due(
    pool: &PgPool,
    scope: &Scope,
    (from, to): (Option<Day>, Option<Day>),
    today: Day,
    after: Option<DeadlineCursor>,
    limit: i64,
) -> Result<Vec<DeadlineLine>, StoreError> {
    let (after_due, after_id) = after.unzip();
    let rows = sqlx::query!(
        r#"SELECT id, commune, region, reference, permit, project_class, status, filed AS "filed: Day",
               due AS "due!: Day", due_later AS "due_later: Day",
               right_acquires_at AS "right_acquires_at: Instant"
           FROM (SELECT id FROM file f
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3)
                   AND ($4::text IS NULL OR EXISTS (SELECT FROM consultation c WHERE c.file_id = f.id AND c.agency = $4
                                                    AND ($5::text IS NULL OR c.agency_id = $5)))
                   AND decided_at IS NULL AND withdrawn_at IS NULL AND right_acquired_at IS NULL AND due IS NOT NULL
                   AND ($6::date IS NULL OR due >= $6) AND ($7::date IS NULL OR due <= $7)
                   AND ($8::date IS NULL OR (due, id) > ($8, $9::uuid))
                 ORDER BY due, id LIMIT $10) AS page
               JOIN file USING (id)
           ORDER BY due, id"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        from as Option<Day>,
        to as Option<Day>,
        after_due as Option<Day>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?;
    let rows = rows.into_iter().map(|r| DeadlineLine {
        days_left: days_between(today.0, r.due.0),
        id: r.id,
        commune: r.commune,
        region: r.region,
        reference: r.reference,
        permit: r.permit,
        project_class: r.project_class,
        status: r.status,
        filed: r.filed,
        due: r.due,
        due_later: r.due_later,
        right_acquires_at: r.right_acquires_at,
    });
    Ok(rows.collect())
}
