//! The kinds of effect that the ledger knows.

use serde::{Deserialize, Serialize};

/// What happened at an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A request for an opinion was taken in.
    ConsultationAccepted,
    /// A request for an opinion was refused with a code.
    ConsultationRefused,
    /// The agency acknowledged a request as complete.
    ConsultationAcknowledged,
    /// The agency said what is missing.
    ConsultationIncomplete,
    /// What was missing arrived.
    ConsultationSupplement,
    /// The agency gave its opinion or its facts.
    ConsultationAnswered,
    /// The request was withdrawn.
    ConsultationCancelled,
    /// The bank took in an order for payment.
    OrderCreated,
    /// The bank has checked an order that it first kept pending.
    OrderAccepted,
    /// The bank rejected an order (RJCT).
    OrderRejected,
    /// An order was not paid before its end.
    OrderExpired,
    /// An order was paid: the card was charged and the gateway confirmed the capture, or the money came at a counter.
    PaymentCaptured,
    /// Money came at a counter that does not pay its order: too little, too much, or once more.
    CounterMoney,
    /// The card was refused.
    PaymentRefused,
    /// Money went back to the payer.
    PaymentRefunded,
    /// A callback was sent and answered.
    CallbackAcknowledged,
    /// The agency fetched a document: size and hash are the announced ones.
    DocumentReceived,
    /// The agency could not fetch a document, or it is another than was announced.
    DocumentFailed,
    /// The same reference came twice; one effect.
    Duplicate,
    /// A request broke the contract.
    Violation,
    /// A test fixed the behaviour of a reference.
    PlanSet,
    /// A test switched an outage on or off.
    OutageSet,
}

impl Action {
    /// The name in the ledger.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ConsultationAccepted => "consultation-accepted",
            Self::ConsultationRefused => "consultation-refused",
            Self::ConsultationAcknowledged => "consultation-acknowledged",
            Self::ConsultationIncomplete => "consultation-incomplete",
            Self::ConsultationSupplement => "consultation-supplement",
            Self::ConsultationAnswered => "consultation-answered",
            Self::ConsultationCancelled => "consultation-cancelled",
            Self::OrderCreated => "order-created",
            Self::OrderAccepted => "order-accepted",
            Self::OrderRejected => "order-rejected",
            Self::OrderExpired => "order-expired",
            Self::PaymentCaptured => "payment-captured",
            Self::CounterMoney => "counter-money",
            Self::PaymentRefused => "payment-refused",
            Self::PaymentRefunded => "payment-refunded",
            Self::CallbackAcknowledged => "callback-acknowledged",
            Self::DocumentReceived => "document-received",
            Self::DocumentFailed => "document-failed",
            Self::Duplicate => "duplicate",
            Self::Violation => "violation",
            Self::PlanSet => "plan-set",
            Self::OutageSet => "outage-set",
        }
    }
}
