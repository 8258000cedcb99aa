//! Between the canonical order and the bank's messages: pure, both ways. `out` writes, `back` reads.

pub(super) mod back;
pub(super) mod out;

use uuid::Uuid;
use wasl_schemas::agency::{CollectedItem, Outcome};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::payment::PaymentOrder;

use super::camt::{self, CamtError, Reading};
use super::{feed, wire};
use crate::port::Untranslatable;
use crate::transport::hash_v3::parse_form;

/// What the bank's messages do not carry, declared.
pub(super) const DROPS: &[&str] = &[
    // The bank is asked for money, not for an opinion: of the file only its reference, payer and commune go.
    "/permit_file (but reference and applicant)",
    "/received_on",
    "/due",
    "/agency_id",
    "/supplement",
    // ISO 20022 has room for 35 characters of the reference, 140 of a name and of the label, Latin script
    // names only in most banks' systems: the French name goes.
    "/permit_file/reference (beyond 35 characters)",
    "/permit_file/applicant/name/ar",
    "/commune/name/ar",
];

/// Our reference at the bank: 32 hexadecimal digits, since `Max35Text` has no room for hyphens.
pub(super) fn order_text(order: ConsultationId) -> String {
    order.0.simple().to_string()
}

/// Reads our reference; only the form that we write is ours.
pub(super) fn order_of(text: &str) -> Option<ConsultationId> {
    let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { Uuid::try_parse(text).ok().map(ConsultationId) } else { None }
}

/// What the adapter makes of bytes of the bank without expecting anything: a status report, a callback, a statement or
/// notification.
/// A callback is only read here; whether it is authentic needs the store key and the order.
pub(super) fn understand(bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
    let unreadable = |reason: String| Untranslatable { code: "agency.answer-unreadable", reason };
    if bytes.trim_ascii_start().starts_with(b"<") {
        return match camt::read(bytes, &Reading::default()) {
            Ok(statements) => {
                Ok(statements.iter().flat_map(|statement| feed::items(statement).items).collect())
            }
            Err(CamtError::Message(_)) => understand_report(bytes).map_err(unreadable),
            Err(why) => Err(Untranslatable { code: camt::UNREADABLE, reason: why.to_string() }),
        };
    }
    let form = parse_form(bytes.trim_ascii()).map_err(|e| unreadable(e.to_owned()))?;
    let get = |name: &str| {
        let found = form.iter().find(|(key, _)| key == name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let consultation = get("oid").and_then(|oid| order_of(&oid));
    let consultation = consultation.ok_or_else(|| unreadable("oid: not an order of ours".to_owned()))?;
    let transaction = get("TransId").unwrap_or_default();
    let outcome = match get("ProcReturnCode") {
        Some(code) if code != "00" => Outcome::PaymentRefused { transaction: transaction.clone(), code },
        Some(_) => {
            Outcome::Pending { unknown: Some("approved, if its HASH and amount are right".to_owned()) }
        }
        None => Outcome::Pending { unknown: Some("no ProcReturnCode".to_owned()) },
    };
    Ok(vec![CollectedItem { event_id: transaction, consultation, outcome }])
}

/// Pure: what the answer to an order inquiry says of an order that the bank calls paid.
///
/// # Errors
/// Why it cannot be read, or that the inquiry failed: ask again.
pub fn card_outcome(bytes: &[u8], asked: &PaymentOrder) -> Result<Outcome, String> {
    let state: wire::OrderState = back::xml(bytes)?;
    if state.Response.as_deref() == Some("Error") {
        return Err("the order inquiry failed".to_owned());
    }
    Ok(back::card(&state, asked))
}

fn understand_report(bytes: &[u8]) -> Result<Vec<CollectedItem>, String> {
    let answer = back::iso_answer(bytes)?;
    let report = answer.CdtrPmtActvtnReqStsRpt.ok_or("neither pain.014 nor a card callback")?;
    let references = report.OrgnlPmtInfAndSts.iter().filter_map(|payment| payment.OrgnlPmtInfId.as_deref());
    let items = references.filter_map(|reference| {
        let status = back::status(&report, reference)?;
        let paid = || Outcome::Pending { unknown: Some("paid, if the card side confirms it".to_owned()) };
        let outcome = back::order(status, None).unwrap_or_else(paid);
        let event_id = report.GrpHdr.MsgId.clone().unwrap_or_default();
        Some(CollectedItem { event_id, consultation: order_of(reference)?, outcome })
    });
    Ok(items.collect())
}
