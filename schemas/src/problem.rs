//! Coded faults: what is wrong, where, in three languages, and whether sending again can help.

use serde::{Deserialize, Serialize};

/// One fault of a message. The offending value is never echoed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable code such as `file.parcel.title-invalid`; its page stands in `config/problems/`.
    pub code: String,
    /// Where: a JSON Pointer (RFC 6901) into the message, or `line:column` for XML.
    pub pointer: String,
    /// What happened and what to do.
    pub text: Texts,
    /// Sending the same message again later can help.
    pub retry: bool,
}

/// A text in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// French.
    pub fr: String,
    /// Arabic.
    pub ar: String,
    /// English.
    pub en: String,
}
