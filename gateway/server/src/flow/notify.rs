//! What a commune should know, and what an agency is asked, as messages for the outbox.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use wasl_core::file::{Effect, FileState};
use wasl_schemas::agency::{CollectRequest, ReviewMessage};
use wasl_schemas::envelope::{Envelope, full_type};
use wasl_schemas::id::{CommuneCode, FileId, WASL_NAMESPACE};
use wasl_schemas::notice::{EscalationLevel, Notice};
use wasl_schemas::problem::Fault;
use wasl_schemas::wire;

use crate::store::StoreError;
use crate::store::outbox::NewMessage;

/// Media type of what travels between the core and the adapters.
const JSON: &str = "application/json";
/// Bytes that most messages do not exceed.
const BODY_BYTES_USUAL: usize = 2 << 10;

/// The message of an effect: `place` is its number among the messages of its event.
///
/// # Errors
/// [`StoreError::Unreadable`] when it cannot be serialised.
pub fn message_of(
    state: &FileState,
    sequence: i64,
    place: usize,
    effect: &Effect,
    cause: &str,
    now: Timestamp,
) -> Result<Option<NewMessage>, StoreError> {
    let id = Uuid::new_v5(&WASL_NAMESPACE, format!("out|{}|{sequence}|{place}", state.id).as_bytes());
    match effect {
        Effect::Notify(notice) => {
            let to = wire::key_out(&state.commune.code);
            notice_message(to, id, notice, &About::of(state, sequence), cause, now).map(Some)
        }
        Effect::Escalate(level, notice) => {
            let to = match level {
                EscalationLevel::Province => wire::queue_province(&state.commune.province),
                EscalationLevel::Region => wire::queue_region(&state.commune.region),
            };
            notice_message(to, id, notice, &About::of(state, sequence), cause, now).map(Some)
        }
        Effect::Request(request) => Ok(Some(NewMessage {
            lane: state.id.0,
            exchange: wire::EXCHANGE_REVIEW,
            routing_key: wire::queue_review(&request.agency),
            message_id: id.to_string(),
            content_type: JSON.into(),
            body: bytes(&ReviewMessage::Request(request.clone()))?,
            headers: None,
        })),
        _ => Ok(None),
    }
}

/// Which file a notice is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The file, when there is one.
    pub file: Option<FileId>,
    /// Its reference.
    pub subject: Option<&'a str>,
    /// Number of the event in the file; 0 where there is none.
    pub sequence: i64,
}

impl<'a> About<'a> {
    fn of(state: &'a FileState, sequence: i64) -> Self {
        Self { file: Some(state.id), subject: Some(state.permit_file.reference.as_str()), sequence }
    }
}

/// Of a notice what goes into the envelope, as it was written.
#[derive(Deserialize)]
struct Content {
    data: Box<RawValue>,
}

/// A notice as a CloudEvent for the queue of a commune, a province or a region.
fn notice_message(
    queue: String,
    id: Uuid,
    notice: &Notice,
    about: &About<'_>,
    cause: &str,
    now: Timestamp,
) -> Result<NewMessage, StoreError> {
    let whole = bytes(notice)?;
    let data = serde_json::from_slice::<Content>(&whole).map_err(|e| unwritable(&e))?.data;
    let envelope = Envelope {
        specversion: "1.0".to_owned(),
        id: id.to_string(),
        source: wire::SOURCE_GATEWAY.to_owned(),
        event_type: full_type(notice.name()),
        subject: about.subject.map(str::to_owned),
        time: Some(now),
        datacontenttype: Some(JSON.to_owned()),
        correlationid: about.file.map(|f| f.to_string()),
        causationid: cause.rsplit_once('|').map(|(_, id)| id.to_owned()),
        sequence: about.file.map(|_| format!("{:012}", about.sequence)),
        traceparent: None,
        partitionkey: about.file.map(|f| f.to_string()),
        dataref: None,
        data: Some(data),
    };
    Ok(NewMessage {
        lane: about.file.map_or_else(|| Uuid::new_v5(&WASL_NAMESPACE, queue.as_bytes()), |f| f.0),
        exchange: wire::EXCHANGE_OUT,
        routing_key: queue,
        message_id: id.to_string(),
        content_type: wire::CONTENT_TYPE.into(),
        body: bytes(&envelope)?,
        headers: None,
    })
}

/// `file.refused`, with every fault. Its id is derived from what was refused, so a repeat is recognised.
///
/// # Errors
/// [`StoreError::Unreadable`] when it cannot be serialised.
pub fn refusal_message(
    commune: &CommuneCode,
    refused: Uuid,
    refused_id: Option<String>,
    refused_type: Option<String>,
    subject: Option<&str>,
    faults: Vec<Fault>,
    now: Timestamp,
) -> Result<NewMessage, StoreError> {
    let cause = format!("|{}", refused_id.clone().unwrap_or_default());
    let notice = Notice::FileRefused { refused_id, refused_type, faults };
    let id = Uuid::new_v5(&WASL_NAMESPACE, format!("refused|{refused}").as_bytes());
    let about = About { file: None, subject, sequence: 0 };
    notice_message(wire::key_out(commune), id, &notice, &about, &cause, now)
}

/// Asks an adapter to read on in a feed.
///
/// # Errors
/// [`StoreError::Unreadable`] when it cannot be serialised.
pub fn collect_message(request: CollectRequest, now: Timestamp) -> Result<NewMessage, StoreError> {
    let lane = Uuid::new_v5(&WASL_NAMESPACE, format!("feed|{}|{}", request.agency, request.feed).as_bytes());
    let id = Uuid::new_v5(&lane, format!("{}|{}", request.version, now.as_microsecond()).as_bytes());
    Ok(NewMessage {
        lane,
        exchange: wire::EXCHANGE_REVIEW,
        routing_key: wire::queue_feeds(&request.agency),
        message_id: id.to_string(),
        content_type: JSON.into(),
        body: bytes(&ReviewMessage::Collect(request))?,
        headers: None,
    })
}

fn bytes<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut out = Vec::with_capacity(BODY_BYTES_USUAL);
    serde_json::to_writer(&mut out, value).map_err(|e| unwritable(&e))?;
    Ok(out)
}

fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what: "message", why: error.to_string() }
}
