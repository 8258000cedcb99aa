//! Which documents a commune has put into the store.

use std::collections::HashSet;

use sqlx::PgTransaction;

use super::StoreError;

/// Of these (SHA-256, commune) pairs, those that are in the store.
///
/// # Errors
/// The database's.
pub async fn present(
    tx: &mut PgTransaction<'_>,
    pairs: &[(String, String)],
) -> Result<HashSet<(String, String)>, StoreError> {
    let (hashes, communes): (Vec<String>, Vec<String>) = pairs.iter().cloned().unzip();
    let rows = sqlx::query!(
        "SELECT d.sha256, d.commune FROM document d
         JOIN UNNEST($1::text[], $2::text[]) AS k (sha256, commune) ON d.sha256 = k.sha256 AND d.commune = k.commune",
        &hashes,
        &communes
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.sha256, r.commune)).collect())
}
