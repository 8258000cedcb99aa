//! Consultations, soonest limit first.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// One consultation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsultationLine {
    /// Our reference with the agency.
    pub id: Uuid,
    /// The commune's reference of the file.
    pub reference: String,
    /// Kind of agency.
    pub agency: String,
    /// Which agency of the kind.
    pub agency_id: String,
    /// Commune that decides.
    pub commune: String,
    /// Its region.
    pub region: String,
    /// Deposit that it is about.
    pub deposit_version: i32,
    /// Binding opinion.
    pub binding: bool,
    /// Where it stands.
    pub status: String,
    /// Last day for the opinion.
    pub due: Day,
    /// The limit has passed and no opinion came.
    pub overdue: bool,
    /// The opinion came after the limit.
    pub late: bool,
    /// The agency's own number.
    pub agency_reference: Option<String>,
    /// The opinion.
    pub opinion: Option<String>,
    /// Why the request waits.
    pub last_fault: Option<String>,
    /// When it was planned.
    pub planned_at: Instant,
    /// When the agency had it.
    pub sent_at: Option<Instant>,
    /// When it was answered.
    pub answered_at: Option<Instant>,
}

/// What is looked for; `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsultationFilter {
    /// Kind of agency.
    pub agency: Option<String>,
    /// Where it stands.
    pub status: Option<String>,
    /// Something is still awaited, or nothing more.
    pub open: Option<bool>,
    /// Open and its limit has passed.
    pub overdue: Option<bool>,
    /// Region.
    pub region: Option<String>,
    /// Commune.
    pub commune: Option<String>,
    /// The file's id.
    pub file: Option<Uuid>,
}

/// The last line of the page before: `due` and `id`.
pub type ConsultationCursor = (Day, Uuid);

/// One page of consultations. What is open is found by its commune; where all are asked for, by the files of the commune.
///
/// # Errors
/// The database's.
pub async fn search(
    pool: &PgPool,
    scope: &Scope,
    filter: &ConsultationFilter,
    today: Day,
    after: Option<ConsultationCursor>,
    limit: i64,
) -> Result<Vec<ConsultationLine>, StoreError> {
    let (after_due, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        ConsultationLine,
        r#"SELECT c.id, f.reference, c.agency, c.agency_id, c.commune, c.region, c.deposit_version, c.binding, c.status,
               c.due AS "due: Day",
               (c.due < $13 AND c.status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed'))
                   AS "overdue!",
               c.late, c.agency_reference, c.opinion, c.last_fault, c.planned_at AS "planned_at: Instant",
               c.sent_at AS "sent_at: Instant", c.answered_at AS "answered_at: Instant"
           FROM consultation c JOIN file f ON f.id = c.file_id
           WHERE ($1::text IS NULL OR c.region = $1) AND ($2::text IS NULL OR c.province = $2)
             AND ($3::text IS NULL OR (c.commune = $3 AND ($8 IS TRUE OR $9 IS TRUE OR f.commune = $3)))
             AND ($4::text IS NULL OR c.agency = $4)
             AND ($5::text IS NULL OR c.agency_id = $5)
             AND ($6::text IS NULL OR c.agency = $6) AND ($7::text IS NULL OR c.status = $7)
             AND ($8::boolean IS NULL
                  OR $8 = (c.status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed')))
             AND ($9::boolean IS NULL OR $9 = (c.due < $13
                      AND c.status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed')))
             AND ($10::text IS NULL OR c.region = $10)
             AND ($11::text IS NULL OR (c.commune = $11 AND ($8 IS TRUE OR $9 IS TRUE OR f.commune = $11)))
             AND ($12::uuid IS NULL OR c.file_id = $12)
             AND ($14::date IS NULL OR (c.due, c.id) > ($14, $15::uuid))
           ORDER BY c.due, c.id LIMIT $16"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        filter.agency.as_deref(),
        filter.status.as_deref(),
        filter.open,
        filter.overdue,
        filter.region.as_deref(),
        filter.commune.as_deref(),
        filter.file,
        today as Day,
        after_due as Option<Day>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?)
}
