//! What an adapter tells of the line to its agency, beside the outcomes: drift of the agency's messages, the
//! circuit breaker, certificates, and the bodies of the wire log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::AgencyKind;

/// Longest path of a drift, in bytes.
pub const DRIFT_PATH_BYTES_MAX: usize = 200;
/// Longest detail of a drift, in bytes.
pub const DRIFT_DETAIL_BYTES_MAX: usize = 64;

/// In what an agency's message differs from what its reader was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// A field that nothing reads.
    Unread,
    /// A field that always had a value is null, empty or absent.
    Null,
    /// A value that is not in the field's list of codes.
    Value,
    /// A text that is longer than any before.
    Length,
}

impl DriftKind {
    /// The key on the wire, in metrics and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Null => "null",
            Self::Value => "value",
            Self::Length => "length",
        }
    }
}

/// One drift of one message: places and codes, never a person's data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DriftNote {
    /// Which message, in the adapter's words: `avis`, `pain.014`.
    pub message: String,
    /// Where: `/prescriptions/*/txPrescription`, `/Document/…/@Ccy`. At most [`DRIFT_PATH_BYTES_MAX`].
    pub path: String,
    /// What differs.
    pub kind: DriftKind,
    /// The new code, or the new length as a power of two (`<=128`); empty for the others. At most
    /// [`DRIFT_DETAIL_BYTES_MAX`].
    pub detail: String,
    /// The adapter's table names the field as one that is left unread on purpose: reported, but no news.
    #[serde(default)]
    pub known: bool,
}

/// A drift and how often it was met since the last report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftCount {
    /// What.
    #[serde(flatten)]
    pub note: DriftNote,
    /// How often.
    pub count: u64,
}

/// Whose certificate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateUse {
    /// An authority that we trust at this agency.
    Root,
    /// What we show to the agency.
    Client,
    /// What the agency showed to us.
    Server,
    /// What the agency signs its messages with.
    Signer,
}

impl CertificateUse {
    /// The key on the wire, in metrics and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Client => "client",
            Self::Server => "server",
            Self::Signer => "signer",
        }
    }
}

/// A certificate of the line to an agency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CertificateNote {
    /// Whose.
    #[serde(rename = "use")]
    pub purpose: CertificateUse,
    /// SHA-256 of its DER form, in hexadecimal.
    pub sha256: String,
    /// Last second of its validity.
    pub ends_at: Timestamp,
}

/// The circuit breaker of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Requests go out.
    Closed,
    /// The queue is paused; after the pause one message probes.
    Open,
}

impl BreakerState {
    /// The key on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

/// What the process that speaks with an agency tells the core now and then; nothing depends on its arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineReport {
    /// Kind of agency.
    pub agency: AgencyKind,
    /// Wall-clock time of the report.
    pub at: Timestamp,
    /// The breaker, as far as the reporting process has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerState>,
    /// Drift since the last report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<DriftCount>,
    /// All certificates of the line; empty when they were reported already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateNote>,
}

/// How the bytes of a [`WireBody`] are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyForm {
    /// As they are.
    Utf8,
    /// In Base64: they are no UTF-8 text.
    Base64,
}

/// The beginning of a body that was sent or received, for those who have the right to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireBody {
    /// How `content` is written.
    pub form: BodyForm,
    /// The first bytes, up to the agency's `wire_body_bytes_max`.
    pub content: String,
    /// There was more.
    #[serde(default)]
    pub cut: bool,
}

/// Why a request waits that may have arrived at an agency which can neither refuse a duplicate nor be asked: nothing is
/// sent again until somebody has found out.
pub const OPERATOR_NEEDED: &str =
    "operator-needed: it may have arrived, and the agency can neither be asked nor refuse a duplicate";
