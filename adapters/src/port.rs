//! The port: what the gateway asks of an adapter, and nothing more. See `SPEC.md`.

use std::sync::OnceLock;

use async_trait::async_trait;
use jiff::Timestamp;
use wasl_schemas::agency::{
    AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RejectedItem, Said,
};
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::line::{CertificateNote, DriftNote};
use wasl_schemas::money::Centimes;
use wasl_schemas::statement::Statement;

use crate::transport::soap::Envelope;
use crate::transport::xml::XmlLimits;

/// An agency's adapter: stateless (caches of what was read apart), never retrying by itself.
///
/// `handle` and `query` never return `Err`: everything that can go wrong is an [`Outcome`].
#[async_trait]
pub trait Adapter: Send + Sync {
    /// Translates and sends one request (consult, supplement, cancel, pay, refund).
    async fn handle(&self, request: &AgencyRequest) -> Handled;

    /// Asks the agency, by our own reference, what became of a request: for polls, and before anything is
    /// sent a second time. [`Outcome::NotKnown`] means that it may be sent.
    async fn query(&self, request: &AgencyRequest) -> Handled;

    /// Reads on in a feed. The cursor that comes in is committed: what it names may be archived now. An agency
    /// without a feed has nothing to say here.
    async fn collect(&self, request: &CollectRequest) -> Collected {
        Collected { next_cursor: request.cursor.clone(), ..Collected::default() }
    }

    /// First look at a callback: whose is it? Pure. An agency that never calls has nothing to say here.
    fn identify(&self, _raw: &RawCallback) -> Identified {
        Identified::default()
    }

    /// Verifies the raw bytes of a callback and translates them. Pure. An agency that never calls has no such
    /// address.
    fn receive(&self, _raw: &RawCallback, _expected: &Expected) -> Received {
        let reply = Reply { status: 404, content_type: "text/plain; charset=utf-8", body: String::new() };
        Received::Ignore { reply, alarm: None }
    }

    /// Pure: the exact bytes that [`Adapter::handle`] would send, for people who look inside.
    ///
    /// # Errors
    /// The fault (code and reason) for which the request cannot be translated.
    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable>;

    /// Pure: what the adapter makes of an answer, a callback or an answer file of its agency.
    ///
    /// # Errors
    /// The fault (code and reason) for which the bytes cannot be understood.
    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable>;

    /// Pure: in what a callback differs from what its reader was written for. An agency without callbacks has
    /// none; see `transport::drift`.
    fn drift(&self, _raw: &RawCallback) -> Vec<DriftNote> {
        Vec::new()
    }

    /// The certificates of the line that are known now: those of the settings, and what the agency has shown.
    fn certificates(&self) -> Vec<CertificateNote> {
        Vec::new()
    }

    /// What the gateway needs to know to run it.
    fn traits(&self) -> Traits;
}

/// Fixed properties of an adapter.
#[derive(Debug, Clone)]
pub struct Traits {
    /// Its kind, also the name of its queue and configuration file.
    pub kind: AgencyKind,
    /// Feeds that the core reads by timer, e.g. `notifications`.
    pub feeds: Vec<&'static str>,
    /// Requests are answered by polls with `query` while they are open.
    pub polled: bool,
    /// The agency itself refuses a duplicate of our reference, so a second sending is harmless.
    pub refuses_duplicates: bool,
    /// `query` finds out whether a request of any kind arrived. Without this and without `refuses_duplicates` a
    /// request in doubt waits for an operator.
    pub can_be_asked: bool,
    /// Documented losses: fields of the canonical request that the agency's format cannot carry.
    pub drops: &'static [&'static str],
}

/// Result of `handle` and `query`.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// What became of it.
    pub outcome: Outcome,
    /// What was said on the wire, in order.
    pub exchanges: Vec<Exchange>,
}

/// Result of `collect`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Collected {
    /// Understood items in the agency's order.
    pub items: Vec<CollectedItem>,
    /// Items to park.
    pub rejected: Vec<RejectedItem>,
    /// Statements of an account, to be kept and compared with what was booked.
    pub statements: Vec<Statement>,
    /// Where to read on; equal to the old cursor when nothing came. At most 64 KiB.
    pub next_cursor: String,
    /// More is waiting.
    pub more: bool,
    /// Set when the reading failed: nothing moves.
    pub failed: Option<String>,
    /// What was said on the wire about single consultations.
    pub said: Vec<Said>,
    /// In what the feed itself differs from what its reader was written for; that of single messages stands in
    /// their exchanges.
    pub drift: Vec<DriftNote>,
}

/// A callback as it came from the network.
#[derive(Debug, Clone)]
pub struct RawCallback {
    /// HTTP method.
    pub method: String,
    /// Path below `/callbacks/<agency>`, and query.
    pub path: String,
    /// Header names in lower case, values as text.
    pub headers: Vec<(String, String)>,
    /// Body, capped.
    pub body: Vec<u8>,
    /// Wall-clock time of arrival.
    pub received_at: Timestamp,
    /// Of several calls about one callback the first reads it.
    envelope: OnceLock<Result<Envelope, String>>,
}

impl RawCallback {
    /// A callback that nobody has looked at.
    #[must_use]
    pub fn new(
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        received_at: Timestamp,
    ) -> Self {
        Self { method, path, headers, body, received_at, envelope: OnceLock::new() }
    }

    /// The body as a SOAP envelope.
    ///
    /// # Errors
    /// A sentence that says why it is none.
    pub fn envelope(&self) -> Result<&Envelope, String> {
        let read = || Envelope::read(&self.body, XmlLimits::default()).map_err(|e| e.to_string());
        self.envelope.get_or_init(read).as_ref().map_err(String::clone)
    }
}

/// Whose callback it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identified {
    /// Our reference, as far as it can be read before any verification.
    pub consultation: Option<ConsultationId>,
    /// A nonce that must never be seen twice (the gateway keeps them), with the time until it is kept.
    pub nonce: Option<String>,
}

/// What the gateway expects of a callback: looked up by [`Identified::consultation`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The consultation or order is known and of this agency.
    pub known: bool,
    /// The nonce was seen before.
    pub nonce_replayed: bool,
    /// For a payment order: its amount.
    pub amount_centimes: Option<Centimes>,
    /// For a payment order: the transaction that was captured already.
    pub captured_transaction: Option<String>,
}

/// What to do with a callback, and how to answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Publish the outcome with a confirm, then answer.
    Accept {
        /// The agency's own id of it, for the duplicate key.
        event_id: String,
        /// What it says.
        outcome: Outcome,
        /// The answer once the outcome is confirmed.
        reply: Reply,
    },
    /// A card payment: commit the capture, publish the outcome with a confirm, then answer. When another
    /// process captured a different transaction meanwhile, `conflict` is answered instead.
    Capture {
        /// The bank's transaction.
        transaction: String,
        /// What was paid.
        amount_centimes: Centimes,
        /// [`Outcome::Paid`].
        outcome: Outcome,
        /// The answer for this transaction, also when it comes again.
        reply: Reply,
        /// The answer when another transaction was captured for the order.
        conflict: Reply,
    },
    /// Nothing to publish; answer. `alarm` is a fault code that an operator should see.
    Ignore {
        /// The answer.
        reply: Reply,
        /// Fault code for the operator.
        alarm: Option<&'static str>,
    },
    /// Not authentic or not understandable: park the raw bytes, answer.
    Reject {
        /// The answer.
        reply: Reply,
        /// Fault code.
        code: &'static str,
        /// Why, for the operator; never shown to the caller.
        reason: String,
    },
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// `POST /v2/consultations`, `out/wasl-….xml` …
    pub target: String,
    /// Media type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why something cannot be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Untranslatable {
    /// Fault code.
    pub code: &'static str,
    /// Why, and where (JSON Pointer or line:column).
    pub reason: String,
}
