//! What the registry says: facts with repeated identities and the request's hash, or a fault.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::super::clock;
use super::super::office::Office;
use super::super::xml::tag;
use super::facts::{Found, ParcelState, RegistryError};
use super::identity::{self, XRO};
use super::question::Question;

fn envelope(status: StatusCode, header: &str, body: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\
         \"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header xmlns:xro=\"{XRO}\" \
         xmlns:id=\"http://x-road.eu/xsd/identifiers\">{header}</soap:Header><soap:Body>{body}</soap:Body>\
         </soap:Envelope>"
    );
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

/// The question is wrong: asking the same again can't help.
pub(super) fn client_fault(reason: &str) -> Response {
    let body =
        format!("<soap:Fault><faultcode>soap:Client</faultcode>{}</soap:Fault>", tag("faultstring", reason));
    envelope(StatusCode::INTERNAL_SERVER_ERROR, "", &body)
}

/// The registry can't answer now.
pub(super) fn server_fault(reason: &str) -> Response {
    let body = format!(
        "<soap:Fault><faultcode>soap:Server</faultcode>{}<detail><faultDetail xmlns=\"\">\
         Server.ServerProxy.NetworkError</faultDetail></detail></soap:Fault>",
        tag("faultstring", reason)
    );
    envelope(StatusCode::INTERNAL_SERVER_ERROR, "", &body)
}

/// Facts and errors.
pub(super) fn found(office: &Office, question: &Question, found: &Found) -> Response {
    let header = identity::write(&question.identity, &question.request_hash);
    envelope(StatusCode::OK, &header, &title_state(office, question, found))
}

/// The body, checked against the schema of the contract by a test.
pub(super) fn title_state(office: &Office, question: &Question, found: &Found) -> String {
    let states: String = found.states.iter().map(parcel_state).collect();
    let errors: String = found.errors.iter().map(error).collect();
    let list = if errors.is_empty() { String::new() } else { format!("<lr:lerr>{errors}</lr:lerr>") };
    let extract = if found.states.is_empty() {
        String::new()
    } else {
        tag("lr:extractNumber", &extract_number(question))
    };
    format!(
        "<lr:TitleStateResponse xmlns:lr=\"urn:ma:wasl:land-registry:title-state:1\"><lr:control>\
         <lr:cuparc>{}</lr:cuparc><lr:cuerr>{}</lr:cuerr>{}{extract}{}</lr:control>{states}{list}\
         </lr:TitleStateResponse>",
        found.states.len(),
        found.errors.len(),
        tag("lr:consultationReference", &question.reference),
        tag("lr:extractTime", &office.legal_text(clock::now_ms())),
    )
}

/// The same question gets the same extract.
fn extract_number(question: &Question) -> String {
    let hash = Sha256::digest(format!("{}/{}", question.reference, question.deposit));
    let number = hash[..4].iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("CP-{number:010}")
}

fn parcel_state(state: &ParcelState) -> String {
    let mut text = tag("lr:resultCode", state.code);
    if let Some(title) = &state.title {
        text += &tag("lr:title", title);
    }
    if let Some(area) = state.area {
        let (whole, fraction) = (area / 100, area % 100);
        text += &format!("<lr:registeredArea uom=\"m2\">{whole}.{fraction:02}</lr:registeredArea>");
    }
    if let Some(holds) = state.holds {
        text += &tag("lr:applicantHolds", holds);
    }
    if let Some((kind, label)) = state.charge {
        text += &format!("<lr:charge>{}{}</lr:charge>", tag("lr:kind", kind), tag("lr:label", label));
    }
    format!("<lr:parcelState seq=\"{}\">{text}</lr:parcelState>", state.seq)
}

fn error(error: &RegistryError) -> String {
    let seq = error.seq.as_ref().map(|seq| format!(" seq=\"{seq}\"")).unwrap_or_default();
    format!("<lr:err{seq}>{}{}</lr:err>", tag("lr:cod", error.code), tag("lr:des", error.text))
}
