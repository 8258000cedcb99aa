//! States and read models from the events: what the events tell is written by the same statements as in the life of a
//! file, compared with what was stored, and taken back unless it is to be mended. Each batch locks its files as the
//! core does, so it may run beside it.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_core::file::FileState;
use wasl_core::file::evolve::evolve;
use wasl_schemas::id::FileId;

use super::files::{self, Told};
use super::unit::FileWork;
use super::{StoreError, models};

/// Files in one transaction.
const FILES_MAX: i64 = 100;

/// Something that is stored otherwise than the events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: Uuid,
    /// `event`, `file`, `consultation`, `fee`.
    pub table: &'static str,
    /// Which row or column; never a value of a person.
    pub what: String,
    /// What is stored; `…` where it may be personal.
    pub stored: String,
    /// What the events tell.
    pub told: String,
}

/// What came of one batch.
#[derive(Debug)]
pub struct Batch {
    /// The last file of it; `None` when there was none.
    pub last: Option<Uuid>,
    /// Files that were looked at.
    pub files: u64,
    /// What differs, or differed.
    pub differences: Vec<Difference>,
}

/// How many files there are.
///
/// # Errors
/// The database's.
pub async fn count(pool: &PgPool) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM file"#).fetch_one(pool).await?)
}

/// Compares the next files after `last`, or `one` alone, and mends them where `mend` says so.
///
/// # Errors
/// The database's.
pub async fn batch(
    pool: &PgPool,
    last: Option<Uuid>,
    one: Option<Uuid>,
    mend: bool,
) -> Result<Batch, StoreError> {
    let mut tx = pool.begin().await?;
    let after = last.unwrap_or_else(Uuid::nil);
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        r#"(SELECT id AS "id!" FROM file WHERE id > $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY id LIMIT $3)
           UNION (SELECT file_id FROM event WHERE sequence = 1 AND file_id > $1
                  AND ($2::uuid IS NULL OR file_id = $2) ORDER BY file_id LIMIT $3)
           ORDER BY 1 LIMIT $3"#,
        after,
        one,
        FILES_MAX
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!("SELECT id FROM file WHERE id = ANY($1) ORDER BY id FOR UPDATE", &ids)
        .fetch_all(&mut *tx)
        .await?;
    let mut differences = Vec::new();
    for id in &ids {
        differences.extend(file(&mut tx, *id, mend).await?);
    }
    if mend {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(Batch { last: ids.last().copied(), files: ids.len() as u64, differences })
}

async fn file(tx: &mut PgTransaction<'_>, id: Uuid, mend: bool) -> Result<Vec<Difference>, StoreError> {
    let broken = |told: String| Difference {
        file: id,
        table: "event",
        what: "history".to_owned(),
        stored: "cannot be told".to_owned(),
        told,
    };
    let history = match files::history(tx, FileId(id)).await {
        Ok(history) if history.is_empty() => return Ok(vec![broken("no event".to_owned())]),
        Ok(history) => history,
        Err(StoreError::Unreadable { why, .. }) => return Ok(vec![broken(why)]),
        Err(error) => return Err(error),
    };
    let before = rows(tx, id).await?;
    let stored = state(tx, id).await?;
    let work = FileWork::retold(&history);
    let Some(told) = work.state.clone() else { return Ok(vec![broken("no registration".to_owned())]) };
    write(tx, &told, &work).await?;
    let after = rows(tx, id).await?;
    let mut found = compare(id, &before, &after);
    found.extend(strangers(id, &before, &told));
    if stored.as_ref() != Some(&told) {
        found.push(Difference {
            file: id,
            table: "file",
            what: "state".to_owned(),
            stored: "…".to_owned(),
            told: "…".to_owned(),
        });
    }
    if mend && !found.is_empty() {
        anew(tx, id, &history).await?;
    }
    Ok(found)
}

async fn state(tx: &mut PgTransaction<'_>, id: Uuid) -> Result<Option<FileState>, StoreError> {
    let stored =
        sqlx::query_scalar!("SELECT state FROM file WHERE id = $1", id).fetch_optional(&mut **tx).await?;
    // A state that cannot be read is as good as none: the events tell another.
    Ok(stored.and_then(|state| serde_json::from_value(state).ok()))
}

async fn write(tx: &mut PgTransaction<'_>, state: &FileState, work: &FileWork) -> Result<(), StoreError> {
    let changed = [(state, work)];
    models::write_files(tx, &changed).await?;
    models::write_consultations(tx, &changed).await?;
    models::write_fees(tx, &changed).await
}

/// Writes the rows of a file as they came to be, step by step, so that times which only their step knew are right.
async fn anew(tx: &mut PgTransaction<'_>, id: Uuid, history: &[Told]) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM consultation WHERE file_id = $1", id).execute(&mut **tx).await?;
    sqlx::query!("DELETE FROM fee WHERE file_id = $1", id).execute(&mut **tx).await?;
    let mut work = FileWork::retold(&[]);
    let mut state = None;
    for (place, told) in history.iter().enumerate() {
        state = evolve(state, &told.event);
        work.tell(told);
        let same = |next: &Told| (&next.cause, next.legal_at) == (&told.cause, told.legal_at);
        if history.get(place + 1).is_some_and(same) {
            continue;
        }
        if let Some(state) = &state {
            write(tx, state, &work).await?;
        }
        work.touched.clear();
    }
    Ok(())
}

/// The rows of a file by table and id, without its state, which is compared as what it means.
type Rows = BTreeMap<(&'static str, String), Value>;

async fn rows(tx: &mut PgTransaction<'_>, id: Uuid) -> Result<Rows, StoreError> {
    let found = sqlx::query!(
        r#"SELECT 'file' AS "name!", id AS "id!", to_jsonb(f) - 'state' AS "row!" FROM file f WHERE id = $1
           UNION ALL SELECT 'consultation', id, to_jsonb(c) FROM consultation c WHERE file_id = $1
           UNION ALL SELECT 'fee', order_id, to_jsonb(e) FROM fee e WHERE file_id = $1"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let name = |name: &str| {
        ["file", "consultation", "fee"].into_iter().find(|known| *known == name).unwrap_or("file")
    };
    Ok(found.into_iter().map(|row| ((name(&row.name), row.id.to_string()), row.row)).collect())
}

fn compare(file: Uuid, before: &Rows, after: &Rows) -> Vec<Difference> {
    let mut found = Vec::new();
    for ((table, id), told) in after {
        let difference =
            |what: String, stored: String, told: String| Difference { file, table, what, stored, told };
        let Some(stored) = before.get(&(*table, id.clone())) else {
            found.push(difference(format!("row {id}"), "none".to_owned(), "one".to_owned()));
            continue;
        };
        for (column, told) in told.as_object().into_iter().flatten() {
            let stored = stored.get(column).unwrap_or(&Value::Null);
            if stored != told {
                let shown =
                    |value: &Value| if is_plain(column) { value.to_string() } else { "…".to_owned() };
                found.push(difference(format!("{column} of {id}"), shown(stored), shown(told)));
            }
        }
    }
    found
}

/// Columns whose values name nobody.
fn is_plain(column: &str) -> bool {
    ["status", "sequence", "due", "attempt", "failures", "waiting", "opinion", "overdue", "late", "decision"]
        .contains(&column)
        || column.ends_with("_at")
}

/// Rows of the file that no event tells of.
fn strangers(file: Uuid, before: &Rows, told: &FileState) -> Vec<Difference> {
    let known = |table: &str, id: &str| match table {
        "consultation" => told.consultations.keys().any(|known| known.to_string() == id),
        "fee" => told.fees.values().any(|fee| fee.order.to_string() == id),
        _ => true,
    };
    let strange = before.keys().filter(|(table, id)| !known(table, id));
    let difference = |(table, id): &(&'static str, String)| Difference {
        file,
        table,
        what: format!("row {id}"),
        stored: "one".to_owned(),
        told: "none".to_owned(),
    };
    strange.map(difference).collect()
}
