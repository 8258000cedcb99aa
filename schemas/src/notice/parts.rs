//! What notices are made of: legal dates, consultations, results.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::consultation::MissingItem;
use crate::id::{AgencyKind, ConsultationId};
use crate::opinion::Opinion;

/// A legal date of the file, as local dates of Africa/Casablanca.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalDates {
    /// Rule of `procedures.toml` that was chosen by the date of filing.
    pub rule: String,
    /// Its legal basis.
    pub basis: String,
    /// Local date of the numbered receipt: day 0.
    pub filed: Date,
    /// Last day for the decision; the earlier reading where the unit is doubtful. Absent where the clock
    /// has not started yet (regularisation, before the urban agency's agreement) or is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// The later reading, only where the unit is doubtful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_if_working_days: Option<Date>,
    /// Last day of each step, cumulated from filing.
    pub steps: Vec<StepDate>,
    /// Whether the administration's silence is approval.
    pub silence_is_approval: bool,
    /// The instant at which the right would be acquired: local midnight after the last day of the later
    /// reading. Only where silence is approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_acquired_at: Option<Timestamp>,
    /// First day of the open suspension for which a last day is not known. Absent while the clock runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<Date>,
}

/// Who hears of a limit that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationLevel {
    /// The prefecture or province.
    Province,
    /// The region.
    Region,
}

impl EscalationLevel {
    /// Every level, the nearer one first.
    pub const ALL: [Self; 2] = [Self::Province, Self::Region];

    /// The key on the wire, in timers and in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Region => "region",
        }
    }
}

/// A step of the procedure and its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDate {
    /// `receipt`, `transmission`, `commission`, `minutes`, `inform`, `deliver`.
    pub name: String,
    /// Last day.
    pub due: Date,
}

/// One consultation in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationNotice {
    /// Our reference.
    pub consultation: ConsultationId,
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Which agency of the kind.
    pub agency_id: String,
    /// Its own number, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_reference: Option<String>,
    /// Last local day for its opinion.
    pub due: Date,
    /// Further data of this notice.
    #[serde(flatten)]
    pub detail: ConsultationDetail,
}

/// What a consultation notice adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ConsultationDetail {
    /// `consultation.incomplete`.
    Missing {
        /// What is missing.
        missing: Vec<MissingItem>,
        /// Until when.
        respond_by: Option<Date>,
    },
    /// `consultation.answered`.
    Opinion {
        /// The opinion.
        opinion: Opinion,
        /// It came after the limit.
        late: bool,
    },
    /// `consultation.undeliverable`.
    Undeliverable {
        /// The agency's code.
        code: String,
        /// In its words.
        reason: String,
    },
    /// Nothing more.
    None {},
}

/// A reviewer's result in `file.reviewed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewResult {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Binding opinion.
    pub binding: bool,
    /// `answered`, `no-answer`, `undeliverable`, `cancelled`.
    pub status: String,
    /// The opinion, when one was given. Silence has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
}
