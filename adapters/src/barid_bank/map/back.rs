//! From the bank's answers to outcomes. Only what surely says so is a success.

use jiff::{Timestamp, fmt};
use wasl_schemas::agency::Outcome;
use wasl_schemas::money::Centimes;
use wasl_schemas::payment::{PaymentMeans, PaymentOrder, PaymentReceipt};

use super::super::wire;
use super::order_text;
use crate::zone;

/// What a status report says of our order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Status {
    /// `ACCP`, `RJCT` …, as it stands.
    pub(in super::super) code: String,
    /// Reason code of a rejection.
    pub(in super::super) reason_code: Option<String>,
    /// In the bank's words.
    pub(in super::super) reason: String,
    /// The bank's own number.
    pub(in super::super) bank_reference: Option<String>,
}

/// Reads an ISO answer leniently.
pub(in super::super) fn iso_answer(body: &[u8]) -> Result<wire::IsoAnswer, String> {
    xml(body)
}

/// Reads XML. A document type declaration is refused: no message of the bank has one.
pub(in super::super) fn xml<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|e| format!("not UTF-8: {e}"))?;
    if text.contains("<!DOCTYPE") {
        return Err("a document type declaration is not accepted".to_owned());
    }
    quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| e.to_string())
}

/// The status of the transaction with our reference: `TxSts`, else `PmtInfSts`, else `GrpSts`.
pub(in super::super) fn status(report: &wire::StatusReport, reference: &str) -> Option<Status> {
    let payments = &report.OrgnlPmtInfAndSts;
    let transaction = payments
        .iter()
        .flat_map(|payment| payment.TxInfAndSts.iter().map(move |transaction| (payment, transaction)))
        .find(|(_, transaction)| transaction.OrgnlEndToEndId.as_deref() == Some(reference));
    let payment = match transaction {
        Some((payment, _)) => Some(payment),
        // Without a line of its own the answer must be about our payment, or have no payment at all.
        None => payments.iter().find(|p| p.OrgnlPmtInfId.as_deref() == Some(reference)),
    };
    if payment.is_none() && !payments.is_empty() {
        return None;
    }
    let group = &report.OrgnlGrpInfAndSts;
    let ours = group.OrgnlMsgId.as_deref().is_some_and(|id| id.starts_with(reference));
    if payment.is_none() && !ours {
        return None;
    }
    let transaction = transaction.map(|(_, transaction)| transaction);
    let code = transaction
        .and_then(|t| filled(&t.TxSts))
        .or_else(|| payment.and_then(|p| filled(&p.PmtInfSts)))
        .or_else(|| filled(&group.GrpSts))?;
    let reasons: Vec<&wire::StatusReason> = transaction
        .map(|t| t.StsRsnInf.iter())
        .into_iter()
        .flatten()
        .chain(payment.map(|p| p.StsRsnInf.iter()).into_iter().flatten())
        .chain(&group.StsRsnInf)
        .collect();
    Some(Status {
        code,
        reason_code: reasons.iter().find_map(|reason| reason_code(reason)),
        reason: reasons
            .iter()
            .flat_map(|r| r.AddtlInf.iter())
            .map(|t| t.trim())
            .collect::<Vec<_>>()
            .join(" "),
        bank_reference: transaction
            .and_then(|t| filled(&t.AcctSvcrRef))
            .or_else(|| filled(&report.GrpHdr.MsgId)),
    })
}

/// An empty element says as little as a missing one.
fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn reason_code(reason: &wire::StatusReason) -> Option<String> {
    let scheme = reason.Rsn.as_ref()?;
    filled(&scheme.Cd).or_else(|| filled(&scheme.Prtry))
}

fn pending(unknown: impl Into<String>) -> Outcome {
    Outcome::Pending { unknown: Some(unknown.into()) }
}

/// The state of an order, where the card side need not be asked. `None`: paid, says the bank.
pub(in super::super) fn order(status: Status, pay_url: Option<String>) -> Option<Outcome> {
    Some(match status.code.as_str() {
        "ACCP" => match status.bank_reference {
            Some(bank_reference) => Outcome::Ordered { bank_reference, pay_url },
            None => pending("ACCP without a reference of the bank"),
        },
        "PDNG" => Outcome::Pending { unknown: None },
        "RJCT" => Outcome::Refused { code: rejection_code(&status), reason: status.reason },
        "CANC" => Outcome::PaymentFailed { code: status.code, reason: status.reason },
        "ACSC" => return None,
        other => pending(format!("pain.014 status {other}")),
    })
}

fn rejection_code(status: &Status) -> String {
    status.reason_code.clone().unwrap_or_else(|| "RJCT".to_owned())
}

/// The state of a refund.
pub(in super::super) fn refund(status: Status, asked: &PaymentOrder) -> Outcome {
    match (status.code.as_str(), status.bank_reference) {
        ("ACSC", Some(transaction)) => {
            Outcome::Refunded { amount_centimes: asked.amount_centimes, transaction }
        }
        ("ACCP" | "PDNG", _) => Outcome::Pending { unknown: None },
        ("RJCT", _) => {
            let code = status.reason_code.unwrap_or_else(|| "RJCT".to_owned());
            Outcome::Refused { code, reason: status.reason }
        }
        (other, _) => pending(format!("pain.002 status {other}")),
    }
}

/// The card side of an order that the bank calls paid (README §4).
pub(in super::super) fn card(state: &wire::OrderState, asked: &PaymentOrder) -> Outcome {
    // Paid, and no card was ever tried: the notification of the counter says by which transaction.
    if filled(&state.OrderId).is_none() && state.Response.as_deref() == Some("Declined") {
        return Outcome::Pending { unknown: None };
    }
    if state.OrderId.as_deref() != Some(order_text(asked.order).as_str()) {
        let said = state.ErrMsg.clone().unwrap_or_default();
        return pending(format!("the card side does not confirm the order: {said}"));
    }
    let captured = matches!(state.Extra.TRANS_STAT.as_deref(), Some("C" | "S"));
    if state.ProcReturnCode.as_deref() != Some("00") || !captured {
        return pending(format!("TRANS_STAT {}", state.Extra.TRANS_STAT.as_deref().unwrap_or("missing")));
    }
    let amount = state.Extra.CAPTURE_AMT.as_deref().and_then(|text| text.parse().ok()).map(Centimes);
    if amount != Some(asked.amount_centimes) {
        return pending("the captured amount is not the order's");
    }
    let Some(transaction) = filled(&state.TransId).or_else(|| filled(&state.Extra.TRANS_ID)) else {
        return pending("a capture without TransId");
    };
    let paid_at =
        state.Extra.CAPTURE_DTTM.as_deref().and_then(|text| bank_time("%Y-%m-%d %H:%M:%S%.f", text));
    let means = PaymentMeans::Card;
    Outcome::Paid {
        receipt: PaymentReceipt { transaction, amount_centimes: asked.amount_centimes, means, paid_at },
    }
}

/// A time without offset, in the bank's zone.
pub(in super::super) fn bank_time(format: &str, text: &str) -> Option<Timestamp> {
    zone::instant(fmt::strtime::parse(format, text.trim()).ok()?.to_datetime().ok()?)
}

/// `Link: <https://…>; rel="payment"` (RFC 8288): only an http(s) address, only this relation.
pub(in super::super) fn payment_link(header: &str) -> Option<String> {
    linked(header, "payment")
        .filter(|target| url::Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https")))
}

/// The target of the first link with a relation (RFC 8288).
pub(in super::super) fn linked(header: &str, relation: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_it = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let rels = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel") && rels.split_whitespace().any(|rel| rel == relation)
        });
        is_it.then(|| target.to_owned())
    })
}
