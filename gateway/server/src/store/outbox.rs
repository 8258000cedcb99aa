//! The outbox: what must be said once the commit stands. Rows go when the broker has confirmed them.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use super::StoreError;

/// A message to write.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Messages of one lane (a file) to one destination go out one after another.
    pub lane: Uuid,
    /// Exchange.
    pub exchange: &'static str,
    /// Routing key.
    pub routing_key: String,
    /// Derived, so that a repeat is recognised.
    pub message_id: String,
    /// Media type.
    pub content_type: Cow<'static, str>,
    /// The body as it goes out.
    pub body: Vec<u8>,
    /// Headers as an object of texts, of what operators have sent again.
    pub headers: Option<Value>,
}

/// A row of the outbox.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Position: order of writing.
    pub id: i64,
    /// See [`NewMessage::lane`].
    pub lane: Uuid,
    /// Exchange.
    pub exchange: String,
    /// Routing key.
    pub routing_key: String,
    /// See [`NewMessage::message_id`].
    pub message_id: String,
    /// Media type.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
    /// See [`NewMessage::headers`].
    pub headers: Option<Value>,
}

/// Writes the messages of a unit and returns them as rows, in order.
///
/// # Errors
/// The database's.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    mut new: Vec<NewMessage>,
) -> Result<Vec<OutboxRow>, StoreError> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let bodies: Vec<Vec<u8>> = new.iter_mut().map(|m| std::mem::take(&mut m.body)).collect();
    let lanes: Vec<Uuid> = new.iter().map(|m| m.lane).collect();
    let exchanges: Vec<&str> = new.iter().map(|m| m.exchange).collect();
    let keys: Vec<&str> = new.iter().map(|m| m.routing_key.as_str()).collect();
    let ids: Vec<&str> = new.iter().map(|m| m.message_id.as_str()).collect();
    let types: Vec<&str> = new.iter().map(|m| m.content_type.as_ref()).collect();
    let headers: Vec<Option<&Value>> = new.iter().map(|m| m.headers.as_ref()).collect();
    // Identity values are given in the order of the SELECT, and RETURNING keeps it.
    let rows = sqlx::query_scalar!(
        "INSERT INTO outbox (lane, exchange, routing_key, message_id, content_type, body, headers)
         SELECT lane, exchange, routing_key, message_id, content_type, body, headers
         FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::jsonb[])
              WITH ORDINALITY AS n (lane, exchange, routing_key, message_id, content_type, body, headers, place)
         ORDER BY place RETURNING id",
        &lanes,
        &exchanges as &[&str],
        &keys as &[&str],
        &ids as &[&str],
        &types as &[&str],
        &bodies,
        &headers as &[Option<&Value>]
    )
    .fetch_all(&mut **tx)
    .await?;
    let row = |((id, m), body): ((i64, NewMessage), Vec<u8>)| OutboxRow {
        id,
        lane: m.lane,
        exchange: m.exchange.to_owned(),
        routing_key: m.routing_key,
        message_id: m.message_id,
        content_type: m.content_type.into_owned(),
        body: Bytes::from(body),
        headers: m.headers,
    };
    Ok(rows.into_iter().zip(new).zip(bodies).map(row).collect())
}

/// Rows after `after` in the order of writing, without the destinations that back off.
///
/// # Errors
/// The database's.
pub async fn read(
    pool: &PgPool,
    after: i64,
    without: &[String],
    most: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    let rows = sqlx::query_as!(
        OutboxRow,
        "SELECT id, lane, exchange, routing_key, message_id, content_type, body, headers FROM outbox
         WHERE id > $1 AND NOT (exchange || '/' || routing_key = ANY($2)) ORDER BY id LIMIT $3",
        after,
        without,
        most
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Forgets rows that the broker has confirmed. A lost deletion is only a repeat, recognised by its id, so
/// this one statement need not wait for the disk.
///
/// # Errors
/// The database's.
pub async fn delete(pool: &PgPool, ids: &[i64]) -> Result<(), StoreError> {
    // The setting holds for this transaction, which is this statement.
    sqlx::query!(
        "DELETE FROM outbox
         WHERE id = ANY($1) AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'",
        ids
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The newest row; 0 when there is none.
///
/// # Errors
/// The database's.
pub async fn newest(pool: &PgPool) -> Result<i64, StoreError> {
    let row =
        sqlx::query_scalar!(r#"SELECT COALESCE(max(id), 0) AS "id!" FROM outbox"#).fetch_one(pool).await?;
    Ok(row)
}

/// How many rows wait, and the age of the oldest in seconds.
///
/// # Errors
/// The database's.
pub async fn backlog(pool: &PgPool) -> Result<(i64, f64), StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "rows!", COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0)::float8 AS "age!" FROM outbox"#
    )
    .fetch_one(pool)
    .await?;
    Ok((row.rows, row.age))
}
