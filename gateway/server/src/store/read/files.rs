//! Search of files: newest first, page by page.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// One line of a list of files. No personal data: who may read the file itself asks for it by its reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileLine {
    /// The gateway's id.
    pub id: Uuid,
    /// Commune or arrondissement that decides.
    pub commune: String,
    /// Its prefecture or province.
    pub province: String,
    /// Its region.
    pub region: String,
    /// The commune's reference.
    pub reference: String,
    /// The gateway's number.
    pub registration: String,
    /// Kind of permit.
    pub permit: String,
    /// `large` or `small`, by the rule.
    pub project_class: String,
    /// Where it stands.
    pub status: String,
    /// `granted` or `refused`.
    pub decision: Option<String>,
    /// Version of the present deposit.
    pub deposit_version: i32,
    /// Local date of the commune's receipt.
    pub filed: Day,
    /// Last day for the decision, the earlier reading where the unit is doubtful.
    pub due: Option<Day>,
    /// The later reading.
    pub due_later: Option<Day>,
    /// Open, and `due` has passed.
    pub overdue: bool,
    /// When it was registered.
    pub registered_at: Instant,
    /// When its reviews were complete.
    pub reviewed_at: Option<Instant>,
    /// When the commune decided.
    pub decided_at: Option<Instant>,
    /// When silence gave the right.
    pub right_acquired_at: Option<Instant>,
    /// When the permit was delivered.
    pub delivered_at: Option<Instant>,
}

/// What is looked for; `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileFilter {
    /// Commune.
    pub commune: Option<String>,
    /// Prefecture or province.
    pub province: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Kind of permit.
    pub permit: Option<String>,
    /// Where it stands.
    pub status: Option<String>,
    /// The commune's reference or the gateway's registration number, whole.
    pub reference: Option<String>,
    /// Open and late, or not.
    pub overdue: Option<bool>,
    /// Filed on this day or later.
    pub filed_from: Option<Day>,
    /// Filed on this day or earlier.
    pub filed_to: Option<Day>,
}

impl FileFilter {
    /// Dates are all that is asked for, of whatever file; whether it must be late.
    fn by_dates(&self, scope: &Scope) -> Option<bool> {
        let Self { overdue, filed_from, filed_to, .. } = *self;
        let dates = Self { overdue, filed_from, filed_to, ..Self::default() };
        let late = overdue == Some(true);
        let bound = late || (overdue.is_none() && (filed_from.is_some() || filed_to.is_some()));
        (*self == dates && *scope == Scope::default() && bound).then_some(late)
    }
}

/// The last line of the page before: `registered_at` and `id`.
pub type FileCursor = (Instant, Uuid);

/// One page of files, newest registration first.
///
/// # Errors
/// The database's.
pub async fn search(
    pool: &PgPool,
    scope: &Scope,
    filter: &FileFilter,
    today: Day,
    after: Option<FileCursor>,
    limit: i64,
) -> Result<Vec<FileLine>, StoreError> {
    let (after_at, after_id) = after.unzip();
    let found = match filter.by_dates(scope) {
        Some(late) => Some(by_dates(pool, filter, late.then_some(today), after, limit).await?),
        None => None,
    };
    Ok(sqlx::query_as!(
        FileLine,
        r#"SELECT id, commune, province, region, reference, registration, permit, project_class, status, decision,
               deposit_version, filed AS "filed: Day", due AS "due: Day", due_later AS "due_later: Day",
               COALESCE(due < $15 AND decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL, false)
                   AS "overdue!",
               registered_at AS "registered_at: Instant", reviewed_at AS "reviewed_at: Instant",
               decided_at AS "decided_at: Instant", right_acquired_at AS "right_acquired_at: Instant",
               delivered_at AS "delivered_at: Instant"
           FROM file f
           WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
             AND ($3::text IS NULL OR commune = $3)
             AND ($4::text IS NULL OR EXISTS (SELECT FROM consultation c WHERE c.file_id = f.id AND c.agency = $4
                                              AND ($5::text IS NULL OR c.agency_id = $5)))
             AND ($6::text IS NULL OR commune = $6) AND ($7::text IS NULL OR province = $7)
             AND ($8::text IS NULL OR region = $8) AND ($9::text IS NULL OR permit = $9)
             AND ($10::text IS NULL OR status = $10)
             AND ($11::text IS NULL OR reference = $11 OR registration = $11)
             AND ($12::boolean IS NULL OR NOT $12
                  OR (due < $15 AND decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL))
             AND ($12::boolean IS NULL OR $12 OR NOT COALESCE(due < $15 AND decided_at IS NULL
                     AND right_acquired_at IS NULL AND withdrawn_at IS NULL, false))
             AND ($13::date IS NULL OR filed >= $13) AND ($14::date IS NULL OR filed <= $14)
             AND ($16::timestamptz IS NULL OR (registered_at, id) < ($16, $17::uuid))
             AND ($19::uuid[] IS NULL OR id = ANY($19))
           ORDER BY registered_at DESC, id DESC LIMIT $18"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        scope.agency.as_deref(),
        scope.agency_id.as_deref(),
        filter.commune.as_deref(),
        filter.province.as_deref(),
        filter.region.as_deref(),
        filter.permit.as_deref(),
        filter.status.as_deref(),
        filter.reference.as_deref(),
        filter.overdue,
        filter.filed_from as Option<Day>,
        filter.filed_to as Option<Day>,
        today as Day,
        after_at as Option<Instant>,
        after_id,
        limit,
        found.as_deref()
    )
    .fetch_all(pool)
    .await?)
}

/// The newest files that are late on a day, or filed between two days, or both: from the index alone. What is late is old:
/// whoever went through the newest files would go through nearly all of them, so for these the order is said in a way that
/// the index of registrations does not answer.
async fn by_dates(
    pool: &PgPool,
    filter: &FileFilter,
    late_on: Option<Day>,
    after: Option<FileCursor>,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_scalar!(
        "SELECT id FROM file
         WHERE ($1::date IS NULL
                OR (due < $1 AND decided_at IS NULL AND withdrawn_at IS NULL AND right_acquired_at IS NULL))
           AND ($2::date IS NULL OR filed >= $2) AND ($3::date IS NULL OR filed <= $3)
           AND ($4::timestamptz IS NULL OR (registered_at, id) < ($4, $5::uuid))
         ORDER BY CASE WHEN $1::date IS NULL THEN registered_at END DESC,
             CASE WHEN $1::date IS NOT NULL THEN registered_at + interval '0' END DESC, id DESC LIMIT $6",
        late_on as Option<Day>,
        filter.filed_from as Option<Day>,
        filter.filed_to as Option<Day>,
        after_at as Option<Instant>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?)
}
