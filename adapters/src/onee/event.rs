//! What ONEE says by itself: an `EventMessage` posted to `/callbacks/onee` (README, section 7). Pure.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;
use wasl_schemas::agency::CollectedItem;
use wasl_schemas::id::WASL_NAMESPACE;
use wasl_schemas::line::DriftNote;

use super::config::Config;
use super::message::{Head, Message, write_response};
use super::secured::Disbelief;
use super::{map, secured, shapes};
use crate::opinions::our_reference;
use crate::port::{Expected, Identified, RawCallback, Received, Reply, Untranslatable};
use crate::transport::soap::{self, Blame, Envelope, Version};
use crate::transport::wsse::{self, Freshness, SecurityFault, WSSE};
use crate::transport::xml::XmlLimits;

/// Subcodes of ours in faults that we answer.
const OURS: &str = "urn:ma:wasl:onee:service-request:1";

fn message(envelope: &Envelope) -> Result<Message, String> {
    match &envelope.body {
        Ok(body) => Message::read(body),
        Err(_) => Err("a fault was posted, not an event".to_owned()),
    }
}

/// In what a message differs from what `wire` and `message` were written for. A fault has no shape of ONEE's own.
pub(super) fn drift(raw: &RawCallback) -> Vec<DriftNote> {
    raw.envelope().map(drift_of).unwrap_or_default()
}

/// The same of a message that is read already.
pub(super) fn drift_of(envelope: &Envelope) -> Vec<DriftNote> {
    envelope.body.as_ref().map(|body| shapes::of(body).of_xml(body)).unwrap_or_default()
}

/// Whose event it is, before anything is believed.
pub(super) fn identify(raw: &RawCallback) -> Identified {
    let Ok(envelope) = raw.envelope() else { return Identified::default() };
    let Ok(message) = message(envelope) else { return Identified::default() };
    Identified {
        consultation: message.status.and_then(|s| our_reference(&s.reference)),
        nonce: envelope.header(WSSE, "Security").and_then(wsse::nonce).map(|n| format!("onee|{n}")),
    }
}

/// Verifies and translates.
pub(super) fn receive(config: &Config, raw: &RawCallback, expected: &Expected) -> Received {
    let unreadable = |version, why| {
        let reply = fault(version, (OURS, "Unreadable"), "Message illisible");
        Received::Reject { reply, code: "agency.answer-unreadable", reason: why }
    };
    let envelope = match raw.envelope() {
        Ok(envelope) => envelope,
        Err(why) => return unreadable(Version::V12, why),
    };
    let version = envelope.version;
    // From here on nothing counts but what is signed, where a signature is agreed.
    let envelope = match secure(config, raw, envelope, expected) {
        Ok(envelope) => envelope,
        Err(why) => {
            let reply = fault(version, (WSSE, why.subcode()), "Jeton de sécurité refusé");
            let code = if expected.nonce_replayed { "agency.replayed" } else { why.code() };
            return Received::Reject { reply, code, reason: why.to_string() };
        }
    };
    let message = match message(&envelope) {
        Ok(message) => message,
        Err(why) => return unreadable(version, why),
    };
    let (Some(status), Some(event_id), None) = (&message.status, &message.message_id, &message.reply) else {
        let reply = fault(version, (OURS, "Incomplete"), "MessageID ou ServiceRequestStatus absent");
        let reason = "not an EventMessage with a MessageID and a ServiceRequestStatus".to_owned();
        return Received::Reject { reply, code: "agency.answer-unreadable", reason };
    };
    if !expected.known {
        let refusal = Some(("WA-UNKNOWN", "Consultation inconnue de la passerelle"));
        let reply = answer(config, version, event_id, raw.received_at, refusal);
        return Received::Ignore { reply, alarm: Some("agency.unmatched") };
    }
    Received::Accept {
        event_id: event_id.clone(),
        outcome: map::of_status(status),
        reply: answer(config, version, event_id, raw.received_at, None),
    }
}

fn secure<'r>(
    config: &Config,
    raw: &RawCallback,
    envelope: &'r Envelope,
    expected: &Expected,
) -> Result<Cow<'r, Envelope>, Disbelief> {
    let who = config.theirs.as_ref().ok_or(SecurityFault::Authentication)?;
    let envelope = secured::signed_part(config, &raw.body, Cow::Borrowed(envelope), raw.received_at)?;
    wsse::verify(envelope.header(WSSE, "Security"), who, raw.received_at)?;
    if expected.nonce_replayed { Err(SecurityFault::Invalid.into()) } else { Ok(envelope) }
}

fn fault(version: Version, subcode: (&str, &str), reason: &str) -> Reply {
    // SOAP 1.2 part 2, table 20: Sender is 400. SOAP 1.1, section 6.2: every fault is 500.
    let status = if version == Version::V12 { 400 } else { 500 };
    reply(version, status, &soap::write_fault(version, Blame::Sender, subcode, reason))
}

fn answer(
    config: &Config,
    version: Version,
    event_id: &str,
    at: Timestamp,
    refusal: Option<(&str, &str)>,
) -> Reply {
    let head = Head {
        at,
        source: config.source.clone(),
        message_id: Uuid::new_v5(&WASL_NAMESPACE, format!("onee|reply|{event_id}").as_bytes()).to_string(),
        correlation_id: Some(event_id.to_owned()),
    };
    let body = |out: &mut _| write_response(out, &head, refusal);
    let written = if config.replies_signed {
        // A reply names nobody and proves nothing by a nonce: its signature and its time are enough.
        secured::write(config, version, None, Freshness { nonce: [0; 16], now: at }, body)
    } else {
        Ok(soap::write(version, |_| {}, body))
    };
    match written {
        Ok(body) => reply(version, 200, &body),
        // ONEE repeats what is answered so.
        Err(_) => reply(
            version,
            500,
            &soap::write_fault(version, Blame::Receiver, (OURS, "Unsigned"), "Réponse non signée"),
        ),
    }
}

fn reply(version: Version, status: u16, body: &[u8]) -> Reply {
    Reply { status, content_type: version.media_type(), body: String::from_utf8_lossy(body).into_owned() }
}

/// What an answer or an event says, without any check of who said it: for people who look inside.
pub(super) fn understand(bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
    let unreadable = |reason: String| Untranslatable { code: "onee.answer.unreadable", reason };
    let envelope = Envelope::read(bytes, XmlLimits::default()).map_err(|e| unreadable(e.to_string()))?;
    let body = envelope.body.map_err(|fault| Untranslatable {
        code: "onee.answer.fault",
        reason: format!("{}: {}", fault.code, fault.reason),
    })?;
    let message = Message::read(&body).map_err(unreadable)?;
    let Some(status) = &message.status else {
        let said = message.reply.map(|r| r.errors.into_iter().map(|e| e.code).collect::<Vec<_>>().join(", "));
        let reason = format!("the answer names no consultation ({})", said.unwrap_or_default());
        return Err(Untranslatable { code: "onee.answer.without-status", reason });
    };
    let consultation = our_reference(&status.reference)
        .ok_or_else(|| unreadable("consultationReference is not one of our references".to_owned()))?;
    let event_id = message.message_id.unwrap_or_else(|| "unnamed".to_owned());
    Ok(vec![CollectedItem { event_id, consultation, outcome: map::of_status(status) }])
}
