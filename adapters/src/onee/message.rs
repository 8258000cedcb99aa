//! The message of IEC 61968-100: a verb, a noun, a reply, a payload (README, section 3).

use jiff::Timestamp;

use super::wire::{ServiceRequest, Status};
use crate::transport::xml::Element;
use crate::transport::xml_out::XmlOut;

/// Namespace of the message.
pub(super) const MSG: &str = "http://iec.ch/TC57/2011/schema/message";
const NOUN: &str = "ServiceRequest";
const REVISION: &str = "2.0";

/// What stands in the body of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// `create`.
    Create(Box<ServiceRequest>),
    /// `change`.
    Change(Box<ServiceRequest>),
    /// `cancel`, by our reference.
    Cancel(String),
    /// `get`, by our reference.
    Get(String),
}

impl Asked {
    /// The verb.
    pub(super) const fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Change(_) => "change",
            Self::Cancel(_) => "cancel",
            Self::Get(_) => "get",
        }
    }

    /// Changes nothing at the other side.
    pub(super) const fn only_reads(&self) -> bool {
        matches!(self, Self::Get(_))
    }
}

/// Header of a message that we write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) at: Timestamp,
    pub(super) source: String,
    pub(super) message_id: String,
    pub(super) correlation_id: Option<String>,
}

fn write_head(out: &mut XmlOut, verb: &str, head: &Head, ack_required: bool) {
    out.open("msg:Header", &[]);
    out.leaf("msg:Verb", verb);
    out.leaf("msg:Noun", NOUN);
    out.leaf("msg:Revision", REVISION);
    out.leaf("msg:Timestamp", &format!("{:.0}", head.at));
    out.leaf("msg:Source", &head.source);
    if ack_required {
        out.leaf("msg:AckRequired", "true");
    }
    out.leaf("msg:MessageID", &head.message_id);
    out.leaf_opt("msg:CorrelationID", head.correlation_id.as_deref());
    out.close();
}

/// Writes a `RequestMessage`.
pub(super) fn write_request(out: &mut XmlOut, head: &Head, asked: &Asked) {
    out.open("msg:RequestMessage", &[("xmlns:msg", MSG)]);
    write_head(out, asked.verb(), head, !asked.only_reads());
    match asked {
        Asked::Create(payload) | Asked::Change(payload) => {
            out.open("msg:Payload", &[]);
            payload.write(out);
            out.close();
        }
        Asked::Cancel(reference) | Asked::Get(reference) => {
            out.open("msg:Request", &[]);
            let attributes = [("idType", "consultationReference"), ("idAuthority", "wasl")];
            out.leaf_with("msg:ID", &attributes, reference);
            out.close();
        }
    }
    out.close();
}

/// Writes the `ResponseMessage` with which we answer an event; `refusal` is a code and a reason.
pub(super) fn write_response(out: &mut XmlOut, head: &Head, refusal: Option<(&str, &str)>) {
    out.open("msg:ResponseMessage", &[("xmlns:msg", MSG)]);
    write_head(out, "reply", head, false);
    out.open("msg:Reply", &[]);
    out.leaf("msg:Result", if refusal.is_some() { "FAILED" } else { "OK" });
    if let Some((code, reason)) = refusal {
        out.open("msg:Error", &[]);
        out.leaf("msg:code", code);
        out.leaf("msg:level", "FATAL");
        out.leaf("msg:reason", reason);
        out.close();
    }
    out.close();
    out.close();
}

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// `ResponseMessage` with its reply, or `EventMessage`.
    pub(super) reply: Option<Reply>,
    pub(super) verb: String,
    pub(super) message_id: Option<String>,
    pub(super) correlation_id: Option<String>,
    pub(super) status: Option<Status>,
}

/// `Reply`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// `OK`, `PARTIAL`, `FAILED`, or something unknown.
    pub(super) result: String,
    pub(super) errors: Vec<Error>,
    /// `ID[@idType="serviceRequestNumber"]`.
    pub(super) number: Option<String>,
}

/// `Error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) details: Option<String>,
}

impl Message {
    /// Reads the element of a SOAP body; the fault says what is wrong with it.
    pub(super) fn read(root: &Element) -> Result<Self, String> {
        let is_event = root.is(MSG, "EventMessage");
        if !is_event && !root.is(MSG, "ResponseMessage") {
            return Err("the SOAP body holds neither a ResponseMessage nor an EventMessage".to_owned());
        }
        let header = root.child(MSG, "Header").ok_or("the message has no Header")?;
        let text = |name: &str| header.child_text(MSG, name).map(str::to_owned);
        if let Some(noun) = text("Noun").filter(|noun| noun != NOUN) {
            return Err(format!("the message is about {noun}, not {NOUN}"));
        }
        let reply = if is_event { None } else { Some(reply(root.child(MSG, "Reply").ok_or("no Reply")?)?) };
        let payload = root.child(MSG, "Payload");
        Ok(Self {
            reply,
            verb: text("Verb").ok_or("the Header has no Verb")?,
            message_id: text("MessageID"),
            correlation_id: text("CorrelationID"),
            status: payload.map(Status::read).transpose()?.flatten(),
        })
    }
}

fn reply(element: &Element) -> Result<Reply, String> {
    let result = element.child_text(MSG, "Result").ok_or("the Reply has no Result")?;
    let errors = element.all(MSG, "Error").map(|e| Error {
        code: e.child_text(MSG, "code").unwrap_or("unstated").to_owned(),
        reason: e.child_text(MSG, "reason").unwrap_or_default().to_owned(),
        details: e.child_text(MSG, "details").map(str::to_owned),
    });
    let mut ids = element.all(MSG, "ID");
    let number = ids.find(|id| id.attribute("", "idType") == Some("serviceRequestNumber"));
    Ok(Reply {
        result: result.to_owned(),
        errors: errors.collect(),
        number: number.map(|id| id.trimmed().to_owned()).filter(|n| !n.is_empty()),
    })
}
