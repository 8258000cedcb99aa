//! The rules of single attributes: length, characters, form.

use jiff::Timestamp;

use super::Envelope;
use crate::id::{Reference, Sha256Hex};
use crate::problem::{Code, Fault};

/// Longest attribute, in bytes.
pub(super) const ATTRIBUTE_BYTES_MAX: usize = 128;
/// Where the gateway's own documents stand.
const DOCUMENTS: &str = "/documents/";

/// Attributes that every message must have.
pub(super) const REQUIRED: [&str; 5] = ["specversion", "id", "source", "type", "subject"];

/// Takes one attribute over into the envelope. Extensions that wasl does not use are ignored, as
/// CloudEvents 1.0 asks.
pub(super) fn set(envelope: &mut Envelope, name: &str, value: &str, faults: &mut Vec<Fault>) {
    if !is_known(name) {
        return;
    }
    match checked(name, value) {
        Ok(()) => store(envelope, name, value),
        Err(code) => faults.push(Fault::new(code, format!("/{name}"))),
    }
}

fn is_known(name: &str) -> bool {
    const OPTIONAL: [&str; 8] = [
        "time",
        "datacontenttype",
        "correlationid",
        "causationid",
        "sequence",
        "traceparent",
        "partitionkey",
        "dataref",
    ];
    REQUIRED.contains(&name) || OPTIONAL.contains(&name)
}

fn checked(name: &str, value: &str) -> Result<(), Code> {
    let fine = match name {
        "specversion" => value == "1.0",
        "subject" => Reference::try_new(value).is_ok(),
        "time" => read_time(value).is_some(),
        "datacontenttype" => is_json(value),
        "sequence" => value.len() <= 20 && value.bytes().all(|b| b.is_ascii_digit()),
        "dataref" => {
            let own = value.strip_prefix(DOCUMENTS).is_some_and(|hash| Sha256Hex::try_new(hash).is_ok());
            return if own { Ok(()) } else { Err(Code::EnvelopeDatarefForeign) };
        }
        _ => true,
    };
    let visible = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    let short = (1..=ATTRIBUTE_BYTES_MAX).contains(&value.len());
    let id_fine = name != "id" || !value.contains(' ');
    if fine && visible && short && id_fine { Ok(()) } else { Err(Code::EnvelopeAttributeInvalid) }
}

fn store(envelope: &mut Envelope, name: &str, value: &str) {
    let text = value.to_owned();
    match name {
        "specversion" => envelope.specversion = text,
        "id" => envelope.id = text,
        "source" => envelope.source = text,
        "type" => envelope.event_type = text,
        "subject" => envelope.subject = Some(text),
        "time" => envelope.time = read_time(value),
        "datacontenttype" => envelope.datacontenttype = Some(text),
        "correlationid" => envelope.correlationid = Some(text),
        "causationid" => envelope.causationid = Some(text),
        "sequence" => envelope.sequence = Some(text),
        "traceparent" => envelope.traceparent = Some(text),
        "partitionkey" => envelope.partitionkey = Some(text),
        "dataref" => envelope.dataref = Some(text),
        _ => {}
    }
}

fn read_time(value: &str) -> Option<Timestamp> {
    crate::schema::is_instant(value).then(|| value.parse().ok()).flatten()
}

/// `application/json` or a type with the suffix `+json`, in any case, with or without parameters.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}
