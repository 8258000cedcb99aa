//! Between the core and the adapters: what an agency is asked, and what became of it.
//!
//! These messages travel on `wasl.review` and `wasl.answers` only; partners never see them.

mod messages;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::Supplement;
use crate::consultation::MissingItem;
use crate::file::{Name, PermitFile};
use crate::id::{AgencyKind, CommuneCode, ConsultationId, FileId, ProvinceCode, WASL_NAMESPACE, beside};
use crate::line::{DriftNote, WireBody};
use crate::money::Centimes;
use crate::opinion::Opinion;
use crate::payment::{PaymentOrder, PaymentReceipt};
use crate::statement::Statement;

pub use self::messages::{AnswerMessage, ReviewMessage};

/// What is asked of the agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// Give your opinion on this file.
    Consult,
    /// Here is what was missing.
    Supplement,
    /// The opinion is no longer needed.
    Cancel,
    /// Ask the payer for this amount.
    Pay,
    /// Give this amount back.
    Refund,
    /// What became of it? Nothing is sent anew.
    Query,
}

impl RequestKind {
    /// The key on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consult => "consult",
            Self::Supplement => "supplement",
            Self::Cancel => "cancel",
            Self::Pay => "pay",
            Self::Refund => "refund",
            Self::Query => "query",
        }
    }
}

/// The commune on whose behalf an agency is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommuneRef {
    /// Its code.
    pub code: CommuneCode,
    /// Its name.
    pub name: Name,
    /// Its prefecture or province.
    pub province: ProvinceCode,
    /// Its region, two digits.
    pub region: String,
}

/// The canonical request that an adapter translates into its agency's own format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgencyRequest {
    /// Our reference with the agency.
    pub consultation: ConsultationId,
    /// The file it is about.
    pub file: FileId,
    /// What is asked.
    pub kind: RequestKind,
    /// 1 for the first try of this kind, then 2, 3 …
    pub attempt: u32,
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Which agency of the kind, from the dated registry.
    pub agency_id: String,
    /// The commune.
    pub commune: CommuneRef,
    /// When the commune received the file: the reviewer's limit runs from here.
    pub received_on: Date,
    /// Last local day for the answer.
    pub due: Date,
    /// The permit file as deposited: one for all requests about it.
    pub permit_file: std::sync::Arc<PermitFile>,
    /// The agency's own number, once it has given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_reference: Option<String>,
    /// For `supplement`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<Supplement>,
    /// For `pay`, `refund` and their `query`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<PaymentOrder>,
    /// Settled by two operators: sent without asking first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
}

/// Asks an adapter to read on in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectRequest {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Name of the feed inside the agency, e.g. `notifications`.
    pub feed: String,
    /// Where the last **committed** reading ended, or empty: all that it names is stored and may be archived.
    pub cursor: String,
    /// Version of the cursor, for compare-and-set.
    pub version: i64,
}

/// What became of a request. Unknown values from an agency become `Pending`, never a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The agency has the request.
    Delivered {
        /// Its own number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency_reference: Option<String>,
    },
    /// The agency says that it studies a complete file.
    Acknowledged {
        /// Its own number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency_reference: Option<String>,
    },
    /// The agency says what is missing.
    Incomplete {
        /// What is missing.
        missing: Vec<MissingItem>,
        /// Until when the agency waits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        respond_by: Option<Date>,
    },
    /// The agency gave its opinion.
    Answered {
        /// The opinion.
        opinion: Opinion,
    },
    /// The agency knows it and has nothing new, or said something that is not understood yet.
    Pending {
        /// What was not understood, if anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unknown: Option<String>,
    },
    /// Asked by our reference: the agency does not know it, so it may be sent.
    NotKnown,
    /// The agency refuses the request, or it cannot be translated. Never an opinion.
    Refused {
        /// The agency's code, or a fault code of ours.
        code: String,
        /// In the agency's words.
        reason: String,
    },
    /// It surely did not arrive; try again.
    TryLater {
        /// Why.
        reason: String,
        /// The agency's own wish (Retry-After), in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// It may have arrived; ask before sending again.
    InDoubt {
        /// Why.
        reason: String,
    },
    /// The payer was asked to pay.
    Ordered {
        /// The bank's own number of the order.
        bank_reference: String,
        /// Where the payer pays by card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pay_url: Option<String>,
    },
    /// The fee was paid and captured.
    Paid {
        /// What the bank says.
        receipt: PaymentReceipt,
    },
    /// One try to pay failed; the order stays open.
    PaymentRefused {
        /// The bank's transaction number.
        transaction: String,
        /// The bank's code.
        code: String,
    },
    /// The order is closed without payment.
    PaymentFailed {
        /// The bank's code.
        code: String,
        /// In the bank's words.
        reason: String,
    },
    /// The amount was given back.
    Refunded {
        /// What was given back.
        amount_centimes: Centimes,
        /// The bank's transaction number.
        transaction: String,
    },
    /// The agency took note of the cancellation.
    Cancelled,
}

impl Outcome {
    /// The key on the wire, part of the outcome's derived id.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Incomplete { .. } => "incomplete",
            Self::Answered { .. } => "answered",
            Self::Pending { .. } => "pending",
            Self::NotKnown => "not-known",
            Self::Refused { .. } => "refused",
            Self::TryLater { .. } => "try-later",
            Self::InDoubt { .. } => "in-doubt",
            Self::Ordered { .. } => "ordered",
            Self::Paid { .. } => "paid",
            Self::PaymentRefused { .. } => "payment-refused",
            Self::PaymentFailed { .. } => "payment-failed",
            Self::Refunded { .. } => "refunded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One thing said on an agency's wire, for the wire log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// `POST /v2/consultations`, `SOAP create/ServiceRequest`, `PUT out/….xml`.
    pub what: String,
    /// Wall-clock time.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// HTTP status or a word: `201`, `timeout`, `written`.
    pub status: String,
    /// SHA-256 of what was received (or sent, when nothing came back), in hexadecimal.
    pub sha256: String,
    /// The beginning of what was sent; absent where bodies are not kept, and for anything with a secret in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<WireBody>,
    /// The beginning of what was received, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<WireBody>,
    /// Where the received message differs from what is known: counted by the adapter's process, and left there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<DriftNote>,
}

/// Something said about one consultation while a feed was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Our reference.
    pub consultation: ConsultationId,
    /// What was said.
    pub exchange: Exchange,
}

/// How an outcome came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The agency's answer to a request.
    Request,
    /// The agency called us.
    Callback,
    /// Found in a feed, a folder, a statement.
    Collect,
}

/// A message on `wasl.answers`, routing key `<agency>.outcome`; of a callback `<agency>.callback`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeMessage {
    /// Duplicate key: derived, so that a repeat falls on the same id.
    pub id: Uuid,
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Our reference.
    pub consultation: ConsultationId,
    /// What had been asked; `query` for callbacks and collected items.
    pub request: RequestKind,
    /// The attempt that it answers; 0 for callbacks and collected items.
    pub attempt: u32,
    /// How it came.
    pub via: Via,
    /// What became of it.
    pub outcome: Outcome,
    /// What was said on the wire.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
}

impl OutcomeMessage {
    /// The id of the outcome of a request: of (consultation, kind of request, attempt, outcome), beside the consultation's.
    #[must_use]
    pub fn id_of_attempt(
        consultation: ConsultationId,
        kind: RequestKind,
        attempt: u32,
        outcome: &Outcome,
    ) -> Uuid {
        let name = format!("outcome|{consultation}|{}|{attempt}|{}", kind.as_str(), outcome.key());
        beside(consultation.0, &name)
    }

    /// The id of something the agency says by itself: UUIDv5 of (agency, the agency's own id of it).
    #[must_use]
    pub fn id_of_event(agency: &AgencyKind, event_id: &str) -> Uuid {
        Uuid::new_v5(&WASL_NAMESPACE, format!("event|{agency}|{event_id}").as_bytes())
    }
}

/// One item of a feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectedItem {
    /// The agency's own id of the item.
    pub event_id: String,
    /// Our reference, as found in the item.
    pub consultation: ConsultationId,
    /// What it says.
    pub outcome: Outcome,
}

/// An item that could not be understood or matched; it is parked, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedItem {
    /// The agency's own id, or the file's name.
    pub event_id: String,
    /// Fault code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// The raw bytes in Base64, at most 64 KiB of them.
    pub raw_base64: String,
}

/// A message on `wasl.answers`, key `<agency>.collected`: items **and** next cursor, committed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectedMessage {
    /// Duplicate key.
    pub id: Uuid,
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Name of the feed.
    pub feed: String,
    /// Version of the cursor from which was read.
    pub version: i64,
    /// Where to read on.
    pub next_cursor: String,
    /// More is waiting: collect again at once.
    pub more: bool,
    /// Understood items, in the agency's order.
    pub items: Vec<CollectedItem>,
    /// Items to park.
    pub rejected: Vec<RejectedItem>,
    /// Statements of an account, to be kept and compared with what was booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Set when the reading failed; then nothing moves and the feed is read again later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// What was said on the wire about single consultations, for the wire log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
}
