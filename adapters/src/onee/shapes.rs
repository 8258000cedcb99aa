//! What the readers of this adapter know of ONEE's messages (README, sections 3 and 6).

use crate::transport::drift::{Shape, field};
use crate::transport::xml::Element;

/// The shape of the element in a SOAP body.
pub(super) fn of(root: &Element) -> &'static Shape {
    if root.name == "EventMessage" { &EVENT } else { &RESPONSE }
}

const NETWORKS: &[&str] = &["electricity", "drinking-water", "sanitation"];
const YES_NO: &[&str] = &["true", "false", "1", "0"];

/// Header and payload are those of both messages; `more` is what only one of them has.
macro_rules! shape {
    ($message:literal, $root:literal, $verbs:expr, [$($more:expr),* $(,)?]) => {
        Shape {
            message: $message,
            fields: &[
                field(concat!($root, "/Header/Verb")).codes($verbs),
                field(concat!($root, "/Header/Noun")).codes(&["ServiceRequest"]),
                field(concat!($root, "/Header/Revision")).unread(),
                field(concat!($root, "/Header/ReplayDetection")).unread(),
                field(concat!($root, "/Header/Timestamp")).unread(),
                field(concat!($root, "/Header/Source")).unread(),
                field(concat!($root, "/Header/AsyncReplyFlag")).unread(),
                field(concat!($root, "/Header/ReplyAddress")).unread(),
                field(concat!($root, "/Header/AckRequired")).unread(),
                field(concat!($root, "/Header/User")).unread(),
                field(concat!($root, "/Header/MessageID")).chars(64),
                field(concat!($root, "/Header/CorrelationID")).opt().chars(64),
                field(concat!($root, "/Header/Comment")).unread(),
                $($more,)*
                field(concat!($root, "/Payload/ServiceRequestStatus/consultationReference")).chars(64),
                field(concat!($root, "/Payload/ServiceRequestStatus/serviceRequestNumber")).chars(64),
                field(concat!($root, "/Payload/ServiceRequestStatus/depositVersion")).unread(),
                field(concat!($root, "/Payload/ServiceRequestStatus/status"))
                    .codes(&["received", "incomplete", "in-study", "answered", "cancelled"]),
                field(concat!($root, "/Payload/ServiceRequestStatus/statusTime")),
                field(concat!($root, "/Payload/ServiceRequestStatus/completeBefore")).opt(),
                field(concat!($root, "/Payload/ServiceRequestStatus/missing/code")).chars(64),
                field(concat!($root, "/Payload/ServiceRequestStatus/missing/label")).opt().chars(2000),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/outcome"))
                    .codes(&["favourable", "favourable-with-conditions", "unfavourable", "none"]),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/issuedOn")),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/reason")).opt().chars(2000),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/condition")).opt().chars(2000),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/connection/network")).codes(NETWORKS),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/connection/feasible")).codes(YES_NO),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/connection/distanceMetres"))
                    .opt()
                    .chars(16),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/connection/reinforcement"))
                    .opt()
                    .codes(YES_NO),
                field(concat!($root, "/Payload/ServiceRequestStatus/opinion/signatory")).opt().chars(256),
            ],
        }
    };
}

/// Codes of `Reply/Error`, as README section 6 lists them.
const ERRORS: &[&str] =
    &["OE-INCOMPLETE", "OE-SCHEMA", "OE-AREA", "OE-CLOSED", "OE-DUPLICATE", "OE-UNKNOWN", "OE-BUSY"];

/// What stands in a 200.
pub(super) const RESPONSE: Shape = shape!(
    "response",
    "/ResponseMessage",
    &["reply"],
    [
        field("/ResponseMessage/Reply/Result").codes(&["OK", "PARTIAL", "FAILED"]),
        field("/ResponseMessage/Reply/Error/code").codes(ERRORS),
        field("/ResponseMessage/Reply/Error/level").unread(),
        field("/ResponseMessage/Reply/Error/reason").chars(2000),
        field("/ResponseMessage/Reply/Error/details").opt().chars(2000),
        field("/ResponseMessage/Reply/Error/stackTrace").unread(),
        field("/ResponseMessage/Reply/Error/Location").unread(),
        field("/ResponseMessage/Reply/ID").opt().chars(64),
        field("/ResponseMessage/Reply/ID/@idType").codes(&["serviceRequestNumber"]),
        field("/ResponseMessage/Reply/ID/@idAuthority").unread(),
    ]
);

/// What is posted to us.
pub(super) const EVENT: Shape = shape!("event", "/EventMessage", &["changed", "closed"], []);
