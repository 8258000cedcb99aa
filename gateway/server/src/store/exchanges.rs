//! The journal of what was said on agencies' wires: hash, size, when, outcome. Bodies stay out.

use sqlx::PgTransaction;
use wasl_schemas::agency::OutcomeMessage;
use wasl_schemas::id::FileId;

use super::StoreError;

/// Writes the exchanges of a unit.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    all: &[(FileId, OutcomeMessage)],
) -> Result<(), StoreError> {
    let lines: Vec<serde_json::Value> = all
        .iter()
        .flat_map(|(file, message)| {
            message.exchanges.iter().map(move |e| {
                serde_json::json!({
                    "consultation_id": message.consultation, "file_id": file, "agency": message.agency,
                    "request": message.request, "attempt": message.attempt, "what": e.what, "at": e.at,
                    "took_ms": e.took_ms, "sent_bytes": e.sent_bytes, "received_bytes": e.received_bytes,
                    "status": e.status, "sha256": e.sha256,
                })
            })
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO exchange (consultation_id, file_id, agency, request, attempt, what, at, took_ms, sent_bytes,
             received_bytes, status, sha256)
         SELECT * FROM jsonb_to_recordset($1) AS r (consultation_id uuid, file_id uuid, agency text, request text,
             attempt int, what text, at timestamptz, took_ms bigint, sent_bytes bigint, received_bytes bigint,
             status text, sha256 text)",
        serde_json::Value::Array(lines)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
