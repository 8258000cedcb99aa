//! What happens to a permit file. Events are the truth: state, read models, messages and timers are
//! derived from them. They are stored; so a variant or field is only ever added, with a default.
#![expect(missing_docs, reason = "each variant is documented; its fields are named by the types they carry")]

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wasl_schemas::agency::{CommuneRef, RequestKind};
use wasl_schemas::command::{Attestation, Fee, RecordedOpinion, Supplement};
use wasl_schemas::consultation::{MissingItem, PlannedConsultation};
use wasl_schemas::decision::Decision;
use wasl_schemas::file::{PermitFile, ProjectClass};
use wasl_schemas::id::{AgencyKind, ConsultationId, FileId};
use wasl_schemas::money::Centimes;
use wasl_schemas::notice::{EscalationLevel, LegalDates, ReviewResult};
use wasl_schemas::opinion::Opinion;
use wasl_schemas::payment::PaymentReceipt;
use wasl_schemas::problem::Fault;

use super::input::Release;
use super::state::HoldReason;
use crate::deadline::ClockState;

/// A deposit as it was planned: shared by the first registration and every re-deposit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    /// The file as deposited.
    pub permit_file: Arc<PermitFile>,
    /// Class by the rule.
    pub class: ProjectClass,
    /// Rule in force on the date of filing.
    pub rule: String,
    /// Something must be paid before delivery.
    pub fees_due: bool,
    /// The clock.
    pub clock: ClockState,
    /// Legal dates.
    pub dates: LegalDates,
    /// Who is asked.
    pub plan: Vec<PlannedConsultation>,
}

/// Something that happened to one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first deposit was registered; its consultations are asked for.
    Registered {
        id: FileId,
        registration: String,
        commune: CommuneRef,
        deposit: Deposit,
        at: Timestamp,
        warnings: Vec<Fault>,
    },
    /// The next deposit; the clock starts again from zero.
    Redeposited { deposit: Deposit, at: Timestamp, warnings: Vec<Fault> },
    /// The agency has the request.
    ConsultationSent { consultation: ConsultationId, agency_reference: Option<String>, at: Timestamp },
    /// The agency's or the bank's own number, read after what told that it has the request.
    ReferenceKnown { consultation: ConsultationId, agency_reference: String, at: Timestamp },
    /// The agency studies it.
    ConsultationAcknowledged { consultation: ConsultationId, agency_reference: Option<String>, at: Timestamp },
    /// The agency says what is missing.
    ConsultationIncomplete {
        consultation: ConsultationId,
        missing: Vec<MissingItem>,
        respond_by: Option<Date>,
        at: Timestamp,
    },
    /// The commune brought it; it goes to the agency.
    ConsultationSupplemented { consultation: ConsultationId, supplement: Supplement, at: Timestamp },
    /// The agency has the supplement.
    SupplementDelivered { consultation: ConsultationId, at: Timestamp },
    /// The agency gave its opinion.
    ConsultationAnswered { consultation: ConsultationId, opinion: Opinion, late: bool, at: Timestamp },
    /// The agency's limit has passed.
    ConsultationOverdue { consultation: ConsultationId, at: Timestamp },
    /// The decision goes on without the opinion: no opinion is invented.
    ConsultationUnanswered { consultation: ConsultationId, at: Timestamp },
    /// The agency refused the request, or it could not be translated.
    ConsultationUndeliverable { consultation: ConsultationId, code: String, reason: String, at: Timestamp },
    /// The opinion is no longer needed. `tell` asks the adapter to say so to the agency.
    ConsultationCancelled { consultation: ConsultationId, tell: bool, at: Timestamp },
    /// The agency took note that the opinion is no longer needed, or will not hear of it.
    CancellationDelivered { consultation: ConsultationId, at: Timestamp },
    /// An attempt failed; the next one is planned.
    AttemptFailed {
        consultation: ConsultationId,
        request: RequestKind,
        attempt: u32,
        in_doubt: bool,
        reason: String,
        retry_after_ms: Option<u64>,
        at: Timestamp,
    },
    /// A request goes out again, or a question what became of it.
    Requested { consultation: ConsultationId, request: RequestKind, attempt: u32, at: Timestamp },
    /// Two operators have settled a request of which nobody knew whether it had arrived.
    OperatorReleased {
        consultation: ConsultationId,
        request: RequestKind,
        /// Of the sending that follows; of the last one when none does.
        attempt: u32,
        release: Release,
        asked_by: String,
        approved_by: String,
        reason: String,
        at: Timestamp,
    },
    /// The agency said something that is not understood yet.
    AnswerPending { consultation: ConsultationId, unknown: String, at: Timestamp },
    /// No consultation is open any more, or the results changed before the decision.
    Reviewed { results: Vec<ReviewResult>, grant_blocked: bool, at: Timestamp },
    /// An opinion of a reviewer that is not connected.
    OpinionRecorded { recorded: RecordedOpinion, at: Timestamp },
    /// The commission's minutes.
    MinutesRecorded { held_on: Date, at: Timestamp },
    /// The applicant was informed.
    ApplicantInformed { informed_at: Timestamp, at: Timestamp },
    /// The president asks for modifications: nothing runs until the next deposit.
    ModificationRequested {
        requested_at: Timestamp,
        reasons: Vec<String>,
        clock: ClockState,
        dates: LegalDates,
        at: Timestamp,
    },
    /// The legal clock changed: suspended, resumed, extended, started, or the calendar changed.
    ClockMoved {
        why: String,
        clock: ClockState,
        dates: LegalDates,
        reviewers: Vec<(ConsultationId, Date)>,
        at: Timestamp,
    },
    /// A fee is due; it goes to the bank.
    FeeAssessed { fee: Fee, order: ConsultationId, payable_until: Date, at: Timestamp },
    /// The payer can pay.
    PaymentOrdered { order: ConsultationId, bank_reference: String, pay_url: Option<String>, at: Timestamp },
    /// Paid.
    PaymentConfirmed { order: ConsultationId, receipt: PaymentReceipt, at: Timestamp },
    /// One try to pay failed, or the order is closed.
    PaymentFailed { order: ConsultationId, code: String, closed: bool, at: Timestamp },
    /// Given back.
    PaymentRefunded { order: ConsultationId, amount_centimes: Centimes, at: Timestamp },
    /// A paid fee is to be given back; the bank is asked.
    RefundRequested { order: ConsultationId, reason: String, at: Timestamp },
    /// The bank does not give it back: it stays paid.
    RefundRefused { order: ConsultationId, code: String, reason: String, at: Timestamp },
    /// The file ended without a permit: nobody needs to pay any more.
    PaymentCancelled { order: ConsultationId, at: Timestamp },
    /// A limit comes near.
    DeadlineApproaching { what: String, due: Date, days_left: i32, at: Timestamp },
    /// A limit has passed.
    DeadlinePassed { what: String, due: Date, at: Timestamp },
    /// A limit has passed long enough ago: a level above the commune hears of it.
    DeadlineEscalated { what: String, due: Date, level: EscalationLevel, at: Timestamp },
    /// The commune's decision.
    DecisionRecorded {
        decision: Decision,
        late: bool,
        after_right: bool,
        at: Timestamp,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Fault>,
    },
    /// The commune's decision cannot stand.
    DecisionRejected { number: String, faults: Vec<Fault>, at: Timestamp },
    /// The limit passed without a decision, and the right waits: something may not have been read.
    SilenceHeld { reason: HoldReason, look_again_at: Timestamp, at: Timestamp },
    /// The limit passed without a decision. `despite` says what still waited when the wait had to end.
    RightAcquired {
        acquired_at: Timestamp,
        at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        despite: Option<HoldReason>,
    },
    /// The applicant invoked the silence.
    SilenceInvoked { invoked_at: Timestamp, at: Timestamp },
    /// The wali or governor attested it.
    SilenceAttested { attestation: Attestation, at: Timestamp },
    /// The permit is delivered.
    Delivered { number: String, by_silence: bool, at: Timestamp },
    /// The applicant withdrew.
    Withdrawn { withdrawn_at: Timestamp, reason: Option<String>, at: Timestamp },
}

impl Event {
    /// The consultation or order that the event is about.
    #[must_use]
    pub const fn consultation(&self) -> Option<ConsultationId> {
        match self {
            Self::ConsultationSent { consultation, .. }
            | Self::ReferenceKnown { consultation, .. }
            | Self::ConsultationAcknowledged { consultation, .. }
            | Self::ConsultationIncomplete { consultation, .. }
            | Self::ConsultationSupplemented { consultation, .. }
            | Self::SupplementDelivered { consultation, .. }
            | Self::ConsultationAnswered { consultation, .. }
            | Self::ConsultationOverdue { consultation, .. }
            | Self::ConsultationUnanswered { consultation, .. }
            | Self::ConsultationUndeliverable { consultation, .. }
            | Self::ConsultationCancelled { consultation, .. }
            | Self::CancellationDelivered { consultation, .. }
            | Self::AttemptFailed { consultation, .. }
            | Self::Requested { consultation, .. }
            | Self::OperatorReleased { consultation, .. }
            | Self::AnswerPending { consultation, .. } => Some(*consultation),
            Self::FeeAssessed { order, .. }
            | Self::PaymentOrdered { order, .. }
            | Self::PaymentConfirmed { order, .. }
            | Self::PaymentFailed { order, .. }
            | Self::PaymentCancelled { order, .. }
            | Self::RefundRequested { order, .. }
            | Self::RefundRefused { order, .. }
            | Self::PaymentRefunded { order, .. } => Some(*order),
            _ => None,
        }
    }
}

/// The agency kind of the bank: orders are dialogues with this adapter.
pub const BANK: &str = "barid-bank";

/// [`BANK`] as a checked value.
#[must_use]
pub fn bank() -> AgencyKind {
    // The literal satisfies the check; were it ever changed to one that does not, the unit test fails.
    AgencyKind::try_new(BANK).unwrap_or_else(|_| unreachable!("the literal is a valid agency kind"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bank_is_a_valid_kind() {
        assert_eq!(super::bank().as_str(), super::BANK);
    }
}
