//! Opinions of reviewers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a reviewer says. Silence is none of these: it is recorded as `no-answer`, never as an opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpinionKind {
    /// In favour.
    Favourable,
    /// In favour, under conditions that are written.
    FavourableWithConditions,
    /// Against.
    Unfavourable,
    /// The reviewer answers that it gives none, with its reason.
    NoOpinion,
}

/// A detached signature over an opinion or a decision (Barid eSign); kept and passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Form of the signature, e.g. `CAdES-B`, `XAdES-B`.
    pub format: String,
    /// Base64 of the signature.
    pub value: String,
}

/// A fact that comes with an opinion (land registry), e.g. `area-title-m2` = `412`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// An opinion with all that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// What it says.
    pub kind: OpinionKind,
    /// Reason; required for `unfavourable` and `no-opinion`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Conditions; at least one for `favourable-with-conditions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// When the reviewer gave it, in the reviewer's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_at: Option<Timestamp>,
    /// Who signed it at the reviewer, as a function or a code, never a private person's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatory: Option<String>,
    /// Detached signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Facts attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

impl Opinion {
    /// An opinion with nothing but its kind.
    #[must_use]
    pub const fn plain(kind: OpinionKind) -> Self {
        Self {
            kind,
            reason: None,
            conditions: Vec::new(),
            given_at: None,
            signatory: None,
            signature: None,
            facts: Vec::new(),
        }
    }
}
