//! Reads a message in structured or binary mode (CloudEvents 1.0, JSON format and AMQP binding).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Envelope;
use super::attribute::{self, REQUIRED, is_json};
use crate::problem::{Code, Fault};

/// Prefix of the media types of structured mode.
const STRUCTURED: &str = "application/cloudevents";
/// Prefixes of the headers of binary mode; the second is the older spelling.
const HEADER_PREFIXES: [&str; 2] = ["cloudevents_", "cloudevents:"];
/// How many members an event may have at its top level.
const MEMBERS_MAX: usize = 64;

/// Reads an envelope: structured mode when the content type says so, otherwise binary mode.
///
/// # Errors
/// All faults of the envelope. The data is not looked at beyond being JSON.
pub fn parse<'h>(
    content_type: Option<&str>,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &[u8],
) -> Result<Envelope, Vec<Fault>> {
    let (envelope, faults) = read(content_type, headers, body);
    if faults.is_empty() { Ok(envelope) } else { Err(faults) }
}

/// Reads what can be read, with the faults of the rest: what is missing stays empty.
pub(crate) fn read<'h>(
    content_type: Option<&str>,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &[u8],
) -> (Envelope, Vec<Fault>) {
    let mut envelope = empty();
    let mut faults = Vec::new();
    let Some(text) = utf8(content_type, body) else {
        faults.push(Fault::new(Code::EnvelopeEncoding, ""));
        return (envelope, faults);
    };
    let attributes: Vec<(String, &str)> = headers.into_iter().filter_map(attribute_of_header).collect();
    let readable = match mode(content_type, !attributes.is_empty()) {
        Some(Mode::Structured) => structured(text, &mut envelope, &mut faults),
        Some(Mode::Binary) => binary(content_type, attributes, text, &mut envelope, &mut faults),
        None => {
            faults.push(Fault::new(Code::EnvelopeContentType, ""));
            false
        }
    };
    if readable {
        missing(&envelope, &mut faults);
    }
    (envelope, faults)
}

enum Mode {
    Structured,
    Binary,
}

/// `None` for batches, other event formats, and messages that say nothing.
fn mode(content_type: Option<&str>, has_attributes: bool) -> Option<Mode> {
    let essence = content_type.map(|t| t.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match essence.as_deref() {
        Some("application/cloudevents" | "application/cloudevents+json") => Some(Mode::Structured),
        Some(other) if other.starts_with(STRUCTURED) => None,
        Some(other) => (has_attributes && is_json(other)).then_some(Mode::Binary),
        None => has_attributes.then_some(Mode::Binary),
    }
}

/// The body as text, unless its bytes or the stated charset are not UTF-8.
fn utf8<'b>(content_type: Option<&str>, body: &'b [u8]) -> Option<&'b str> {
    let charset = content_type.and_then(|t| {
        t.split(';').skip(1).filter_map(|p| p.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        })
    });
    let stated =
        charset.is_none_or(|c| c.eq_ignore_ascii_case("utf-8") || c.eq_ignore_ascii_case("us-ascii"));
    if stated { std::str::from_utf8(body).ok() } else { None }
}

fn attribute_of_header<'h>((name, value): (&'h str, &'h str)) -> Option<(String, &'h str)> {
    let lower = name.to_ascii_lowercase();
    HEADER_PREFIXES.iter().find_map(|prefix| lower.strip_prefix(prefix)).map(|name| (name.to_owned(), value))
}

fn binary(
    content_type: Option<&str>,
    attributes: Vec<(String, &str)>,
    text: &str,
    envelope: &mut Envelope,
    faults: &mut Vec<Fault>,
) -> bool {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for (name, value) in attributes {
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, first)) if *first == value => {}
            Some(_) => faults.push(Fault::new(Code::EnvelopeAttributeInvalid, format!("/{name}"))),
            None => {
                attribute::set(envelope, &name, value, faults);
                seen.push((name, value));
            }
        }
    }
    if envelope.datacontenttype.is_none() {
        envelope.datacontenttype = content_type.map(str::to_owned);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(data) => envelope.data = Some(data.to_owned()),
        Err(_) => faults.push(Fault::new(Code::EnvelopeMalformed, "/data")),
    }
    true
}

fn structured(text: &str, envelope: &mut Envelope, faults: &mut Vec<Fault>) -> bool {
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text) else {
        faults.push(Fault::new(Code::EnvelopeMalformed, ""));
        return false;
    };
    for (index, (name, raw)) in members.iter().enumerate() {
        if members[..index].iter().any(|(earlier, _)| earlier == name) {
            faults.push(Fault::new(Code::SchemaDuplicateKey, format!("/{name}")));
        } else if name == "data" {
            envelope.data = Some((*raw).to_owned());
        } else if name == "data_base64" {
            faults.push(Fault::new(Code::EnvelopeAttributeInvalid, "/data_base64"));
        } else if raw.get() != "null" {
            match serde_json::from_str::<Cow<'_, str>>(raw.get()) {
                Ok(value) => attribute::set(envelope, name, &value, faults),
                // Extensions may be numbers or booleans; those that wasl reads are texts.
                Err(_) if REQUIRED.contains(&name.as_ref()) || name == "dataref" || name == "time" => {
                    faults.push(Fault::new(Code::EnvelopeAttributeInvalid, format!("/{name}")));
                }
                Err(_) => attribute::set(envelope, name, raw.get(), faults),
            }
        }
    }
    true
}

/// Reports required attributes that were not there at all (a wrong one has its own fault already).
fn missing(envelope: &Envelope, faults: &mut Vec<Fault>) {
    for name in REQUIRED {
        let absent = match name {
            "specversion" => envelope.specversion.is_empty(),
            "id" => envelope.id.is_empty(),
            "source" => envelope.source.is_empty(),
            "type" => envelope.event_type.is_empty(),
            _ => envelope.subject.is_none(),
        };
        let pointer = format!("/{name}");
        if absent && !faults.iter().any(|fault| fault.pointer == pointer) {
            faults.push(Fault::new(Code::EnvelopeAttributeMissing, pointer));
        }
    }
    if envelope.data.is_none() && !faults.iter().any(|fault| fault.pointer.starts_with("/data")) {
        faults.push(Fault::new(Code::EnvelopeAttributeMissing, "/data"));
    }
}

const fn empty() -> Envelope {
    Envelope {
        specversion: String::new(),
        id: String::new(),
        source: String::new(),
        event_type: String::new(),
        subject: None,
        time: None,
        datacontenttype: None,
        correlationid: None,
        causationid: None,
        sequence: None,
        traceparent: None,
        partitionkey: None,
        dataref: None,
        data: None,
    }
}

/// The members of the event's object, unread, in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a CloudEvent as a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    if members.len() >= MEMBERS_MAX {
                        return Err(serde::de::Error::custom("too many members"));
                    }
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Members)
    }
}
