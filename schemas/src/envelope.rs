//! The envelope: CloudEvents 1.0 over AMQP 0-9-1.

mod attribute;
mod outbound;
mod parse;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{canonical, strict};

pub use outbound::Outbound;
pub use parse::parse;
pub(crate) use parse::read;

/// Type prefix of every event: `ma.wasl.<name>.v1`.
pub const TYPE_PREFIX: &str = "ma.wasl.";
/// Type suffix of every event.
pub const TYPE_SUFFIX: &str = ".v1";

/// A CloudEvent (structured mode, JSON format) with the extensions that wasl uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within `source`; with it the duplicate key, for the life of the file.
    pub id: String,
    /// `/communes/<9-digit code>`, `/provinces/<5-digit code>`, or `/wasl`.
    pub source: String,
    /// `ma.wasl.<name>.v1`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The file's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened, in the sender's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// Joins all messages of one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<String>,
    /// The message that caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<String>,
    /// Zero-padded running number within the file (12 digits).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The file's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitionkey: Option<String>,
    /// A document in the gateway's own store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataref: Option<String>,
    /// The payload, as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl Envelope {
    /// The short name in the type: `file.submitted` of `ma.wasl.file.submitted.v1`.
    #[must_use]
    pub fn short_name(&self) -> Option<&str> {
        self.event_type.strip_prefix(TYPE_PREFIX)?.strip_suffix(TYPE_SUFFIX)
    }
}

/// The full type of a short name.
#[must_use]
pub fn full_type(short: &str) -> String {
    format!("{TYPE_PREFIX}{short}{TYPE_SUFFIX}")
}

/// The hash that tells a repeat from another message under the same id: SHA-256 over the canonical form
/// of `{type, subject, data}`. Data that cannot be read counts as its text.
#[must_use]
pub fn body_hash(envelope: &Envelope) -> [u8; 32] {
    let data = envelope
        .data
        .as_ref()
        .map_or(Value::Null, |raw| strict::read(raw.get()).unwrap_or_else(|_| Value::from(raw.get())));
    canonical::body_hash(&envelope.event_type, envelope.subject.as_deref(), &data)
}

#[cfg(test)]
mod tests;
