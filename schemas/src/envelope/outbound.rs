//! Builds the envelopes that the gateway sends.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Envelope, full_type};
use crate::id::{FileId, Reference};
use crate::notice::Notice;
use crate::wire;

/// What an outbound envelope says besides its notice.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// The message's id, the same whenever it is sent again.
    pub id: Uuid,
    /// The file's reference; absent for the refusal of a message whose file could not be read.
    pub subject: Option<Reference>,
    /// Legal time of what happened.
    pub time: Timestamp,
    /// The file, when there is one: `partitionkey` and `correlationid`.
    pub file: Option<FileId>,
    /// `id` of the message that caused this one.
    pub causation: Option<String>,
    /// Running number within the file.
    pub sequence: Option<u64>,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// The part of a serialised notice that travels as `data`.
#[derive(Deserialize)]
struct Content {
    data: Box<RawValue>,
}

impl Envelope {
    /// Wraps a notice for its commune.
    ///
    /// # Errors
    /// When the notice cannot be written as JSON, which no value of its types can cause.
    pub fn outbound(notice: &Notice, about: Outbound) -> Result<Self, serde_json::Error> {
        let content: Content = serde_json::from_str(&serde_json::to_string(notice)?)?;
        Ok(Self {
            specversion: "1.0".to_owned(),
            id: about.id.to_string(),
            source: wire::SOURCE_GATEWAY.to_owned(),
            event_type: full_type(notice.name()),
            subject: about.subject.map(String::from),
            time: Some(about.time),
            datacontenttype: Some("application/json".to_owned()),
            correlationid: about.file.map(|file| file.to_string()),
            causationid: about.causation,
            sequence: about.sequence.map(|number| format!("{number:012}")),
            traceparent: about.traceparent,
            partitionkey: about.file.map(|file| file.to_string()),
            dataref: None,
            data: Some(content.data),
        })
    }

    /// The bytes of the message body in structured mode, content type [`wire::CONTENT_TYPE`].
    ///
    /// # Errors
    /// As [`Envelope::outbound`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}
