//! Bodies of the wire log: read one at a time, and never without writing down by whom.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::Scope;
use crate::store::StoreError;

/// What was said in one exchange, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyLine {
    /// The exchange.
    pub id: i64,
    /// Consultation or order.
    pub consultation_id: Uuid,
    /// What was said.
    pub what: String,
    /// SHA-256 of what was received, or sent when nothing came back: over the whole body.
    pub sha256: String,
    /// What was sent; absent when nothing was, or when it is not kept (any more).
    pub sent: Option<String>,
    /// `utf8` or `base64`.
    pub sent_form: Option<String>,
    /// There was more than is kept.
    pub sent_cut: Option<bool>,
    /// What was received, likewise.
    pub received: Option<String>,
    /// `utf8` or `base64`.
    pub received_form: Option<String>,
    /// There was more than is kept.
    pub received_cut: Option<bool>,
}

/// The bodies of one exchange of a file inside the scope; the reading is written down first, in the same
/// transaction.
///
/// # Errors
/// The database's.
pub async fn read(
    pool: &PgPool,
    scope: &Scope,
    file: Uuid,
    exchange: i64,
    reader: &str,
) -> Result<Option<BodyLine>, StoreError> {
    let mut tx = pool.begin().await?;
    let found = sqlx::query_as!(
        BodyLine,
        r#"SELECT e.id, e.consultation_id, e.what, e.sha256, b.sent AS "sent?", b.sent_form AS "sent_form?",
               b.sent_cut AS "sent_cut?", b.received AS "received?", b.received_form AS "received_form?",
               b.received_cut AS "received_cut?"
           FROM exchange e LEFT JOIN exchange_body b ON b.id = e.body_id
           WHERE e.id = $1 AND e.file_id = $2 AND ($3::text IS NULL OR e.agency = $3)
             AND ($4::text IS NULL OR EXISTS (SELECT FROM consultation c WHERE c.id = e.consultation_id
                                              AND c.agency_id = $4))"#,
        exchange,
        file,
        scope.agency.as_deref(),
        scope.agency_id.as_deref()
    )
    .fetch_optional(&mut *tx)
    .await?;
    if found.is_some() {
        sqlx::query!(
            "INSERT INTO exchange_reading (exchange_id, file_id, reader) VALUES ($1, $2, $3)",
            exchange,
            file,
            reader
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(found)
}
