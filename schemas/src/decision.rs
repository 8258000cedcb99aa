//! The commune's decision.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::opinion::Signature;

/// What the president decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionOutcome {
    /// The permit is granted.
    Granted,
    /// The permit is refused, with reasons (building regulation art. 36).
    Refused,
}

/// The data of `decision.taken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Number of the act.
    pub number: String,
    /// Granted or refused.
    pub outcome: DecisionOutcome,
    /// Legal time of the decision: never later than its reception.
    pub decided_at: Timestamp,
    /// Reasons; at least one for a refusal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The act is free of fees: nothing has to be paid before delivery.
    #[serde(default)]
    pub fee_exempt: bool,
    /// Detached signature of the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}
