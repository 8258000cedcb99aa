//! Names on the broker: exchanges, queues and routing keys, once for every program.

use crate::command::CommandName;
use crate::id::{AgencyKind, CommuneCode, ProvinceCode};

/// Topic exchange to which communes, prefectures and provinces publish.
pub const EXCHANGE_IN: &str = "wasl.in";
/// Topic exchange from which each commune's queue is fed.
pub const EXCHANGE_OUT: &str = "wasl.out";
/// Topic exchange on which adapters publish what became of a request.
pub const EXCHANGE_ANSWERS: &str = "wasl.answers";
/// Direct exchange from the core to the adapters.
pub const EXCHANGE_REVIEW: &str = "wasl.review";
/// Alternate exchange of [`EXCHANGE_IN`] only; on another it would turn a returned message into an ack.
pub const EXCHANGE_UNROUTED: &str = "wasl.unrouted";
/// Where the broker sends what it gives up on.
pub const EXCHANGE_DEAD: &str = "wasl.dead";
/// Fanout exchange to every queue that the core reads, for its own markers: what stood in a queue before a marker
/// has been read once the marker is. Only the core may write to it.
pub const EXCHANGE_MARKER: &str = "wasl.marker";

/// Queue of new files.
pub const QUEUE_INTAKE: &str = "intake";
/// Queue of everything else that partners send: about files that are known, on which a legal clock may hang. A flood of
/// new files does not delay it.
pub const QUEUE_URGENT: &str = "intake.urgent";
/// Queue of everything that adapters answer.
pub const QUEUE_ANSWERS: &str = "answers";
/// Queue of what agencies call us with: an opinion or a payment, on which a legal clock may hang. The outcomes of a burst
/// of requests do not delay it.
pub const QUEUE_CALLBACKS: &str = "answers.urgent";
/// Queue of what matched no binding of [`EXCHANGE_IN`].
pub const QUEUE_UNROUTED: &str = "unrouted";

/// Binding keys of [`QUEUE_ANSWERS`]: what adapters publish, and what is known of a line.
pub const BINDINGS_ANSWERS: [&str; 3] = ["*.outcome", "*.collected", "*.line"];
/// Binding key of [`QUEUE_CALLBACKS`].
pub const BINDING_CALLBACKS: &str = "*.callback";

/// `source` of everything that the gateway sends.
pub const SOURCE_GATEWAY: &str = "/wasl";
/// `source` of a commune is this and its code.
pub const SOURCE_COMMUNES: &str = "/communes/";
/// `source` of a prefecture or province is this and its code.
pub const SOURCE_PROVINCES: &str = "/provinces/";

/// Content type of a CloudEvent in structured mode, JSON format.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";
/// Header of a message that the sweeper published again after a crash; its value is `true`.
pub const HEADER_POSSIBLE_DUPLICATE: &str = "possible-duplicate";
/// How the headers begin that the core alone may set: they are taken off what comes from anybody else.
pub const HEADERS_OF_CORE: &str = "x-wasl-";
/// Header of a message that operators had sent again: which act.
pub const HEADER_ACT: &str = "x-wasl-act";
/// Header of a message that operators had sent again: where it was parked.
pub const HEADER_PARKED: &str = "x-wasl-parked";
/// Header of a message that operators had sent again: the user that the broker had checked when it first came.
pub const HEADER_SENDER: &str = "x-wasl-sender";

/// Binding keys of [`QUEUE_INTAKE`] and of [`QUEUE_URGENT`]: each inbound message is in one of them.
#[must_use]
pub fn bindings_in() -> (Vec<String>, Vec<String>) {
    let (new, known): (Vec<CommandName>, Vec<CommandName>) =
        CommandName::ALL.into_iter().partition(|name| *name == CommandName::FileSubmitted);
    let keys = |names: Vec<CommandName>| names.into_iter().map(binding_in).collect();
    (keys(new), keys(known))
}

fn binding_in(name: CommandName) -> String {
    let sender = if name == CommandName::SilenceAttested { "province" } else { "commune" };
    format!("{sender}.*.{}", name.as_str())
}

/// The queue that a commune reads.
#[must_use]
pub fn queue_commune(code: &CommuneCode) -> String {
    format!("commune.{code}")
}

/// The queue that a prefecture or province reads; also its routing key on [`EXCHANGE_OUT`] and its binding key.
#[must_use]
pub fn queue_province(code: &ProvinceCode) -> String {
    format!("province.{code}")
}

/// The queue that a region reads, by its two digits; also its routing key on [`EXCHANGE_OUT`] and its binding
/// key. A region sends nothing.
#[must_use]
pub fn queue_region(code: &str) -> String {
    format!("region.{code}")
}

/// The routing key on [`EXCHANGE_OUT`] for a commune; also the binding key of its queue.
#[must_use]
pub fn key_out(code: &CommuneCode) -> String {
    queue_commune(code)
}

/// The queue of requests that an agency's adapter reads; also their routing key on [`EXCHANGE_REVIEW`].
#[must_use]
pub fn queue_review(kind: &AgencyKind) -> String {
    format!("review.{kind}")
}

/// The queue of the feeds that an agency's adapter is to read; also their routing key on [`EXCHANGE_REVIEW`]. What an
/// agency has said never waits behind what it is still to be asked.
#[must_use]
pub fn queue_feeds(kind: &AgencyKind) -> String {
    format!("review.{kind}.feeds")
}

/// Both queues that an agency's adapter reads.
#[must_use]
pub fn queues_of_agency(kind: &AgencyKind) -> [String; 2] {
    [queue_review(kind), queue_feeds(kind)]
}

/// The routing key on [`EXCHANGE_ANSWERS`] of what became of one request.
#[must_use]
pub fn key_outcome(kind: &AgencyKind) -> String {
    format!("{kind}.outcome")
}

/// The routing key on [`EXCHANGE_ANSWERS`] of what an agency called us with.
#[must_use]
pub fn key_callback(kind: &AgencyKind) -> String {
    format!("{kind}.callback")
}

/// The routing key on [`EXCHANGE_ANSWERS`] of a reading of a feed.
#[must_use]
pub fn key_collected(kind: &AgencyKind) -> String {
    format!("{kind}.collected")
}

/// The routing key on [`EXCHANGE_ANSWERS`] of a report about the line to an agency.
#[must_use]
pub fn key_line(kind: &AgencyKind) -> String {
    format!("{kind}.line")
}

/// The queue of the dead letters of `queue`; also their routing key on [`EXCHANGE_DEAD`].
#[must_use]
pub fn queue_dead(queue: &str) -> String {
    format!("dead.{queue}")
}

/// The routing key on [`EXCHANGE_IN`] of a message `name` (`file.submitted`) from a commune.
#[must_use]
pub fn key_in(code: &CommuneCode, name: &str) -> String {
    format!("commune.{code}.{name}")
}

/// The routing key on [`EXCHANGE_IN`] of a message from a prefecture or province.
#[must_use]
pub fn key_in_province(code: &ProvinceCode, name: &str) -> String {
    format!("province.{code}.{name}")
}

/// The broker user of a commune.
#[must_use]
pub fn user_commune(code: &CommuneCode) -> String {
    format!("commune-{code}")
}

/// The broker user of a prefecture or province.
#[must_use]
pub fn user_province(code: &ProvinceCode) -> String {
    format!("province-{code}")
}

/// The broker user of a region.
#[must_use]
pub fn user_region(code: &str) -> String {
    format!("region-{code}")
}

/// `source` of a commune's messages.
#[must_use]
pub fn source_commune(code: &CommuneCode) -> String {
    format!("{SOURCE_COMMUNES}{code}")
}

/// `source` of a prefecture's or province's messages.
#[must_use]
pub fn source_province(code: &ProvinceCode) -> String {
    format!("{SOURCE_PROVINCES}{code}")
}
