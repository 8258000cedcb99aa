//! Files on which the administration's silence is approval (law 55-19), once their limit has passed.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Day, Instant, Scope};
use crate::store::StoreError;

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceStage {
    /// The earlier reading of the limit has passed without a decision; the right may still be to come.
    Eligible,
    /// The right is acquired.
    Acquired,
    /// The applicant invoked it.
    Invoked,
    /// The wali or governor attested it.
    Attested,
}

impl SilenceStage {
    /// The key in queries and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Acquired => "acquired",
            Self::Invoked => "invoked",
            Self::Attested => "attested",
        }
    }

    /// Reads the key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        [Self::Eligible, Self::Acquired, Self::Invoked, Self::Attested]
            .into_iter()
            .find(|s| s.as_str() == key)
    }
}

/// One such file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SilenceLine {
    /// The gateway's id.
    pub id: Uuid,
    /// Commune that decides.
    pub commune: String,
    /// Its prefecture or province, which attests.
    pub province: String,
    /// Its region.
    pub region: String,
    /// The commune's reference.
    pub reference: String,
    /// Kind of permit.
    pub permit: String,
    /// Local date of the receipt.
    pub filed: Day,
    /// Last day for the decision, the earlier reading.
    pub due: Option<Day>,
    /// The later reading.
    pub due_later: Option<Day>,
    /// When the right is, or was, acquired.
    pub right_acquires_at: Option<Instant>,
    /// When it was acquired.
    pub right_acquired_at: Option<Instant>,
    /// When the applicant invoked it.
    pub invoked_at: Option<Instant>,
    /// When it was attested.
    pub attested_at: Option<Instant>,
}

/// How many files have come how far; each stage counts those of the later ones too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SilenceCounts {
    /// The limit has passed without a decision.
    pub eligible: i64,
    /// The right is acquired.
    pub acquired: i64,
    /// The applicant invoked it.
    pub invoked: i64,
    /// Attested.
    pub attested: i64,
}

/// The counts inside the scope.
///
/// # Errors
/// The database's.
pub async fn counts(pool: &PgPool, scope: &Scope, today: Day) -> Result<SilenceCounts, StoreError> {
    Ok(sqlx::query_as!(
        SilenceCounts,
        r#"SELECT (s.acquired + COALESCE(l.files, 0))::bigint AS "eligible!", s.acquired::bigint AS "acquired!",
               s.invoked::bigint AS "invoked!", s.attested::bigint AS "attested!"
           FROM (SELECT COALESCE(sum(acquired), 0) AS acquired, COALESCE(sum(invoked), 0) AS invoked,
                     COALESCE(sum(attested), 0) AS attested
                 FROM file_month_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3)) AS s,
                (SELECT sum(files) AS files FROM file_due_figures
                 WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
                   AND ($3::text IS NULL OR commune = $3) AND silence AND due < $4) AS l"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        today as Day
    )
    .fetch_one(pool)
    .await?)
}

/// The last line of the page before: `filed` and `id`.
pub type SilenceCursor = (Day, Uuid);

/// One page of files that have come as far as `stage`, oldest first. Each stage says its condition once: said again, it
/// would be reckoned to leave next to nothing, and all that there is would be sorted.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &PgPool,
    scope: &Scope,
    stage: SilenceStage,
    today: Day,
    after: Option<SilenceCursor>,
    limit: i64,
) -> Result<Vec<SilenceLine>, StoreError> {
    let (after_filed, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        SilenceLine,
        r#"SELECT id, commune, province, region, reference, permit, filed AS "filed: Day", due AS "due: Day",
               due_later AS "due_later: Day", right_acquires_at AS "right_acquires_at: Instant",
               right_acquired_at AS "right_acquired_at: Instant", invoked_at AS "invoked_at: Instant",
               attested_at AS "attested_at: Instant"
           FROM file
           WHERE ($1::text IS NULL OR region = $1) AND ($2::text IS NULL OR province = $2)
             AND ($3::text IS NULL OR commune = $3) AND silence_is_approval
             AND CASE $5 WHEN 'acquired' THEN right_acquired_at IS NOT NULL
                         WHEN 'invoked' THEN right_acquired_at IS NOT NULL AND invoked_at IS NOT NULL
                         WHEN 'attested' THEN right_acquired_at IS NOT NULL AND attested_at IS NOT NULL
                         ELSE right_acquired_at IS NOT NULL
                              OR (decided_at IS NULL AND withdrawn_at IS NULL AND due < $4) END
             AND ($6::date IS NULL OR (filed, id) > ($6, $7::uuid))
           ORDER BY filed, id LIMIT $8"#,
        scope.region.as_deref(),
        scope.province.as_deref(),
        scope.commune.as_deref(),
        today as Day,
        stage.as_str(),
        after_filed as Option<Day>,
        after_id,
        limit
    )
    .fetch_all(pool)
    .await?)
}
