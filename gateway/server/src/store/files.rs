//! Permit files and their events.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::types::Json;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_core::file::{Event, FileState};
use wasl_schemas::id::{ConsultationId, FileId};

use super::StoreError;
use super::read::Instant;
use super::states::States;
use super::unit::FileWork;

/// An event to append, serialised once.
#[derive(Debug)]
pub(super) struct NewEvent {
    pub(super) sequence: i64,
    pub(super) name: String,
    pub(super) cause: String,
    pub(super) data: Box<RawValue>,
    pub(super) hash: Vec<u8>,
    pub(super) legal_at: String,
}

/// The hash of an event: SHA-256 over the hash of the one before in its file and the event's bytes.
#[must_use]
pub(super) fn chain(before: &[u8], data: &str) -> Vec<u8> {
    Sha256::new().chain_update(before).chain_update(data.as_bytes()).finalize().to_vec()
}

/// The name of an event: its tag.
pub(super) fn event_name(event: &Event) -> String {
    let mut tag = Tag::default();
    // Ends with a fault where the name does: what follows it need not be written.
    let _ = write!(tag, "{event:?}");
    tag.0
}

/// Takes the name at the beginning of what is written, in the way of tags, and nothing after it.
#[derive(Default)]
struct Tag(String);

impl std::fmt::Write for Tag {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for letter in text.chars() {
            if !letter.is_ascii_alphanumeric() {
                return Err(std::fmt::Error);
            }
            if letter.is_ascii_uppercase() && !self.0.is_empty() {
                self.0.push('-');
            }
            self.0.push(letter.to_ascii_lowercase());
        }
        Ok(())
    }
}

/// Locks the files that exist, in the order of their ids (so that no two units wait for each other), and
/// loads them.
///
/// # Errors
/// The database's; [`StoreError::Unreadable`] for a state that this version cannot read.
pub(super) async fn lock(
    tx: &mut PgTransaction<'_>,
    ids: &[Uuid],
    states: &States,
) -> Result<BTreeMap<FileId, FileWork>, StoreError> {
    let mut kept = states.take(ids.iter().copied().map(FileId));
    let written: Vec<Option<i64>> = ids.iter().map(|id| kept.get(&FileId(*id)).map(|(by, _)| *by)).collect();
    let rows = sqlx::query!(
        r#"SELECT id, sequence, hash,
               CASE WHEN xmin::text::bigint = ($2::bigint[])[array_position($1, id)] THEN NULL
                    ELSE state END AS "state: Json<FileState>"
           FROM file WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"#,
        ids,
        &written as &[Option<i64>]
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = rows.iter().filter(|row| row.state.is_some()).count();
    states.count(rows.len() - read, read);
    let mut work = BTreeMap::new();
    for row in rows {
        let id = FileId(row.id);
        // What is not sent is what is kept: it is asked for only where something is.
        let state = row.state.map(|read| read.0).or_else(|| kept.remove(&id).map(|(_, state)| *state));
        let missing = || StoreError::Unreadable { what: "state", why: "neither sent nor kept".to_owned() };
        work.insert(id, FileWork::loaded(state.ok_or_else(missing)?, row.sequence, row.hash));
    }
    Ok(work)
}

/// Which file each consultation or order belongs to.
///
/// # Errors
/// The database's.
pub(super) async fn of_consultations(
    tx: &mut PgTransaction<'_>,
    ids: &[Uuid],
) -> Result<BTreeMap<ConsultationId, FileId>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", file_id AS "file_id!" FROM consultation WHERE id = ANY($1)
           UNION ALL SELECT order_id, file_id FROM fee WHERE order_id = ANY($1)"#,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (ConsultationId(r.id), FileId(r.file_id))).collect())
}

/// Appends the events of all files of a unit.
pub(super) async fn append(
    tx: &mut PgTransaction<'_>,
    events: &[(FileId, &NewEvent)],
) -> Result<(), StoreError> {
    let (mut files, mut sequences, mut names, mut causes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut data, mut hashes, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (file, event) in events {
        files.push(file.0);
        sequences.push(event.sequence);
        names.push(event.name.as_str());
        causes.push(event.cause.as_str());
        data.push(event.data.get());
        hashes.push(event.hash.as_slice());
        times.push(event.legal_at.as_str());
    }
    if files.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO event (file_id, sequence, name, cause, data, hash, legal_at)
         SELECT f, s, n, c, d::json, h, t::timestamptz
         FROM UNNEST($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[])
              WITH ORDINALITY AS e (f, s, n, c, d, h, t, place) ORDER BY place",
        &files,
        &sequences,
        &names as &[&str],
        &causes as &[&str],
        &data as &[&str],
        &hashes as &[&[u8]],
        &times as &[&str]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The state of a file as it is stored.
///
/// # Errors
/// The database's; a state that this version cannot read.
pub async fn stored(pool: &PgPool, file: FileId) -> Result<Option<FileState>, StoreError> {
    let row = sqlx::query!(r#"SELECT state AS "state: Json<FileState>" FROM file WHERE id = $1"#, file.0);
    Ok(row.fetch_optional(pool).await?.map(|r| r.state.0))
}

/// The state as the events tell it, with the chain of hashes checked on the way, and how many they are.
///
/// # Errors
/// The database's; [`StoreError::Unreadable`] for an event that this version cannot read or a broken chain.
pub async fn replay(pool: &PgPool, file: FileId) -> Result<(Option<FileState>, usize), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT data::text AS "data!", hash FROM event WHERE file_id = $1 ORDER BY sequence"#,
        file.0
    )
    .fetch_all(pool)
    .await?;
    let unreadable = |why: String| StoreError::Unreadable { what: "event", why };
    let (mut state, mut hash, count) = (None, Vec::new(), rows.len());
    for row in rows {
        hash = chain(&hash, &row.data);
        if hash != row.hash {
            return Err(unreadable(format!("the chain of hashes of file {file} is broken")));
        }
        let event: Event = serde_json::from_str(&row.data).map_err(|e| unreadable(e.to_string()))?;
        state = wasl_core::file::evolve::evolve(state, &event);
    }
    Ok((state, count))
}

/// An event with where it stands.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its number in the file.
    pub sequence: i64,
    /// The message or timer that caused it.
    pub cause: String,
    /// Legal time.
    pub legal_at: Timestamp,
    /// The hash over it and the one before it.
    pub hash: Vec<u8>,
    /// What happened.
    pub event: Event,
}

/// All that happened to a file, oldest first, with the chain of hashes checked on the way.
///
/// # Errors
/// The database's; [`StoreError::Unreadable`] for an event that this version cannot read or a broken chain.
pub async fn history(tx: &mut PgTransaction<'_>, file: FileId) -> Result<Vec<Told>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT sequence, cause, legal_at AS "legal_at: Instant", data::text AS "data!", hash FROM event
           WHERE file_id = $1 ORDER BY sequence"#,
        file.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let unreadable = |why: String| StoreError::Unreadable { what: "event", why };
    let mut before = Vec::new();
    let told = rows.into_iter().map(|row| {
        before = chain(&before, &row.data);
        if before != row.hash {
            return Err(unreadable(format!("the chain of hashes is broken at event {}", row.sequence)));
        }
        let event = serde_json::from_str(&row.data).map_err(|e| unreadable(e.to_string()))?;
        Ok(Told { sequence: row.sequence, cause: row.cause, legal_at: row.legal_at.0, hash: row.hash, event })
    });
    told.collect()
}

/// Number of the last event of a file; 0 when there is none.
///
/// # Errors
/// The database's.
pub async fn last_sequence(pool: &PgPool, file: FileId) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT coalesce(max(sequence), 0) AS "last!" FROM event WHERE file_id = $1"#,
        file.0
    );
    Ok(last.fetch_one(pool).await?)
}

/// How many rights by silence wait for what may not have been read.
///
/// # Errors
/// The database's.
pub async fn held_count(pool: &PgPool) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM file WHERE held_since IS NOT NULL"#);
    Ok(count.fetch_one(pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_is_its_tag() -> Result<(), serde_json::Error> {
        let at = Timestamp::UNIX_EPOCH;
        let event = Event::RightAcquired { acquired_at: at, at, despite: None };
        let tag = serde_json::to_value(&event)?["event"].as_str().map(str::to_owned);
        assert_eq!(Some(event_name(&event)), tag);
        Ok(())
    }
}
