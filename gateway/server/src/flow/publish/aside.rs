//! What can never be sent.

use serde_json::json;
use wasl_schemas::problem::{Code, Fault};

use super::super::Core;
use super::super::replay;
use crate::store::StoreError;
use crate::store::outbox::OutboxRow;
use crate::store::parked::{NewParked, parked_id};

/// A message that can never be sent is set aside for an operator, so that its neighbours go on.
pub(super) async fn set(core: &Core, row: &OutboxRow, reason: &str) -> Result<(), StoreError> {
    tracing::error!(outbox = row.id, reason, "a message cannot be sent and is set aside");
    let mut unit = core.begin().await?;
    unit.park(NewParked {
        id: replay::parked_before(row.headers.as_ref())
            .or_else(|| Some(parked_id("outbox", Some(&row.message_id), &row.body))),
        queue: "outbox".to_owned(),
        code: Code::ParkedUndeliverable.as_str().to_owned(),
        faults: serde_json::to_value([Fault::new(Code::ParkedUndeliverable, "")]).unwrap_or_default(),
        raw: row.body.clone(),
        headers: json!({ "exchange": row.exchange, "reason": reason }),
        content_type: Some(row.content_type.clone()),
        routing_key: Some(row.routing_key.clone()),
        user_id: None,
        message_id: Some(row.message_id.clone()),
        file: None,
        consultation: None,
        about: None,
    });
    unit.commit().await.map(|_| ())
}
