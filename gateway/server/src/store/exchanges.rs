//! The wire log: what was said with agencies, when, how long, what came of it, its hash. The bodies stand in a table of
//! their own.

use sqlx::PgTransaction;
use uuid::Uuid;
use wasl_schemas::agency::{Exchange, OutcomeMessage};
use wasl_schemas::id::FileId;
use wasl_schemas::line::{BodyForm, WireBody};

use super::StoreError;

/// Writes the exchanges of a unit.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    all: &[(FileId, OutcomeMessage)],
) -> Result<(), StoreError> {
    let mut bodies = Vec::new();
    let mut lines = Vec::new();
    for (file, message) in all {
        for e in &message.exchanges {
            let body_id = (e.sent.is_some() || e.received.is_some()).then(Uuid::now_v7);
            bodies.extend(body_id.map(|id| body(id, e)));
            lines.push(serde_json::json!({
                "consultation_id": message.consultation, "file_id": file, "agency": message.agency,
                "request": message.request, "attempt": message.attempt, "what": e.what, "at": e.at,
                "took_ms": e.took_ms, "sent_bytes": e.sent_bytes, "received_bytes": e.received_bytes,
                "status": e.status, "sha256": e.sha256, "body_id": body_id,
            }));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO exchange (consultation_id, file_id, agency, request, attempt, what, at, took_ms, sent_bytes,
             received_bytes, status, sha256, body_id)
         SELECT * FROM jsonb_to_recordset($1) AS r (consultation_id uuid, file_id uuid, agency text, request text,
             attempt int, what text, at timestamptz, took_ms bigint, sent_bytes bigint, received_bytes bigint,
             status text, sha256 text, body_id uuid)",
        serde_json::Value::Array(lines)
    )
    .execute(&mut **tx)
    .await?;
    write_bodies(tx, bodies).await
}

fn body(id: Uuid, exchange: &Exchange) -> serde_json::Value {
    let form = |body: &Option<WireBody>| {
        body.as_ref().map(|body| match body.form {
            BodyForm::Utf8 => "utf8",
            BodyForm::Base64 => "base64",
        })
    };
    let content = |body: &Option<WireBody>| body.as_ref().map(|body| body.content.clone());
    let cut = |body: &Option<WireBody>| body.as_ref().is_some_and(|body| body.cut);
    serde_json::json!({
        "id": id, "sent": content(&exchange.sent), "sent_form": form(&exchange.sent),
        "sent_cut": cut(&exchange.sent), "received": content(&exchange.received),
        "received_form": form(&exchange.received), "received_cut": cut(&exchange.received),
    })
}

async fn write_bodies(tx: &mut PgTransaction<'_>, bodies: Vec<serde_json::Value>) -> Result<(), StoreError> {
    if bodies.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO exchange_body (id, sent, sent_form, sent_cut, received, received_form, received_cut)
         SELECT * FROM jsonb_to_recordset($1) AS r (id uuid, sent text, sent_form text, sent_cut boolean,
             received text, received_form text, received_cut boolean)",
        serde_json::Value::Array(bodies)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
