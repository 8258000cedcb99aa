//! What has been seen before: one effect per (source, id).

use std::collections::{BTreeMap, HashMap};

use sqlx::PgTransaction;

use super::StoreError;

/// A message's duplicate key and the hash of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who sent it.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// SHA-256 over the canonical `{type, subject, data}`.
    pub body_hash: [u8; 32],
}

/// How a message stands to what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never before.
    New,
    /// Before, with the same content: drop it.
    Duplicate,
    /// Before, with another content: a fault.
    Reused,
}

/// Records the keys and says of each, in order, how it stands. Within a batch the first one is the new one.
///
/// # Errors
/// The database's.
pub async fn record(tx: &mut PgTransaction<'_>, keys: &[Key]) -> Result<Vec<Seen>, StoreError> {
    // In the order of their keys: two transactions that record the same wait for each other, one after the other.
    let mut first: BTreeMap<(&str, &str), &Key> = BTreeMap::new();
    for key in keys {
        first.entry((&key.source, &key.id)).or_insert(key);
    }
    let (sources, ids, hashes) = columns(first.values().copied());
    let inserted = sqlx::query!(
        "INSERT INTO inbox (source, id, body_hash)
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::bytea[])
         ON CONFLICT DO NOTHING RETURNING source, id",
        &sources,
        &ids,
        &hashes
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut known: HashMap<(String, String), Vec<u8>> = HashMap::new();
    if inserted.len() < first.len() {
        let rows = sqlx::query!(
            "SELECT i.source, i.id, i.body_hash FROM inbox i
             JOIN UNNEST($1::text[], $2::text[]) AS k (source, id) ON i.source = k.source AND i.id = k.id",
            &sources,
            &ids
        )
        .fetch_all(&mut **tx)
        .await?;
        known.extend(rows.into_iter().map(|r| ((r.source, r.id), r.body_hash)));
    }
    let mut fresh: std::collections::HashSet<(String, String)> =
        inserted.into_iter().map(|r| (r.source, r.id)).collect();
    let stand = |key: &Key| {
        let name = (key.source.clone(), key.id.clone());
        if fresh.remove(&name) {
            return Seen::New;
        }
        let before = known.get(&name).map(Vec::as_slice);
        let before =
            before.or_else(|| first.get(&(key.source.as_str(), key.id.as_str())).map(|k| &k.body_hash[..]));
        if before == Some(&key.body_hash[..]) { Seen::Duplicate } else { Seen::Reused }
    };
    Ok(keys.iter().map(stand).collect())
}

/// Forgets keys: a refused message may be sent again with the same id once its cause is mended.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &mut PgTransaction<'_>, keys: &[Key]) -> Result<(), StoreError> {
    let (sources, ids, _) = columns(keys.iter());
    sqlx::query!(
        "DELETE FROM inbox i USING UNNEST($1::text[], $2::text[]) AS k (source, id)
         WHERE i.source = k.source AND i.id = k.id",
        &sources,
        &ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn columns<'a>(keys: impl Iterator<Item = &'a Key>) -> (Vec<String>, Vec<String>, Vec<Vec<u8>>) {
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        all.0.push(key.source.clone());
        all.1.push(key.id.clone());
        all.2.push(key.body_hash.to_vec());
    }
    all
}
