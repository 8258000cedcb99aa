//! Refunds: pain.007 in, pain.002 out.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::action::Action;
use super::super::locked;
use super::Shared;
use super::iso::{caller, not_noted, read};
use super::order::{State as At, centimes};
use super::report::{self, Status};

/// `POST iso/pain.007`.
pub(super) async fn reverse(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let root = match read(&bank, &bank.reversal, &headers, &body, |_| Vec::new()) {
        Ok(root) => root,
        Err(refusal) => return *refusal,
    };
    let message_id = root.text_at(&["CstmrPmtRvsl", "GrpHdr", "MsgId"]).to_owned();
    let reversal = root.at(&["CstmrPmtRvsl", "OrgnlPmtInfAndRvsl"]).cloned().unwrap_or_default();
    let id = reversal.text_at(&["TxInf", "OrgnlEndToEndId"]).to_owned();
    let reversal_id = reversal.text_at(&["TxInf", "RvslId"]).to_owned();
    let amount = centimes(reversal.text_at(&["TxInf", "RvsdInstdAmt"])).unwrap_or(0);
    let Some(order) = bank.order(&id).filter(|order| order.state == At::Paid) else {
        bank.violation(&id, &["a refund of an order that was not paid".to_owned()]);
        return report::refund(&id, &message_id, &Status::rejected("AG01", "Ordre non payé"));
    };
    if order.refunds.contains(&reversal_id) {
        if let Err(fault) = bank.record(Action::Duplicate, &order, json!({"what": "refund"})) {
            return not_noted(&fault);
        }
        return report::refund(&id, &message_id, &Status::rejected("AM05", "Remboursement déjà reçu"));
    }
    if amount > order.amount_centimes {
        bank.violation(&order.reference, &["a refund above what was paid".to_owned()]);
        return report::refund(&id, &message_id, &Status::rejected("AM12", "Montant trop élevé"));
    }
    let detail = json!({"reversal": reversal_id, "amount_centimes": amount});
    match bank.record(Action::PaymentRefunded, &order, detail) {
        Ok(()) => report::refund(&id, &message_id, &Status::plain("ACSC")),
        Err(fault) => not_noted(&fault),
    }
}

/// `GET iso/pain.002/{reversal}`.
pub(super) async fn status(
    State(bank): State<Shared>,
    Path(reversal_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = caller(&bank, &headers) {
        return *refusal;
    }
    let known = locked(&bank.orders)
        .all()
        .find(|order| order.refunds.contains(&reversal_id))
        .map(|order| order.id.clone());
    match known {
        Some(id) => report::refund(&id, &reversal_id, &Status::plain("ACSC")),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
