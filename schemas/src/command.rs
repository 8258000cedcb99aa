//! What communes, prefectures and provinces say to the gateway: the data of each inbound message.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::file::{Document, PermitFile};
use crate::id::{AgencyKind, CommuneCode, ConsultationId};
use crate::money::Centimes;
use crate::opinion::Opinion;
use crate::payment::Beneficiary;

/// The name of an inbound message: the last part of its routing key and the middle of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CommandName {
    /// A new permit file.
    #[serde(rename = "file.submitted")]
    FileSubmitted,
    /// Complements that a reviewer asked for.
    #[serde(rename = "file.supplemented")]
    FileSupplemented,
    /// The next deposit after modifications; the period starts again from zero.
    #[serde(rename = "file.redeposited")]
    FileRedeposited,
    /// The applicant withdraws.
    #[serde(rename = "file.withdrawn")]
    FileWithdrawn,
    /// The president asks for modifications.
    #[serde(rename = "modification.requested")]
    ModificationRequested,
    /// The legal clock stops.
    #[serde(rename = "clock.suspended")]
    ClockSuspended,
    /// The legal clock goes on.
    #[serde(rename = "clock.resumed")]
    ClockResumed,
    /// Days are added for expertise or public inquiry.
    #[serde(rename = "clock.extended")]
    ClockExtended,
    /// Opinion of a reviewer that is not connected.
    #[serde(rename = "opinion.recorded")]
    OpinionRecorded,
    /// The commission's minutes.
    #[serde(rename = "minutes.recorded")]
    MinutesRecorded,
    /// A fee is due.
    #[serde(rename = "fee.assessed")]
    FeeAssessed,
    /// A fee that was paid is given back to the payer.
    #[serde(rename = "refund.requested")]
    RefundRequested,
    /// The president decided.
    #[serde(rename = "decision.taken")]
    DecisionTaken,
    /// The applicant was told the result of the review.
    #[serde(rename = "applicant.informed")]
    ApplicantInformed,
    /// The applicant invokes the silence.
    #[serde(rename = "silence.invoked")]
    SilenceInvoked,
    /// The wali or governor attests the silence (from a prefecture or province).
    #[serde(rename = "silence.attested")]
    SilenceAttested,
}

impl CommandName {
    /// Every inbound message.
    pub const ALL: [Self; 16] = [
        Self::FileSubmitted,
        Self::FileSupplemented,
        Self::FileRedeposited,
        Self::FileWithdrawn,
        Self::ModificationRequested,
        Self::ClockSuspended,
        Self::ClockResumed,
        Self::ClockExtended,
        Self::OpinionRecorded,
        Self::MinutesRecorded,
        Self::FeeAssessed,
        Self::RefundRequested,
        Self::DecisionTaken,
        Self::ApplicantInformed,
        Self::SilenceInvoked,
        Self::SilenceAttested,
    ];

    /// The name as it stands on the wire, without `ma.wasl.` and `.v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FileSubmitted => "file.submitted",
            Self::FileSupplemented => "file.supplemented",
            Self::FileRedeposited => "file.redeposited",
            Self::FileWithdrawn => "file.withdrawn",
            Self::ModificationRequested => "modification.requested",
            Self::ClockSuspended => "clock.suspended",
            Self::ClockResumed => "clock.resumed",
            Self::ClockExtended => "clock.extended",
            Self::OpinionRecorded => "opinion.recorded",
            Self::MinutesRecorded => "minutes.recorded",
            Self::FeeAssessed => "fee.assessed",
            Self::RefundRequested => "refund.requested",
            Self::DecisionTaken => "decision.taken",
            Self::ApplicantInformed => "applicant.informed",
            Self::SilenceInvoked => "silence.invoked",
            Self::SilenceAttested => "silence.attested",
        }
    }

    /// Reads the short name.
    #[must_use]
    pub fn from_short(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// The data of `file.supplemented`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplement {
    /// The consultation whose reviewer asked for it.
    pub consultation: ConsultationId,
    /// When the applicant brought it.
    pub supplemented_at: Timestamp,
    /// What is added.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// The applicant's explanation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The data of `file.withdrawn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Legal time.
    pub withdrawn_at: Timestamp,
    /// Why, when it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The data of `modification.requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModificationRequest {
    /// Legal time.
    pub requested_at: Timestamp,
    /// What must change; at least one.
    pub reasons: Vec<String>,
}

/// The data of `clock.suspended`. The suspension is the half-open span [from, to).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// First local day that does not count.
    pub from: Date,
    /// The legal ground.
    pub reason: String,
}

/// The data of `clock.resumed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resumption {
    /// First local day that counts again.
    pub to: Date,
}

/// Why a period may be extended (law 55-19): these two grounds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionGround {
    /// Expertise.
    Expertise,
    /// Enquête publique.
    PublicInquiry,
}

/// The data of `clock.extended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Legal day of the extension.
    pub extended_on: Date,
    /// Days added to the unrolled end, in the rule's unit.
    pub days: u16,
    /// The ground.
    pub ground: ExtensionGround,
}

/// The data of `opinion.recorded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedOpinion {
    /// Who gave it: `prefecture`, `civil-protection`, `commune` …
    pub reviewer: AgencyKind,
    /// What it says.
    pub opinion: Opinion,
}

/// The data of `minutes.recorded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minutes {
    /// When the commission sat.
    pub held_on: Date,
    /// When the minutes went to the president.
    pub recorded_at: Timestamp,
}

/// The data of `fee.assessed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// The commune's own key for this fee, unique in the file: `building-tax`, `fee-2` …
    pub fee: AgencyKind,
    /// What for, shown to the payer.
    pub label: String,
    /// How much.
    pub amount_centimes: Centimes,
    /// ISO 4217: always `MAD`.
    pub currency: String,
    /// Who receives it.
    pub beneficiary: Beneficiary,
    /// Legal time of the assessment.
    pub assessed_at: Timestamp,
}

/// The data of `refund.requested`: the whole of a paid fee is given back, by the way on which it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// The commune's own key of the fee.
    pub fee: AgencyKind,
    /// Legal time.
    pub requested_at: Timestamp,
    /// Why, for the auditor.
    pub reason: String,
}

/// The data of `applicant.informed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicantInformed {
    /// Legal time.
    pub informed_at: Timestamp,
}

/// The data of `silence.invoked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceInvocation {
    /// Legal time.
    pub invoked_at: Timestamp,
}

/// The data of `silence.attested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Commune or arrondissement whose file it is: references are unique in a commune only.
    pub commune: CommuneCode,
    /// Number of the attestation.
    pub number: String,
    /// Who attests: `wali` or `governor`, as a function.
    pub authority: String,
    /// Legal time.
    pub attested_at: Timestamp,
}

/// An inbound message after its checks. `subject` (the file's reference) stands in the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum Command {
    /// See [`CommandName::FileSubmitted`].
    #[serde(rename = "file.submitted")]
    FileSubmitted(Box<PermitFile>),
    /// See [`CommandName::FileSupplemented`].
    #[serde(rename = "file.supplemented")]
    FileSupplemented(Supplement),
    /// See [`CommandName::FileRedeposited`].
    #[serde(rename = "file.redeposited")]
    FileRedeposited(Box<PermitFile>),
    /// See [`CommandName::FileWithdrawn`].
    #[serde(rename = "file.withdrawn")]
    FileWithdrawn(Withdrawal),
    /// See [`CommandName::ModificationRequested`].
    #[serde(rename = "modification.requested")]
    ModificationRequested(ModificationRequest),
    /// See [`CommandName::ClockSuspended`].
    #[serde(rename = "clock.suspended")]
    ClockSuspended(Suspension),
    /// See [`CommandName::ClockResumed`].
    #[serde(rename = "clock.resumed")]
    ClockResumed(Resumption),
    /// See [`CommandName::ClockExtended`].
    #[serde(rename = "clock.extended")]
    ClockExtended(Extension),
    /// See [`CommandName::OpinionRecorded`].
    #[serde(rename = "opinion.recorded")]
    OpinionRecorded(RecordedOpinion),
    /// See [`CommandName::MinutesRecorded`].
    #[serde(rename = "minutes.recorded")]
    MinutesRecorded(Minutes),
    /// See [`CommandName::FeeAssessed`].
    #[serde(rename = "fee.assessed")]
    FeeAssessed(Fee),
    /// See [`CommandName::RefundRequested`].
    #[serde(rename = "refund.requested")]
    RefundRequested(RefundRequest),
    /// See [`CommandName::DecisionTaken`].
    #[serde(rename = "decision.taken")]
    DecisionTaken(Decision),
    /// See [`CommandName::ApplicantInformed`].
    #[serde(rename = "applicant.informed")]
    ApplicantInformed(ApplicantInformed),
    /// See [`CommandName::SilenceInvoked`].
    #[serde(rename = "silence.invoked")]
    SilenceInvoked(SilenceInvocation),
    /// See [`CommandName::SilenceAttested`].
    #[serde(rename = "silence.attested")]
    SilenceAttested(Attestation),
}
