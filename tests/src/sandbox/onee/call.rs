//! The one operation: create, change, cancel and get a service request.

use std::io;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::json;

use super::super::action::Action;
use super::super::desk::closed;
use super::super::filing::{AtOnce, Filed, Filing, refusal_code};
use super::super::review::{Review, State as At};
use super::super::xml::{self, Element};
use super::super::xsd::faults;
use super::message::{Error, MESSAGE, Reply, SOAP_11, SOAP_12, Soap, Spoken};
use super::status::{MISSING, status};
use super::{Shared, secured, security};

const ACTION: &str = "urn:ma:wasl:onee:service-request:1#Request";

/// `POST /ServiceRequest`.
pub(super) async fn ask(State(onee): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&onee, &headers, &body).by(onee.signs_replies())
}

fn answer(onee: &Shared, headers: &HeaderMap, body: &[u8]) -> Spoken {
    let (soap, message) = match open(onee, headers, body) {
        Ok(opened) => opened,
        Err(refusal) => return *refusal,
    };
    let found = all_faults(onee, &message);
    let correlation = message.text_at(&["Header", "MessageID"]);
    if !found.is_empty() {
        onee.desk.violation(reference(&message), &found);
        let errors = found.iter().map(|fault| schema_error(fault)).collect();
        return soap.reply(&Reply {
            correlation,
            result: "FAILED",
            errors,
            number: None,
            status: String::new(),
        });
    }
    let answered = match message.text_at(&["Header", "Verb"]) {
        "create" => create(onee, &message),
        "change" => change(onee, &message),
        "cancel" => cancel(onee, &message),
        _ => Ok(get(onee, &message)),
    };
    match answered {
        Ok(answer) => soap.reply(&Reply {
            correlation,
            result: answer.result,
            errors: answer.errors,
            number: answer.review.as_ref().map(|review| review.number.as_str()),
            status: answer.review.as_ref().map(|review| status(&onee.desk, review)).unwrap_or_default(),
        }),
        Err(fault) => {
            tracing::error!(%fault, "the ledger took no entry");
            soap.receiver_fault("Base des demandes indisponible")
        }
    }
}

/// Reads envelope, content type and security; gives the message inside the body.
fn open(onee: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<(Soap, Element), Box<Spoken>> {
    let refuse = |soap: Soap, subcode, reason: &str| {
        onee.desk.violation("", &[reason.to_owned()]);
        Box::new(soap.sender_fault(subcode, reason))
    };
    let root = xml::parse(body).map_err(|fault| refuse(Soap::V12, None, &fault))?;
    let soap = match root.namespace.as_str() {
        SOAP_12 if root.name == "Envelope" => Soap::V12,
        SOAP_11 if root.name == "Envelope" => Soap::V11,
        _ => return Err(refuse(Soap::V12, None, "not a SOAP envelope")),
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE.as_str());
    let good = match soap {
        Soap::V12 => {
            kind.starts_with("application/soap+xml") && kind.contains(&format!("action=\"{ACTION}\""))
        }
        Soap::V11 => kind.starts_with("text/xml") && text("soapaction") == format!("\"{ACTION}\""),
    };
    if !good {
        return Err(refuse(soap, None, "Content-Type or action is not the contract's"));
    }
    let header = root.child("Header").cloned().unwrap_or_default();
    let agreed = &onee.desk.office.secrets.onee;
    security::check(&header, &agreed.gateway_username, &agreed.gateway_password, &onee.nonces)
        .map_err(|refusal| refuse(soap, Some(refusal.subcode), refusal.reason))?;
    if let Some(keys) = &onee.keys {
        secured::verify(body, &keys.gateway).map_err(|why| refuse(soap, Some(why.subcode), &why.reason))?;
    }
    let inside = root.child("Body").and_then(|body| body.children.first());
    match inside.filter(|message| message.is(MESSAGE, "RequestMessage")) {
        Some(message) => Ok((soap, message.clone())),
        None => Err(refuse(soap, None, "the body holds no RequestMessage")),
    }
}

fn request(message: &Element) -> Option<&Element> {
    message.at(&["Payload", "ServiceRequest"])
}

fn reference(message: &Element) -> &str {
    let asked = message.text_at(&["Request", "ID"]);
    if asked.is_empty() {
        message.text_at(&["Payload", "ServiceRequest", "consultationReference"])
    } else {
        asked
    }
}

/// Faults of the message, of its payload, and of what the verb wants.
fn all_faults(onee: &Shared, message: &Element) -> Vec<String> {
    let mut found = faults(&onee.message, message);
    let payload = message.child("Payload").and_then(|payload| payload.children.first());
    if let Some(payload) = payload {
        found.extend(faults(&onee.payload, payload));
        if payload.name != "ServiceRequest" {
            found.push("/Payload: only a ServiceRequest is taken here".to_owned());
        }
    }
    let verb = message.text_at(&["Header", "Verb"]);
    let (with_payload, with_id) = match verb {
        "create" | "change" => (true, false),
        "cancel" | "get" => (false, true),
        _ => (payload.is_some(), message.child("Request").is_some()),
    };
    let mut demand = |holds: bool, fault: &str| {
        if !holds {
            found.push(fault.to_owned());
        }
    };
    demand(matches!(verb, "create" | "change" | "cancel" | "get"), "/Header/Verb: not a verb that asks");
    demand(message.text_at(&["Header", "Source"]) == "wasl", "/Header/Source: not the gateway");
    demand(payload.is_some() == with_payload, "/Payload: missing, or not wanted by the verb");
    demand(message.child("Request").is_some() == with_id, "/Request: missing, or not wanted by the verb");
    let id = message.at(&["Request", "ID"]).and_then(|id| id.attribute("idType"));
    demand(id.is_none_or(|kind| kind == "consultationReference"), "/Request/ID: of another idType");
    let acknowledged = message.text_at(&["Header", "AckRequired"]) == "true";
    demand(acknowledged == (verb != "get"), "/Header/AckRequired: true with all verbs but get");
    if let Some(request) = request(message) {
        for site in request.all("site") {
            let both = site.child("longitude").is_some() == site.child("latitude").is_some();
            demand(both, "/ServiceRequest/site: longitude and latitude go together");
        }
        let first = request.text_at(&["supplement"]) == "0";
        demand(first == (verb == "create"), "/ServiceRequest/supplement: 0 in a create, above in a change");
    }
    found
}

fn schema_error(fault: &str) -> Error {
    let (path, reason) = fault.split_once(": ").unwrap_or(("", fault));
    error("OE-SCHEMA", "FATAL", reason, path)
}

fn error(code: &'static str, level: &'static str, reason: &str, details: &str) -> Error {
    Error { code, level, reason: reason.to_owned(), details: details.to_owned() }
}

/// What a reply says: its result, its errors, and the request whose status it carries.
struct Answer {
    result: &'static str,
    errors: Vec<Error>,
    review: Option<Review>,
}

impl Answer {
    /// Taken: OK, or PARTIAL when the request waits for something.
    fn taken(review: Review) -> Self {
        let incomplete = review.state == At::Incomplete;
        let missing = error("OE-INCOMPLETE", "WARNING", "Dossier incomplet", MISSING.0);
        Self {
            result: if incomplete { "PARTIAL" } else { "OK" },
            errors: if incomplete { vec![missing] } else { Vec::new() },
            review: Some(review),
        }
    }

    fn failed(error: Error) -> Self {
        Self { result: "FAILED", errors: vec![error], review: None }
    }

    fn unknown(reference: &str) -> Self {
        Self::failed(error("OE-UNKNOWN", "INFORM", "Référence inconnue", reference))
    }

    fn closed(reference: &str) -> Self {
        Self::failed(error("OE-CLOSED", "FATAL", "Avis déjà rendu ou demande annulée", reference))
    }
}

fn create(onee: &Shared, message: &Element) -> io::Result<Answer> {
    let Some(request) = request(message) else { return Ok(Answer::unknown("")) };
    let reference = request.text_at(&["consultationReference"]);
    let project = request.child("project");
    let networks: Vec<_> = project
        .into_iter()
        .flat_map(|project| project.all("network"))
        .map(|network| network.text.trim())
        .collect();
    let filed = onee.desk.file(&Filing {
        reference,
        file: request.text_at(&["permitReference"]),
        deposit: request.text_at(&["depositVersion"]).parse().unwrap_or(1),
        kept: json!({"commune": request.text_at(&["communeCode"]), "networks": networks}),
        at_once: AtOnce::RefusalAndMissingIfDrawn,
    })?;
    Ok(match filed {
        Filed::New(review) => Answer::taken(review),
        Filed::Before(review) => Answer {
            result: "FAILED",
            errors: vec![error("OE-DUPLICATE", "INFORM", "Demande déjà enregistrée", reference)],
            review: Some(review),
        },
        Filed::Refused => {
            let code = refusal_code(onee.desk.agency);
            let reason = "Commune desservie par un autre distributeur";
            Answer::failed(error(code, "FATAL", reason, request.text_at(&["communeCode"])))
        }
    })
}

fn change(onee: &Shared, message: &Element) -> io::Result<Answer> {
    let reference = reference(message);
    let (Some(request), Some(review)) = (request(message), onee.desk.review(reference)) else {
        return Ok(Answer::unknown(reference));
    };
    let deposit: u64 = request.text_at(&["depositVersion"]).parse().unwrap_or(1);
    let mark = format!("V{deposit}-{}", request.text_at(&["supplement"]));
    if review.supplements.contains(&mark) {
        let detail = json!({"what": "supplement", "supplement": mark});
        onee.desk.record(Action::Duplicate, reference, review.file.as_deref(), detail)?;
        return Ok(Answer { result: "OK", errors: Vec::new(), review: Some(review) });
    }
    if closed(&review) {
        return Ok(Answer::closed(reference));
    }
    let taken = onee.desk.supplement(reference, &mark, deposit)?;
    Ok(Answer::taken(taken.unwrap_or(review)))
}

fn cancel(onee: &Shared, message: &Element) -> io::Result<Answer> {
    let reference = reference(message);
    let Some(review) = onee.desk.review(reference) else { return Ok(Answer::unknown(reference)) };
    if closed(&review) {
        return Ok(Answer::closed(reference));
    }
    Ok(Answer::taken(onee.desk.cancel(reference)?.unwrap_or(review)))
}

fn get(onee: &Shared, message: &Element) -> Answer {
    let reference = reference(message);
    match onee.desk.review(reference) {
        Some(review) => Answer { result: "OK", errors: Vec::new(), review: Some(review) },
        None => Answer::unknown(reference),
    }
}
