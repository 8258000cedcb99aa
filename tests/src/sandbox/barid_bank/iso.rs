//! The order: request to pay (pain.013) and what became of it (pain.014).

use std::io;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::action::Action;
use super::super::agency::Agency;
use super::super::clock;
use super::super::draw::{Behaviour, Draw};
use super::super::filing::refusal_code;
use super::super::xml::{self, Element};
use super::super::xsd::{Schema, faults};
use super::order::{Order, State as At, Step, centimes, dirhams};
use super::report::{self, Status};
use super::{Bank, Shared};

/// A refusal of the disk under the ledger: nothing was done.
pub(super) fn not_noted(fault: &io::Error) -> Response {
    tracing::error!(%fault, "the ledger took no entry");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response()
}

/// HTTP Basic (RFC 7617) with the API user.
pub(super) fn caller(bank: &Bank, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let agreed = &bank.office.secrets.barid_bank;
    let expected = BASE64_STANDARD.encode(format!("{}:{}", agreed.user, agreed.password));
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Basic ") == Some(&expected) {
        return Ok(());
    }
    bank.violation("", &["wrong or absent API credentials".to_owned()]);
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"iso\"")];
    Err(Box::new((StatusCode::UNAUTHORIZED, challenge).into_response()))
}

/// Reads a message and checks it; what does not fit is answered with admi.002.
pub(super) fn read(
    bank: &Bank,
    schema: &Schema,
    headers: &HeaderMap,
    body: &[u8],
    between: impl Fn(&Element) -> Vec<String>,
) -> Result<Element, Box<Response>> {
    caller(bank, headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/xml") {
        bank.violation("", &["Content-Type is not application/xml".to_owned()]);
        return Err(Box::new(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response()));
    }
    let (root, found) = match xml::parse(body) {
        Ok(root) => {
            let mut found = faults(schema, &root);
            if found.is_empty() {
                found = between(&root);
            }
            (root, found)
        }
        Err(fault) => (Element::default(), vec![fault]),
    };
    if found.is_empty() {
        return Ok(root);
    }
    bank.violation("", &found);
    Err(Box::new(report::unreadable(&found[0])))
}

/// What the contract says between fields of a request to pay.
fn contradictions(bank: &Bank, root: &Element) -> Vec<String> {
    let request = root.child("CdtrPmtActvtnReq").cloned().unwrap_or_default();
    let at = |path: &[&str]| request.text_at(path).to_owned();
    let order = at(&["PmtInf", "CdtTrfTx", "PmtId", "EndToEndId"]);
    let message = at(&["GrpHdr", "MsgId"]);
    let attempt = message.strip_prefix(&format!("{order}-")).unwrap_or_default();
    let instruction = at(&["PmtInf", "CdtTrfTx", "PmtId", "InstrId"]);
    let amount = at(&["PmtInf", "CdtTrfTx", "Amt", "InstdAmt"]);
    let merchant = at(&["GrpHdr", "InitgPty", "Id", "OrgId", "Othr", "Id"]);
    let beneficiary = at(&["PmtInf", "CdtTrfTx", "Cdtr", "Id", "OrgId", "Othr", "Id"]);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    [
        (attempt.len() == 2 && digits(attempt), "GrpHdr/MsgId is not ORDER-<attempt>"),
        (at(&["PmtInf", "PmtInfId"]) == order, "PmtInf/PmtInfId is not ORDER"),
        (instruction == order, "PmtId/InstrId is not ORDER"),
        (at(&["GrpHdr", "CtrlSum"]) == amount, "GrpHdr/CtrlSum is not the amount"),
        (centimes(&amount) > Some(0), "Amt/InstdAmt is not above zero"),
        (at(&["GrpHdr", "CreDtTm"]).ends_with('Z'), "GrpHdr/CreDtTm is not in UTC"),
        (days_to_end(&request).is_none_or(|days| days > 0.0), "XpryDt lies before ReqdExctnDt"),
        (merchant == bank.office.secrets.barid_bank.merchant_number, "InitgPty is not the merchant"),
        (beneficiary.len() == 9 && digits(&beneficiary), "Cdtr is not a commune's code"),
    ]
    .into_iter()
    .filter(|(good, _)| !good)
    .map(|(_, reason)| reason.to_owned())
    .collect()
}

/// `POST iso/pain.013`.
pub(super) async fn request_to_pay(State(bank): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let between = |root: &Element| contradictions(&bank, root);
    let root = match read(&bank, &bank.request_to_pay, &headers, &body, between) {
        Ok(root) => root,
        Err(refusal) => return *refusal,
    };
    let request = root.child("CdtrPmtActvtnReq").cloned().unwrap_or_default();
    let message_id = request.text_at(&["GrpHdr", "MsgId"]).to_owned();
    let id = request.text_at(&["PmtInf", "CdtTrfTx", "PmtId", "EndToEndId"]).to_owned();
    if let Some(order) = bank.order(&id) {
        if let Err(fault) = bank.record(Action::Duplicate, &order, json!({"what": "order"})) {
            return not_noted(&fault);
        }
        let known = match &order.state {
            At::Rejected(code) => Status::rejected(code, "Bénéficiaire inconnu"),
            _ => Status::rejected("AM05", "Référence déjà reçue"),
        };
        return report::status(&bank, &order, &message_id, &known);
    }
    match create(&bank, &request, id, message_id.clone()) {
        Ok(order) => {
            let status = present(&order);
            report::status(&bank, &order, &message_id, &status)
        }
        Err(fault) => not_noted(&fault),
    }
}

/// Takes an order in, or rejects it, as drawn.
fn create(bank: &Bank, request: &Element, id: String, message_id: String) -> io::Result<Order> {
    let transfer = request.at(&["PmtInf", "CdtTrfTx"]).cloned().unwrap_or_default();
    let file = transfer.text_at(&["RmtInf", "Strd", "CdtrRefInf", "Ref"]).to_owned();
    let reference = uuid::Uuid::try_parse(&id).map_or_else(|_| id.clone(), |uuid| uuid.to_string());
    let amount = transfer.text_at(&["Amt", "InstdAmt"]);
    // Two fees of one file are two payers' decisions.
    let key = format!("{file}#{amount}");
    let draw = bank.office.draws.draw(Agency::BaridBank, &[&reference, &id, &file, &key]);
    let order = Order {
        id,
        reference,
        file: (!file.is_empty()).then_some(file),
        amount_centimes: centimes(transfer.text_at(&["Amt", "InstdAmt"])).unwrap_or(0),
        message_id,
        state: At::Open,
        draw,
        attempts: Vec::new(),
        refunds: Default::default(),
        next: None,
        ends_ms: days_to_end(request).map(|days| bank.office.schedule.due_ms(clock::now_ms(), days)),
    };
    let mut detail = detail(&order, &transfer);
    if draw.behaviour == Behaviour::Rejected {
        detail["code"] = json!(refusal_code(Agency::BaridBank));
        bank.record(Action::OrderRejected, &order, detail)?;
    } else {
        detail["checking"] = json!(draw.behaviour == Behaviour::Pending);
        detail["next"] = json!(bank.in_days(first_step(&draw), draw.delay_days));
        bank.record(Action::OrderCreated, &order, detail)?;
    }
    bank.order(&order.id).ok_or_else(|| io::Error::other("the ledger lost an order"))
}

fn detail(order: &Order, transfer: &Element) -> Value {
    json!({
        "amount_centimes": order.amount_centimes,
        "currency": "MAD",
        "beneficiary": transfer.text_at(&["Cdtr", "Id", "OrgId", "Othr", "Id"]),
        "message_id": order.message_id,
        "ends_ms": order.ends_ms,
        "draw": order.draw,
    })
}

fn first_step(draw: &Draw) -> Step {
    match draw.behaviour {
        Behaviour::Pending => Step::Check,
        Behaviour::RefusedThenPaid | Behaviour::Failed => Step::Pay { attempt: 1, code: "51".to_owned() },
        Behaviour::Counter | Behaviour::CounterPartial | Behaviour::CounterOver | Behaviour::CounterTwice => {
            Step::Counter { visit: 1 }
        }
        _ => Step::Pay { attempt: 1, code: "00".to_owned() },
    }
}

/// The bank knows no legal date: it counts from the day of the order through the last day.
fn days_to_end(request: &Element) -> Option<f64> {
    let date = |text: &str| text.get(..10)?.parse::<jiff::civil::Date>().ok();
    let last = date(request.text_at(&["PmtInf", "XpryDt", "Dt"]))?;
    let asked = date(request.text_at(&["PmtInf", "ReqdExctnDt", "Dt"]));
    let first = asked.or_else(|| date(request.text_at(&["GrpHdr", "CreDtTm"])))?;
    Some(f64::from((last - first).get_days()) + 1.0)
}

/// The status of an order now.
fn present(order: &Order) -> Status {
    match &order.state {
        At::Checking => Status::pending(),
        At::Open => Status::plain("ACCP"),
        At::Rejected(code) => Status::rejected(code, "Bénéficiaire inconnu"),
        At::Paid => Status::plain("ACSC"),
        At::Expired => Status::plain("CANC"),
    }
}

/// `GET iso/pain.014/{order}`.
pub(super) async fn status(
    State(bank): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = caller(&bank, &headers) {
        return *refusal;
    }
    match bank.order(&id) {
        Some(order) => {
            let message_id = order.message_id.clone();
            report::status(&bank, &order, &message_id, &present(&order))
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The header that shows the payer the hosted card page (RFC 8288).
pub(super) fn payment_link(bank: &Bank, order: &Order) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("<{}/barid-bank/pay/{}>; rel=\"payment\"", bank.http, order.id)).ok()
}

/// The amount as messages write it.
pub(super) fn amount(order: &Order) -> String {
    dirhams(order.amount_centimes)
}
