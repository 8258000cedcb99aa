//! What the gateway says to a commune: the data of each outbound message.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::consultation::PlannedConsultation;
use crate::decision::DecisionOutcome;
use crate::file::{Permit, ProjectClass};
use crate::id::{AgencyKind, CommuneCode, ConsultationId};
use crate::money::Centimes;
use crate::payment::PaymentReceipt;
use crate::problem::Fault;

mod parts;

pub use self::parts::{
    ConsultationDetail, ConsultationNotice, EscalationLevel, LegalDates, ReviewResult, StepDate,
};

/// What the gateway tells a commune. The variant's name is the message's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum Notice {
    /// The file is registered.
    #[serde(rename = "file.registered")]
    FileRegistered {
        /// The gateway's own number; it starts nothing.
        registration: String,
        /// Version of the deposit.
        deposit_version: u32,
        /// Kind of permit.
        permit: Permit,
        /// Class by the rule (may differ from the one stated; then `faults` warns).
        project_class: ProjectClass,
        /// When the gateway registered it.
        registered_at: Timestamp,
        /// Who will be asked.
        plan: Vec<PlannedConsultation>,
        /// Legal dates.
        deadlines: LegalDates,
        /// Warnings: nothing here stops the file.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Fault>,
    },
    /// The message was refused. `refused_id` and `refused_type` say which.
    #[serde(rename = "file.refused")]
    FileRefused {
        /// `id` of the refused message, when it could be read.
        refused_id: Option<String>,
        /// `type` of the refused message, when it could be read.
        refused_type: Option<String>,
        /// All its faults.
        faults: Vec<Fault>,
    },
    /// A consultation is with the agency.
    #[serde(rename = "consultation.sent")]
    ConsultationSent(ConsultationNotice),
    /// The agency studies it.
    #[serde(rename = "consultation.acknowledged")]
    ConsultationAcknowledged(ConsultationNotice),
    /// The agency says what is missing.
    #[serde(rename = "consultation.incomplete")]
    ConsultationIncomplete(ConsultationNotice),
    /// The agency gave its opinion.
    #[serde(rename = "consultation.answered")]
    ConsultationAnswered(ConsultationNotice),
    /// The agency's limit has passed.
    #[serde(rename = "consultation.overdue")]
    ConsultationOverdue(ConsultationNotice),
    /// The decision goes on without the agency's opinion.
    #[serde(rename = "consultation.unanswered")]
    ConsultationUnanswered(ConsultationNotice),
    /// The agency refused the request, or it could not be translated.
    #[serde(rename = "consultation.undeliverable")]
    ConsultationUndeliverable(ConsultationNotice),
    /// No consultation is open any more.
    #[serde(rename = "file.reviewed")]
    FileReviewed {
        /// Version of the deposit.
        deposit_version: u32,
        /// What came of each.
        results: Vec<ReviewResult>,
        /// A binding opinion is missing or unfavourable: a grant would be rejected.
        grant_blocked: bool,
    },
    /// The payer can pay.
    #[serde(rename = "payment.ordered")]
    PaymentOrdered {
        /// The commune's key of the fee.
        fee: AgencyKind,
        /// Our reference.
        order: ConsultationId,
        /// What is asked.
        amount_centimes: Centimes,
        /// The bank's number.
        bank_reference: String,
        /// Where to pay by card.
        pay_url: Option<String>,
    },
    /// A fee was paid.
    #[serde(rename = "payment.confirmed")]
    PaymentConfirmed {
        /// The commune's key of the fee.
        fee: AgencyKind,
        /// Our reference.
        order: ConsultationId,
        /// The bank's receipt.
        receipt: PaymentReceipt,
    },
    /// A fee was not paid: one try (`final: false`), or the order is closed.
    #[serde(rename = "payment.failed")]
    PaymentFailed {
        /// The commune's key of the fee.
        fee: AgencyKind,
        /// Our reference.
        order: ConsultationId,
        /// The bank's code; `cancelled` when the file ended without a permit and nobody needs to pay any more.
        code: String,
        /// The order is closed.
        #[serde(rename = "final")]
        is_final: bool,
    },
    /// A fee was given back.
    #[serde(rename = "payment.refunded")]
    PaymentRefunded {
        /// The commune's key of the fee.
        fee: AgencyKind,
        /// Our reference.
        order: ConsultationId,
        /// What was given back.
        amount_centimes: Centimes,
    },
    /// The bank does not give a fee back; it stays paid, and may be asked again.
    #[serde(rename = "refund.refused")]
    RefundRefused {
        /// The commune's key of the fee.
        fee: AgencyKind,
        /// Our reference.
        order: ConsultationId,
        /// The bank's code.
        code: String,
        /// In the bank's words.
        reason: String,
    },
    /// A limit comes near.
    #[serde(rename = "deadline.approaching")]
    DeadlineApproaching {
        /// `decision` or a step's name.
        what: String,
        /// Its last day.
        due: Date,
        /// Calendar days that remain.
        days_left: i32,
    },
    /// A limit has passed.
    #[serde(rename = "deadline.passed")]
    DeadlinePassed {
        /// `decision` or a step's name.
        what: String,
        /// Its last day.
        due: Date,
    },
    /// A limit has passed long enough ago that the prefecture or province, or the region, is told. The commune
    /// gets the same message.
    #[serde(rename = "deadline.escalated")]
    DeadlineEscalated {
        /// Who is told.
        level: EscalationLevel,
        /// The commune whose file it is: a reference is unique in its commune only.
        commune: CommuneCode,
        /// `decision` or a step's name.
        what: String,
        /// Its last day.
        due: Date,
        /// Calendar days since then.
        days_past: i32,
    },
    /// A limit moved.
    #[serde(rename = "deadline.moved")]
    DeadlineMoved {
        /// Why: `redeposited`, `suspended`, `resumed`, `extended`, `calendar`.
        why: String,
        /// The dates before.
        before: Box<LegalDates>,
        /// The dates now.
        after: Box<LegalDates>,
    },
    /// The limit passed without a decision: the right is acquired.
    #[serde(rename = "right.acquired")]
    RightAcquired {
        /// The legal instant.
        acquired_at: Timestamp,
        /// When the gateway recorded it.
        recorded_at: Timestamp,
        /// Something about the file still waited for an operator when the longest wait was over: `set-aside`
        /// (a message), `open-attempt` (the outcome of a request).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        despite: Option<String>,
    },
    /// The commune's decision is recorded.
    #[serde(rename = "decision.recorded")]
    DecisionRecorded {
        /// Number of the act.
        number: String,
        /// Granted or refused.
        outcome: DecisionOutcome,
        /// Legal time.
        decided_at: Timestamp,
        /// After the limit, in the later reading where the unit is doubtful.
        late: bool,
        /// It was taken in time, but arrived when the right had been acquired by silence: it stands, and an
        /// operator is told.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        after_right: bool,
        /// Warnings, such as `decision.reported-late`: nothing here stops the decision.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Fault>,
    },
    /// The commune's decision cannot stand.
    #[serde(rename = "decision.rejected")]
    DecisionRejected {
        /// Number of the act.
        number: String,
        /// Why.
        faults: Vec<Fault>,
    },
    /// The permit is delivered.
    #[serde(rename = "permit.delivered")]
    PermitDelivered {
        /// Number of the act, or of the attestation of silence.
        number: String,
        /// When all conditions were met.
        delivered_at: Timestamp,
        /// By the commune's decision, or by silence with its attestation.
        by_silence: bool,
    },
}

impl Notice {
    /// Names of all notices, in the order of the flow.
    pub const NAMES: [&'static str; 23] = [
        "file.registered",
        "file.refused",
        "consultation.sent",
        "consultation.acknowledged",
        "consultation.incomplete",
        "consultation.answered",
        "consultation.overdue",
        "consultation.unanswered",
        "consultation.undeliverable",
        "file.reviewed",
        "payment.ordered",
        "payment.confirmed",
        "payment.failed",
        "payment.refunded",
        "refund.refused",
        "deadline.approaching",
        "deadline.passed",
        "deadline.escalated",
        "deadline.moved",
        "right.acquired",
        "decision.recorded",
        "decision.rejected",
        "permit.delivered",
    ];

    /// The message's name, without `ma.wasl.` and `.v1`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FileRegistered { .. } => "file.registered",
            Self::FileRefused { .. } => "file.refused",
            Self::ConsultationSent(_) => "consultation.sent",
            Self::ConsultationAcknowledged(_) => "consultation.acknowledged",
            Self::ConsultationIncomplete(_) => "consultation.incomplete",
            Self::ConsultationAnswered(_) => "consultation.answered",
            Self::ConsultationOverdue(_) => "consultation.overdue",
            Self::ConsultationUnanswered(_) => "consultation.unanswered",
            Self::ConsultationUndeliverable(_) => "consultation.undeliverable",
            Self::FileReviewed { .. } => "file.reviewed",
            Self::PaymentOrdered { .. } => "payment.ordered",
            Self::PaymentConfirmed { .. } => "payment.confirmed",
            Self::PaymentFailed { .. } => "payment.failed",
            Self::PaymentRefunded { .. } => "payment.refunded",
            Self::RefundRefused { .. } => "refund.refused",
            Self::DeadlineApproaching { .. } => "deadline.approaching",
            Self::DeadlinePassed { .. } => "deadline.passed",
            Self::DeadlineEscalated { .. } => "deadline.escalated",
            Self::DeadlineMoved { .. } => "deadline.moved",
            Self::RightAcquired { .. } => "right.acquired",
            Self::DecisionRecorded { .. } => "decision.recorded",
            Self::DecisionRejected { .. } => "decision.rejected",
            Self::PermitDelivered { .. } => "permit.delivered",
        }
    }
}
