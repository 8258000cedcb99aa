//! The card side of an order: CC5 order inquiry.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::super::clock;
use super::super::xml::{self, tag};
use super::order::{Attempt, Order};
use super::{Bank, Shared, card};

/// `POST fim/api`: always 200.
pub(super) async fn answer(State(bank): State<Shared>, body: Bytes) -> Response {
    let inner = match asked(&bank, &body) {
        Ok(id) => match bank.order(&id).and_then(|order| Some((last(&order)?, order))) {
            Some((attempt, order)) => found(&order, &attempt),
            None => unknown(&id),
        },
        Err(reason) => {
            bank.violation("", &[reason.to_owned()]);
            format!("{}<ProcReturnCode>99</ProcReturnCode><Response>Error</Response>", tag("ErrMsg", reason))
        }
    };
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CC5Response>{inner}</CC5Response>");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], text).into_response()
}

fn asked(bank: &Bank, body: &[u8]) -> Result<String, &'static str> {
    let root = xml::parse(body).map_err(|_| "the inquiry is not readable")?;
    let agreed = &bank.office.secrets.barid_bank;
    let known = root.text_at(&["Name"]) == agreed.user
        && root.text_at(&["Password"]) == agreed.password
        && root.text_at(&["ClientId"]) == agreed.merchant_number;
    if root.name != "CC5Request" || root.text_at(&["Extra", "ORDERSTATUS"]) != "QUERY" {
        return Err("not an order inquiry");
    }
    if known { Ok(root.text_at(&["OrderId"]).to_owned()) } else { Err("wrong credentials in the inquiry") }
}

/// The last attempt; one whose callback is under way counts as authorised.
fn last(order: &Order) -> Option<Attempt> {
    if let Some(super::Next { step: super::Step::Pay { attempt, code }, due_ms }) = &order.next
        && *due_ms <= clock::now_ms()
    {
        let transaction = card::transaction(order, *attempt);
        return Some(Attempt { transaction, code: code.clone(), captured: false, at_ms: *due_ms });
    }
    order.attempts.last().cloned()
}

fn unknown(id: &str) -> String {
    format!(
        "{}<ProcReturnCode>99</ProcReturnCode><Response>Declined</Response><OrderId></OrderId><TransId></TransId>\
         <Extra><NUMCODE>0</NUMCODE></Extra>",
        tag("ErrMsg", &format!("No record found for {id}"))
    )
}

fn found(order: &Order, attempt: &Attempt) -> String {
    let approved = attempt.code == "00";
    let answered = order.attempts.contains(attempt);
    let state = match (attempt.captured, approved, answered) {
        (true, ..) => "C",
        (_, true, false) => "A",
        // Approved by the card, not confirmed by the gateway: undone.
        (_, true, true) => "V",
        _ => "D",
    };
    let captured = if attempt.captured { order.amount_centimes.to_string() } else { String::new() };
    let at = clock::text(attempt.at_ms).replace(['T', 'Z'], " ");
    let extra = [
        ("AUTH_DTTM", at.trim()),
        ("CAPTURE_AMT", &captured),
        ("CAPTURE_DTTM", if attempt.captured { at.trim() } else { "" }),
        ("CHARGE_TYPE_CD", "S"),
        ("ORD_ID", &order.id),
        ("ORIG_TRANS_AMT", &order.amount_centimes.to_string()),
        ("PROC_RET_CD", &attempt.code),
        ("TRANS_ID", &attempt.transaction),
        ("TRANS_STAT", state),
    ];
    let extra: String = extra.iter().map(|(name, value)| tag(name, value)).collect();
    format!(
        "{}<ProcReturnCode>00</ProcReturnCode><Response>Approved</Response>{}{}<Extra>{extra}</Extra>",
        tag("ErrMsg", &format!("Record(s) found for {}", order.id)),
        tag("OrderId", &order.id),
        tag("TransId", &attempt.transaction),
    )
}
