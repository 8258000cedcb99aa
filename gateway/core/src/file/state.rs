//! What is known of a permit file.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use wasl_schemas::agency::{CommuneRef, RequestKind};
use wasl_schemas::command::{Attestation, Fee, RecordedOpinion, Supplement};
use wasl_schemas::consultation::{ConsultationStatus, MissingItem};
use wasl_schemas::decision::Decision;
use wasl_schemas::file::{PermitFile, ProjectClass};
use wasl_schemas::id::{AgencyKind, ConsultationId, FileId};
use wasl_schemas::notice::{EscalationLevel, LegalDates};
use wasl_schemas::opinion::{Opinion, OpinionKind};
use wasl_schemas::payment::PaymentReceipt;
use wasl_schemas::problem::Code;

use crate::deadline::ClockState;

/// Where a file stands in its main line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Registered; opinions are awaited.
    UnderReview,
    /// No consultation is open any more.
    Reviewed,
    /// The commune decided.
    Decided,
    /// The permit is delivered.
    Delivered,
    /// The applicant withdrew.
    Withdrawn,
}

impl Status {
    /// The key on the wire, in the database and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnderReview => "under-review",
            Self::Reviewed => "reviewed",
            Self::Decided => "decided",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A permit file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileState {
    /// Its id in the gateway.
    pub id: FileId,
    /// The gateway's own number; it starts nothing.
    pub registration: String,
    /// The commune that decides.
    pub commune: CommuneRef,
    /// Main line.
    pub status: Status,
    /// The present deposit.
    pub permit_file: Arc<PermitFile>,
    /// Class by the rule, not as stated.
    pub class: ProjectClass,
    /// Rule of `procedures.toml` in force on the date of filing.
    pub rule: String,
    /// Something must be paid before delivery.
    pub fees_due: bool,
    /// The legal clock.
    pub clock: ClockState,
    /// Legal dates as they stand.
    pub dates: LegalDates,
    /// Legal time of the registration.
    pub registered_at: Timestamp,
    /// Deposits before the present one.
    pub earlier_deposits: Vec<EarlierDeposit>,
    /// Consultations of all deposits.
    pub consultations: BTreeMap<ConsultationId, Consultation>,
    /// Opinions of reviewers that are not connected.
    pub recorded_opinions: Vec<RecordedOpinion>,
    /// Fees by the commune's key.
    pub fees: BTreeMap<AgencyKind, FeeState>,
    /// The president asked for modifications and waits for the next deposit.
    pub awaiting_redeposit: bool,
    /// The single extension was used.
    pub extended: bool,
    /// The commission's minutes.
    pub minutes_on: Option<Date>,
    /// The applicant was informed.
    pub informed_at: Option<Timestamp>,
    /// The decision.
    pub decision: Option<Decision>,
    /// The right that silence gave.
    pub right: Option<Right>,
    /// The limit has passed, and the right waits for what may not have been read.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// Limits that have passed (`decision`, a step), each once. A limit whose last day moves to one that is not
    /// over has not passed: it leaves this list, and is said again when it does.
    pub passed: Vec<String>,
    /// Levels that have heard of a limit that has passed (`decision:province`), each once; as [`Self::passed`].
    #[serde(default)]
    pub escalated: Vec<String>,
    /// Reminders that were given (`decision:2026-12-02:3`): each once for a last day.
    #[serde(default)]
    pub reminded: Vec<String>,
    /// Delivered.
    pub delivered_at: Option<Timestamp>,
}

/// A deposit that a later one replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlierDeposit {
    /// Its content.
    pub permit_file: Arc<PermitFile>,
    /// Its legal dates when it was replaced.
    pub dates: LegalDates,
}

/// The limit has passed without a decision, but something about the file may wait on our side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it was first seen.
    pub since: Timestamp,
    /// What waits.
    pub reason: HoldReason,
    /// How often it was looked at.
    pub looks: u32,
}

/// What may wait on our side when the limit passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// A message about the file is set aside, and nobody has dealt with it.
    SetAside,
    /// The outcome of a request to an agency is on its way.
    OpenAttempt,
}

impl HoldReason {
    /// The key on the wire, in the log and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetAside => "set-aside",
            Self::OpenAttempt => "open-attempt",
        }
    }
}

/// The right acquired by silence, and what followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The legal instant.
    pub acquired_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The applicant invoked it.
    pub invoked_at: Option<Timestamp>,
    /// The wali or governor attested it.
    pub attestation: Option<Attestation>,
}

/// The dialogue with an agency about one consultation or order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// What was asked last.
    pub kind: RequestKind,
    /// Which attempt of this kind.
    pub attempt: u32,
    /// What was asked is not done yet: an outcome is awaited, or the next attempt.
    pub waiting: bool,
    /// An attempt is on its way, and nothing is known of it.
    #[serde(default)]
    pub in_flight: bool,
    /// Attempts of this kind that failed in a row.
    pub failures: u32,
    /// Polls so far.
    pub polls: u32,
    /// The last fault in plain words, for "why is this file waiting?".
    pub last_fault: Option<String>,
}

impl Dispatch {
    /// The first attempt of a kind.
    #[must_use]
    pub const fn first(kind: RequestKind) -> Self {
        Self { kind, attempt: 1, waiting: true, in_flight: true, failures: 0, polls: 0, last_fault: None }
    }
}

/// One consultation of one agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Which agency of the kind.
    pub agency_id: String,
    /// Binding opinion.
    pub binding: bool,
    /// Last day for the opinion.
    pub due: Date,
    /// Of which deposit.
    pub deposit_version: u32,
    /// Where it stands.
    pub status: ConsultationStatus,
    /// The dialogue.
    pub dispatch: Dispatch,
    /// The agency's own number.
    pub agency_reference: Option<String>,
    /// When the agency had it.
    pub sent_at: Option<Timestamp>,
    /// What is missing, while incomplete.
    pub missing: Vec<MissingItem>,
    /// Complements were asked for once already.
    pub asked_once: bool,
    /// The supplement on its way, or the last one.
    pub supplement: Option<Supplement>,
    /// The opinion.
    pub opinion: Option<Opinion>,
    /// When it was received.
    pub answered_at: Option<Timestamp>,
    /// The limit has passed.
    pub overdue: bool,
}

/// One fee and its payment order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeState {
    /// As assessed.
    pub fee: Fee,
    /// Our reference at the bank.
    pub order: ConsultationId,
    /// Local day on which it was assessed; unknown in states that are older than this field.
    #[serde(default)]
    pub asked_on: Option<Date>,
    /// Last local day on which it can be paid.
    pub payable_until: Date,
    /// Where it stands.
    pub status: FeeStatus,
    /// The dialogue.
    pub dispatch: Dispatch,
    /// The bank's number.
    pub bank_reference: Option<String>,
    /// The bank's receipt.
    pub receipt: Option<PaymentReceipt>,
}

/// Where a fee stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeeStatus {
    /// Not yet with the bank.
    Assessed,
    /// The payer can pay.
    Ordered,
    /// Paid and captured.
    Paid,
    /// Closed without payment.
    Failed,
    /// Given back.
    Refunded,
    /// No longer wanted: the file ended without a permit before it was paid.
    Cancelled,
}

impl FeeStatus {
    /// The key on the wire, in the database and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assessed => "assessed",
            Self::Ordered => "ordered",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FeeState {
    /// The bank is being asked to give it back.
    #[must_use]
    pub fn is_refunding(&self) -> bool {
        self.dispatch.kind == RequestKind::Refund && self.dispatch.waiting
    }
}

impl FileState {
    /// The file has ended: nothing but echoes is expected.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.status, Status::Delivered | Status::Withdrawn) || self.is_refused()
    }

    /// The commune refused the permit.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        match &self.decision {
            Some(decision) => matches!(decision.outcome, wasl_schemas::decision::DecisionOutcome::Refused),
            None => false,
        }
    }

    /// The legal clock for the decision still runs (or is suspended).
    #[must_use]
    pub const fn awaits_decision(&self) -> bool {
        self.decision.is_none() && self.right.is_none() && !matches!(self.status, Status::Withdrawn)
    }

    /// The commune owes an act: none was done by itself, nor by the wali or governor in its place. Silence may
    /// have given the right meanwhile; the limit that the commune let pass is still escalated.
    #[must_use]
    pub const fn awaits_act(&self) -> bool {
        let attested = match &self.right {
            Some(right) => right.attestation.is_some(),
            None => false,
        };
        self.decision.is_none() && !attested && !matches!(self.status, Status::Withdrawn)
    }

    /// This level has heard of this limit.
    #[must_use]
    pub fn has_escalated(&self, what: &str, level: EscalationLevel) -> bool {
        self.escalated.contains(&escalation_key(what, level))
    }

    /// Consultations of the present deposit.
    pub fn present(&self) -> impl Iterator<Item = (&ConsultationId, &Consultation)> {
        let version = self.permit_file.deposit_version;
        self.consultations.iter().filter(move |(_, c)| c.deposit_version == version)
    }

    /// A binding opinion is missing or unfavourable: which fault stands against a grant.
    #[must_use]
    pub fn grant_blocked(&self) -> Option<Code> {
        self.present().filter(|(_, c)| c.binding).find_map(|(_, c)| {
            match c.opinion.as_ref().map(|o| o.kind) {
                Some(OpinionKind::Favourable | OpinionKind::FavourableWithConditions) => None,
                Some(OpinionKind::Unfavourable) => Some(Code::DecisionBindingOpinionUnfavourable),
                Some(OpinionKind::NoOpinion) | None => Some(Code::DecisionBindingOpinionMissing),
            }
        })
    }

    /// The fee that an order belongs to.
    #[must_use]
    pub fn fee_of(&self, order: ConsultationId) -> Option<&FeeState> {
        self.fees.values().find(|f| f.order == order)
    }

    /// All that had to be paid is paid.
    #[must_use]
    pub fn fees_settled(&self) -> bool {
        let exempt = self.decision.as_ref().is_some_and(|d| d.fee_exempt);
        let paid = self.fees.values().all(|f| f.status == FeeStatus::Paid || f.status == FeeStatus::Refunded);
        paid && (exempt || !self.fees_due || !self.fees.is_empty())
    }
}

/// The name of a reminder in [`FileState::reminded`].
pub(super) fn reminder_key(what: &str, due: Date, days_left: i32) -> String {
    format!("{what}:{due}:{days_left}")
}

/// The name of a level that has heard of a limit, in [`FileState::escalated`].
pub(super) fn escalation_key(what: &str, level: EscalationLevel) -> String {
    format!("{what}:{}", level.as_str())
}
