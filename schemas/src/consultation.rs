//! Consultations: what is asked of whom, and where each stands.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{AgencyKind, ConsultationId};

/// Where a consultation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsultationStatus {
    /// In the plan, not yet with the agency.
    Planned,
    /// The agency has it.
    Sent,
    /// The agency says that it studies it.
    Acknowledged,
    /// The agency says what is missing.
    Incomplete,
    /// The missing parts were sent.
    Completed,
    /// The agency gave its opinion.
    Answered,
    /// The limit passed without an opinion.
    NoAnswer,
    /// The agency refused the request, or it could not be translated.
    Undeliverable,
    /// The file was withdrawn, refused or deposited again.
    Cancelled,
}

impl ConsultationStatus {
    /// The key on the wire and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Incomplete => "incomplete",
            Self::Completed => "completed",
            Self::Answered => "answered",
            Self::NoAnswer => "no-answer",
            Self::Undeliverable => "undeliverable",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing more is awaited from the agency.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Answered | Self::NoAnswer | Self::Undeliverable | Self::Cancelled)
    }
}

/// A line of the plan of reviews, as the commune is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedConsultation {
    /// Our reference with the agency.
    pub consultation: ConsultationId,
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Which agency of that kind serves the commune, e.g. `au-tanger`.
    pub agency_id: String,
    /// No permit without its favourable opinion (avis conforme).
    pub binding: bool,
    /// Last day on which its opinion counts as in time (local date).
    pub due: Date,
}

/// Something that is missing, in the agency's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingItem {
    /// The agency's code for it.
    pub code: String,
    /// What it is.
    pub text: String,
}
