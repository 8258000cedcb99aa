//! Timers: rows that wake a file up. Legal ones are due by the legal clock, the others by the wall clock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_core::file::{TimerKind, When};
use wasl_schemas::id::FileId;

use super::StoreError;
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
}

/// Timers that are due, oldest first. Nothing is locked: each is looked at again under its file's lock.
///
/// # Errors
/// The database's.
pub async fn due(pool: &PgPool, legal: bool, now: Timestamp, most: i64) -> Result<Vec<Due>, StoreError> {
    let rows = sqlx::query!(
        "SELECT file_id, key FROM timer WHERE legal = $1 AND due_at <= $2::text::timestamptz ORDER BY due_at LIMIT $3",
        legal,
        now.to_string(),
        most
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|r| Due { file: FileId(r.file_id), key: r.key }).collect())
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
