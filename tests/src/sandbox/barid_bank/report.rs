//! What the bank writes: pain.014, pain.002 and admi.002.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::clock;
use super::super::secrets::random_text;
use super::super::xml::{optional_tag, tag};
use super::Bank;
use super::iso::payment_link;
use super::order::Order;

const XML: &str = "application/xml; charset=utf-8";

/// A transaction status with its reason.
pub(super) struct Status {
    pub(super) name: &'static str,
    code: String,
    text: String,
}

impl Status {
    pub(super) fn plain(name: &'static str) -> Self {
        Self { name, code: String::new(), text: String::new() }
    }

    pub(super) fn pending() -> Self {
        Self { text: "En cours de contrôle".to_owned(), ..Self::plain("PDNG") }
    }

    pub(super) fn rejected(code: &str, text: &str) -> Self {
        Self { name: "RJCT", code: code.to_owned(), text: text.to_owned() }
    }

    fn reason(&self) -> String {
        if self.code.is_empty() && self.text.is_empty() {
            return String::new();
        }
        let code = if self.code.is_empty() {
            String::new()
        } else {
            format!("<Rsn>{}</Rsn>", tag("Cd", &self.code))
        };
        format!("<StsRsnInf>{code}{}</StsRsnInf>", optional_tag("AddtlInf", &self.text))
    }
}

fn document(namespace: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document \
         xmlns=\"urn:iso:std:iso:20022:tech:xsd:{namespace}\">{inner}</Document>"
    )
}

fn group_header() -> String {
    format!(
        "<GrpHdr>{}{}<InitgPty><Nm>Al Barid Bank</Nm></InitgPty></GrpHdr>",
        tag("MsgId", &format!("ABB-{}", random_text(16))),
        tag("CreDtTm", &clock::now_text()),
    )
}

/// The reference to pay at a counter or cash machine.
pub(super) fn counter_reference(order: &Order) -> String {
    number(&order.id)
}

/// Ten digits made of an id: the bank's own number for it.
fn number(id: &str) -> String {
    let number = id.bytes().fold(88_u64, |number, byte| (number * 31 + u64::from(byte)) % 10_000_000_000);
    format!("{number:010}")
}

/// A pain.014 about an order.
pub(super) fn status(bank: &Bank, order: &Order, message_id: &str, status: &Status) -> Response {
    let accepted = matches!(status.name, "ACCP" | "ACSC");
    let counter = if accepted { tag("AcctSvcrRef", &counter_reference(order)) } else { String::new() };
    let body = document(
        "pain.014.001.11",
        &format!(
            "<CdtrPmtActvtnReqStsRpt>{}<OrgnlGrpInfAndSts>{}<OrgnlMsgNmId>pain.013.001.11</OrgnlMsgNmId>\
             </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{}<TxInfAndSts>{}{}{}{}{counter}</TxInfAndSts>\
             </OrgnlPmtInfAndSts></CdtrPmtActvtnReqStsRpt>",
            group_header(),
            tag("OrgnlMsgId", message_id),
            tag("OrgnlPmtInfId", &order.id),
            tag("OrgnlInstrId", &order.id),
            tag("OrgnlEndToEndId", &order.id),
            tag("TxSts", status.name),
            status.reason(),
        ),
    );
    let mut answer = (StatusCode::OK, [(header::CONTENT_TYPE, XML)], body).into_response();
    if let Some(link) = payment_link(bank, order).filter(|_| status.name != "RJCT") {
        answer.headers_mut().insert(header::LINK, link);
    }
    answer
}

/// A pain.002 about a refund.
pub(super) fn refund(order_id: &str, message_id: &str, status: &Status) -> Response {
    let body = document(
        "pain.002.001.12",
        &format!(
            "<CstmrPmtStsRpt><GrpHdr>{}{}</GrpHdr><OrgnlGrpInfAndSts>{}<OrgnlMsgNmId>pain.007.001.12\
             </OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{}<TxInfAndSts>{}{}{}{}</TxInfAndSts>\
             </OrgnlPmtInfAndSts></CstmrPmtStsRpt>",
            tag("MsgId", &format!("ABB-{}", random_text(16))),
            tag("CreDtTm", &clock::now_text()),
            tag("OrgnlMsgId", message_id),
            tag("OrgnlPmtInfId", order_id),
            tag("OrgnlEndToEndId", order_id),
            tag("TxSts", status.name),
            status.reason(),
            if status.name == "ACSC" { tag("AcctSvcrRef", &number(message_id)) } else { String::new() },
        ),
    );
    (StatusCode::OK, [(header::CONTENT_TYPE, XML)], body).into_response()
}

/// An admi.002: the message could not be read.
pub(super) fn unreadable(fault: &str) -> Response {
    let body = document(
        "admi.002.001.01",
        &format!(
            "<admi.002.001.01><RltdRef><Ref>NOTPROVIDED</Ref></RltdRef><Rsn><RjctgPtyRsn>FF01</RjctgPtyRsn>{}{}\
             </Rsn></admi.002.001.01>",
            tag("RjctnDtTm", &clock::now_text()),
            tag("RsnDesc", fault),
        ),
    );
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, XML)], body).into_response()
}
