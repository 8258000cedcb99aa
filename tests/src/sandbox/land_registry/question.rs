//! Reads and checks a question: transport, identity headers, body.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha512};

use super::super::office::Office;
use super::super::xml::{self, Element};
use super::super::xsd::{Schema, faults};
use super::identity::{self, Identity};
use super::reply;

const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ACTION: &str = "\"urn:ma:wasl:land-registry:title-state:1#TitleState\"";

/// A question that may be answered.
pub(super) struct Question {
    pub(super) identity: Identity,
    /// Base64 of the SHA-512 of the very bytes of the request.
    pub(super) request_hash: String,
    pub(super) reference: String,
    pub(super) deposit: u64,
    pub(super) file: String,
    pub(super) parcels: Vec<Parcel>,
}

/// One parcel that is asked about.
pub(super) struct Parcel {
    pub(super) seq: String,
    pub(super) land: Land,
    /// Area that the file declares, in hundredths of a square metre.
    pub(super) declared: Option<u64>,
}

/// What the file says of the land.
pub(super) enum Land {
    Title(String),
    Requisition(String),
    Untitled,
}

/// A question that breaks the contract.
pub(super) struct Refused {
    pub(super) reference: String,
    pub(super) reasons: Vec<String>,
    pub(super) answer: Box<Response>,
}

/// Reads a question, or says why it is refused.
pub(super) fn read(
    office: &Office,
    schema: &Schema,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Question, Refused> {
    let refuse = |reference: &str, reasons: Vec<String>| Refused {
        reference: reference.to_owned(),
        answer: Box::new(reply::client_fault(&reasons.join("; "))),
        reasons,
    };
    let root = xml::parse(body).map_err(|fault| refuse("", vec![fault]))?;
    let asked = root.at(&["Body", "TitleState"]).cloned().unwrap_or_default();
    let reference = asked.text_at(&["consultationReference"]);
    let identity = identity::read(&root.child("Header").cloned().unwrap_or_default());
    let mut reasons = transport(headers);
    if !root.is(SOAP_11, "Envelope") {
        reasons.push("not a SOAP 1.1 envelope".to_owned());
    }
    reasons.extend(identities(office, &identity, reference));
    reasons.extend(faults(schema, &asked));
    let numbered = asked
        .all("parcel")
        .enumerate()
        .all(|(index, parcel)| parcel.attribute("seq") == Some(&(index + 1).to_string()));
    if !numbered {
        reasons.push("/TitleState/parcel: seq must run 1, 2, …".to_owned());
    }
    if !reasons.is_empty() {
        return Err(refuse(reference, reasons));
    }
    Ok(Question {
        identity,
        request_hash: BASE64_STANDARD.encode(Sha512::digest(body)),
        reference: reference.to_owned(),
        deposit: asked.text_at(&["depositVersion"]).parse().unwrap_or(1),
        file: asked.text_at(&["permitReference"]).to_owned(),
        parcels: asked.all("parcel").map(parcel).collect(),
    })
}

fn transport(headers: &HeaderMap) -> Vec<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut reasons = Vec::new();
    if !text(header::CONTENT_TYPE.as_str()).starts_with("text/xml") {
        reasons.push("Content-Type is not text/xml".to_owned());
    }
    if text("soapaction") != ACTION {
        reasons.push("SOAPAction is not the contract's".to_owned());
    }
    reasons
}

fn identities(office: &Office, identity: &Identity, reference: &str) -> Vec<String> {
    let agreed = &office.secrets.land_registry;
    let commune = identity.user.strip_prefix("MA").unwrap_or_default();
    let attempt = identity.id.strip_prefix(&format!("{reference}.")).unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    [
        (identity.client == agreed.client, "xro:client is absent or not the one agreed"),
        (identity.service == agreed.service, "xro:service is absent or not the one agreed"),
        (commune.len() == 9 && digits(commune), "xro:userId is not MA and a commune's code"),
        (attempt.contains('.'), "xro:id is not <consultation>.<what>.<attempt>"),
        (identity.protocol == "4.0", "xro:protocolVersion is not 4.0"),
    ]
    .into_iter()
    .filter(|(good, _)| !good)
    .map(|(_, reason)| reason.to_owned())
    .collect()
}

fn parcel(asked: &Element) -> Parcel {
    let named = |name| asked.child(name).map(|element| element.text.trim().to_owned());
    let land = named("title")
        .map(Land::Title)
        .or_else(|| named("requisition").map(Land::Requisition))
        .unwrap_or(Land::Untitled);
    Parcel {
        seq: asked.attribute("seq").unwrap_or("1").to_owned(),
        land,
        declared: asked.child("declaredArea").and_then(|area| hundredths(area.text.trim())),
    }
}

/// `409.50` as 40950.
pub(super) fn hundredths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = format!("{fraction:0<2}");
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction.get(..2)?.parse().ok()?)
}
