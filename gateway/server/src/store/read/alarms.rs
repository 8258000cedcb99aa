//! Alarms, for whoever looks.

use serde::Serialize;
use sqlx::PgPool;

use super::Instant;
use crate::store::StoreError;

/// Most alarms that are shown.
pub const ALARMS_MAX: i64 = 200;

/// One alarm, from its begin to its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlarmLine {
    /// Its name: also that of its page in `deploy/runbooks/`.
    pub name: String,
    /// Which queue, agency or certificate; empty where there is only one.
    pub subject: String,
    /// When it began, wall clock.
    pub since: Instant,
    /// When it ended; absent while it lasts.
    pub until: Option<Instant>,
    /// What was seen last: an age in seconds, a count, or days that are left.
    pub value: f64,
    /// The limit that it passed.
    pub threshold: f64,
    /// When it was last looked at.
    pub seen_at: Instant,
}

/// Those that last, the oldest first; with `all` those that ended as well, after them, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(pool: &PgPool, all: bool) -> Result<Vec<AlarmLine>, StoreError> {
    Ok(sqlx::query_as!(
        AlarmLine,
        r#"SELECT name, subject, since AS "since: Instant", until AS "until?: Instant", value, threshold,
               seen_at AS "seen_at: Instant"
           FROM alarm WHERE $1 OR until IS NULL
           ORDER BY until IS NOT NULL, CASE WHEN until IS NULL THEN since END, until DESC, name, subject LIMIT $2"#,
        all,
        ALARMS_MAX
    )
    .fetch_all(pool)
    .await?)
}
