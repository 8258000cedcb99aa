//! The messages of the operator: envelope, header, reply, fault. SOAP 1.2, or 1.1 when asked so.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::super::clock;
use super::super::xml::{optional_tag, tag};
use super::secured::{self, Covers, Signer};
use super::security::{self, WSSE, WSU};

pub(super) const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
pub(super) const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(super) const MESSAGE: &str = "http://iec.ch/TC57/2011/schema/message";
pub(super) const PAYLOAD: &str = "urn:ma:wasl:onee:service-request:1";

/// The SOAP version of a request; the answer has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Soap {
    V11,
    V12,
}

impl Soap {
    pub(super) const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => SOAP_11,
            Self::V12 => SOAP_12,
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// A whole envelope around header blocks and a body.
    pub(super) fn envelope(self, header: &str, body: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<env:Envelope xmlns:env=\"{}\"><env:Header>{header}\
             </env:Header><env:Body>{body}</env:Body></env:Envelope>",
            self.namespace()
        )
    }

    /// The same with a body that can be signed.
    pub(super) fn envelope_to_sign(self, header: &str, body: &str) -> String {
        let named = format!("<env:Body{}>", body_mark());
        self.envelope(header, body).replacen("<env:Body>", &named, 1)
    }

    fn spoken(self, status: StatusCode, body: String) -> Spoken {
        Spoken { soap: self, status, body }
    }

    /// A fault of the sender; `subcode` is a WS-Security one, or none.
    pub(super) fn sender_fault(self, subcode: Option<&str>, reason: &str) -> Spoken {
        let security = subcode.map(|code| format!("<env:Value xmlns:f=\"{WSSE}\">f:{code}</env:Value>"));
        match self {
            Self::V12 => {
                let inner =
                    security.map(|value| format!("<env:Subcode>{value}</env:Subcode>")).unwrap_or_default();
                let body = format!(
                    "<env:Fault><env:Code><env:Value>env:Sender</env:Value>{inner}</env:Code><env:Reason>\
                     <env:Text xml:lang=\"fr\">{}</env:Text></env:Reason></env:Fault>",
                    quick_xml::escape::escape(reason)
                );
                self.spoken(StatusCode::BAD_REQUEST, body)
            }
            Self::V11 => {
                let code = subcode.map_or_else(
                    || "<faultcode>env:Client</faultcode>".to_owned(),
                    |code| format!("<faultcode xmlns:f=\"{WSSE}\">f:{code}</faultcode>"),
                );
                let body = format!("<env:Fault>{code}{}</env:Fault>", tag("faultstring", reason));
                self.spoken(StatusCode::INTERNAL_SERVER_ERROR, body)
            }
        }
    }

    /// A fault of ours: try later.
    pub(super) fn receiver_fault(self, reason: &str) -> Spoken {
        let body = match self {
            Self::V12 => format!(
                "<env:Fault><env:Code><env:Value>env:Receiver</env:Value><env:Subcode><env:Value \
                 xmlns:f=\"{PAYLOAD}\">f:Unavailable</env:Value></env:Subcode></env:Code><env:Reason>\
                 <env:Text xml:lang=\"fr\">{reason}</env:Text></env:Reason></env:Fault>"
            ),
            Self::V11 => format!(
                "<env:Fault><faultcode>env:Server</faultcode>{}</env:Fault>",
                tag("faultstring", reason)
            ),
        };
        self.spoken(StatusCode::INTERNAL_SERVER_ERROR, body)
    }

    /// A `ResponseMessage`, in an HTTP 200 whatever its result.
    pub(super) fn reply(self, reply: &Reply<'_>) -> Spoken {
        self.spoken(StatusCode::OK, reply.xml())
    }
}

/// The attributes of a body that can be signed.
pub(super) fn body_mark() -> String {
    format!(" xmlns:wsu=\"{WSU}\" wsu:Id=\"BODY\"")
}

/// An answer that is ready to go: the inside of its body.
pub(super) struct Spoken {
    soap: Soap,
    status: StatusCode,
    body: String,
}

impl Spoken {
    /// The answer, signed where a signer is given.
    pub(super) fn by(self, signer: Option<&Signer>) -> Response {
        let text = match signer {
            None => self.soap.envelope("", &self.body),
            Some(signer) => {
                let envelope = self.soap.envelope_to_sign(&security::time_header(), &self.body);
                // Unsigned it would be refused, and that refusal would be seen.
                secured::sign(&envelope, signer, Covers::Both).unwrap_or(envelope)
            }
        };
        (self.status, [(header::CONTENT_TYPE, self.soap.content_type())], text).into_response()
    }
}

/// What stands in a `ResponseMessage`.
pub(super) struct Reply<'a> {
    pub(super) correlation: &'a str,
    pub(super) result: &'static str,
    pub(super) errors: Vec<Error>,
    /// ONEE's number, when there is one.
    pub(super) number: Option<&'a str>,
    /// A `ServiceRequestStatus`, or nothing.
    pub(super) status: String,
}

/// One error of a reply.
pub(super) struct Error {
    pub(super) code: &'static str,
    pub(super) level: &'static str,
    pub(super) reason: String,
    pub(super) details: String,
}

impl Reply<'_> {
    pub(super) fn xml(&self) -> String {
        let errors: String = self.errors.iter().map(Error::xml).collect();
        let number = self.number.map(|number| {
            format!("<msg:ID idType=\"serviceRequestNumber\" idAuthority=\"ONEE\">{number}</msg:ID>")
        });
        format!(
            "<msg:ResponseMessage xmlns:msg=\"{MESSAGE}\">{}<msg:Reply>{}{errors}{}</msg:Reply>{}\
             </msg:ResponseMessage>",
            message_header("reply", &Uuid::now_v7(), Some(self.correlation)),
            tag("msg:Result", self.result),
            number.unwrap_or_default(),
            payload(&self.status),
        )
    }
}

impl Error {
    fn xml(&self) -> String {
        format!(
            "<msg:Error>{}{}{}{}</msg:Error>",
            tag("msg:code", self.code),
            tag("msg:level", self.level),
            tag("msg:reason", &self.reason),
            optional_tag("msg:details", &self.details),
        )
    }
}

/// An `EventMessage` with one status.
pub(super) fn event(verb: &str, id: &Uuid, status: &str) -> String {
    format!(
        "<msg:EventMessage xmlns:msg=\"{MESSAGE}\">{}{}</msg:EventMessage>",
        message_header(verb, id, None),
        payload(status)
    )
}

fn payload(status: &str) -> String {
    if status.is_empty() { String::new() } else { format!("<msg:Payload>{status}</msg:Payload>") }
}

fn message_header(verb: &str, id: &Uuid, correlation: Option<&str>) -> String {
    format!(
        "<msg:Header>{}<msg:Noun>ServiceRequest</msg:Noun><msg:Revision>2.0</msg:Revision>{}\
         <msg:Source>ONEE</msg:Source>{}{}</msg:Header>",
        tag("msg:Verb", verb),
        tag("msg:Timestamp", &clock::now_text()),
        tag("msg:MessageID", &id.to_string()),
        optional_tag("msg:CorrelationID", correlation.unwrap_or_default()),
    )
}
