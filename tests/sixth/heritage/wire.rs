//! The agency's own types.

use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) reference: String,
    pub(super) file: String,
    pub(super) commune: String,
    pub(super) titles: Vec<String>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) reference: String,
    pub(super) opinion: String,
    #[serde(default)]
    pub(super) reason: Option<String>,
}
