//! Timers: rows that wake a file up. Legal ones are due by the legal clock, the others by the wall clock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_core::file::{GUARDED_KEYS, TimerKind, When};
use wasl_schemas::id::FileId;

use super::StoreError;
use super::read::Instant;
use crate::clock::wall_now;

/// What becomes of the timers of one file in a unit of work.
#[derive(Debug, Default)]
pub struct TimerChanges {
    clear_all: bool,
    clear_legal: bool,
    keys: BTreeMap<String, Option<(bool, Timestamp)>>,
}

impl TimerChanges {
    /// Sets or moves a timer.
    pub fn set(&mut self, kind: &TimerKind, when: When) {
        let at = match when {
            When::Legal(at) => at,
            When::WallAfterMs(ms) => {
                let span = jiff::SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
                wall_now().saturating_add(span).unwrap_or(Timestamp::MAX)
            }
        };
        self.keys.insert(kind.to_string(), Some((kind.is_legal(), at)));
    }

    /// Forgets a timer.
    pub fn clear(&mut self, kind: &TimerKind) {
        self.keys.insert(kind.to_string(), None);
    }

    /// Forgets all deadlines.
    pub fn clear_legal(&mut self) {
        self.clear_legal = true;
        self.keys.retain(|_, at| !matches!(at, Some((true, _))));
    }

    /// Forgets everything.
    pub fn clear_all(&mut self) {
        self.clear_all = true;
        self.keys.clear();
    }
}

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub file: FileId,
    /// Its key.
    pub key: String,
    /// When it was due, by its own clock.
    pub due_at: Timestamp,
}

/// Up to when timers may fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// Of the legal clock, or of the wall clock.
    pub legal: bool,
    /// The present by that clock.
    pub now: Timestamp,
    /// Guarded timers (see [`GUARDED_KEYS`]) only up to here.
    pub proved: Timestamp,
}

fn guarded() -> Vec<String> {
    GUARDED_KEYS.iter().map(|start| format!("{start}%")).collect()
}

/// Timers that are due and may fire, oldest first. Nothing is locked: each is looked at again under its file's
/// lock.
///
/// # Errors
/// The database's.
pub async fn due(pool: &PgPool, until: Until, most: i64) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT file_id, key, due_at AS "due_at: Instant" FROM timer
           WHERE legal = $1 AND due_at <= $2::text::timestamptz
             AND (due_at <= $3::text::timestamptz OR NOT key LIKE ANY($4))
             AND NOT EXISTS (SELECT FROM early WHERE early.file_id = timer.file_id)
           ORDER BY due_at LIMIT $5"#,
        until.legal,
        until.now.to_string(),
        until.proved.to_string(),
        &guarded(),
        most
    )
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(|r| Due { file: FileId(r.file_id), key: r.key, due_at: r.due_at.0 });
    Ok(due.collect())
}

/// A guarded timer is due for which it has not been proved that all that was sent before has been read.
///
/// # Errors
/// The database's.
pub async fn any_unproved(pool: &PgPool, until: Until) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM timer WHERE legal AND due_at <= $1::text::timestamptz
             AND due_at > $2::text::timestamptz AND key LIKE ANY($3)) AS "found!""#,
        until.now.to_string(),
        until.proved.to_string(),
        &guarded()
    )
    .fetch_one(pool)
    .await?;
    Ok(found)
}

/// How many timers are due by either clock and have not fired.
///
/// # Errors
/// The database's.
pub async fn due_count(pool: &PgPool, legal_now: Timestamp) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM timer
           WHERE (legal AND due_at <= $1::text::timestamptz) OR (NOT legal AND due_at <= now())"#,
        legal_now.to_string()
    );
    Ok(count.fetch_one(pool).await?)
}

/// Takes timers that are still there and still due; the files are locked already. What is returned is gone
/// when the transaction commits.
///
/// # Errors
/// The database's.
pub async fn take(
    tx: &mut PgTransaction<'_>,
    timers: &[Due],
    legal: bool,
    now: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    let files: Vec<Uuid> = timers.iter().map(|t| t.file.0).collect();
    let keys: Vec<String> = timers.iter().map(|t| t.key.clone()).collect();
    let rows = sqlx::query!(
        "DELETE FROM timer t USING UNNEST($1::uuid[], $2::text[]) AS k (file_id, key)
         WHERE t.file_id = k.file_id AND t.key = k.key AND t.legal = $3 AND t.due_at <= $4::text::timestamptz
         RETURNING t.file_id, t.key",
        &files,
        &keys,
        legal,
        now.to_string()
    )
    .fetch_all(&mut **tx)
    .await?;
    let taken: std::collections::HashSet<(Uuid, String)> =
        rows.into_iter().map(|r| (r.file_id, r.key)).collect();
    Ok(timers.iter().filter(|t| taken.contains(&(t.file.0, t.key.clone()))).cloned().collect())
}

/// Writes the changes of all files of a unit.
///
/// # Errors
/// The database's.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    changes: &[(FileId, &TimerChanges)],
) -> Result<(), StoreError> {
    let (mut all, mut legal) = (Vec::new(), Vec::new());
    let (mut gone_files, mut gone_keys) = (Vec::new(), Vec::new());
    let (mut files, mut keys, mut legals, mut times) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (file, change) in changes {
        if change.clear_all {
            all.push(file.0);
        } else if change.clear_legal {
            legal.push(file.0);
        }
        for (key, at) in &change.keys {
            match at {
                None => {
                    gone_files.push(file.0);
                    gone_keys.push(key.clone());
                }
                Some((is_legal, at)) => {
                    files.push(file.0);
                    keys.push(key.clone());
                    legals.push(*is_legal);
                    times.push(at.to_string());
                }
            }
        }
    }
    if !all.is_empty() || !legal.is_empty() {
        sqlx::query!(
            "DELETE FROM timer WHERE file_id = ANY($1) OR (legal AND file_id = ANY($2))",
            &all,
            &legal
        )
        .execute(&mut **tx)
        .await?;
    }
    if !gone_files.is_empty() {
        sqlx::query!(
            "DELETE FROM timer t USING UNNEST($1::uuid[], $2::text[]) AS k (file_id, key)
             WHERE t.file_id = k.file_id AND t.key = k.key",
            &gone_files,
            &gone_keys
        )
        .execute(&mut **tx)
        .await?;
    }
    if !files.is_empty() {
        sqlx::query!(
            "INSERT INTO timer (file_id, key, legal, due_at)
             SELECT f, k, l, t::timestamptz FROM UNNEST($1::uuid[], $2::text[], $3::bool[], $4::text[]) AS n (f, k, l, t)
             ON CONFLICT (file_id, key) DO UPDATE SET legal = excluded.legal, due_at = excluded.due_at",
            &files,
            &keys,
            &legals,
            &times
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
