//! What goes wrong, sorted by what it means for the request: surely not done, refused, in doubt.

use jiff::Timestamp;
use wasl_schemas::agency::Outcome;

use super::Answer;

/// What is said of every redirect.
const REDIRECT: &str = "redirects are not followed, the address in the settings must be the right one";

/// Why there is no answer to work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It surely did nothing; try again.
    Transient {
        /// Why.
        reason: String,
        /// The agency's own wish.
        retry_after_ms: Option<u64>,
    },
    /// The agency refuses it, or it can never be sent.
    Refused {
        /// The agency's code, or ours.
        code: String,
        /// In the agency's words.
        reason: String,
    },
    /// It may have arrived; ask before sending again.
    InDoubt {
        /// Why.
        reason: String,
    },
}

impl Trouble {
    /// A transient trouble without a wish.
    #[must_use]
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient { reason: reason.into(), retry_after_ms: None }
    }

    /// A lost or unusable answer: in doubt, unless nothing could have changed at the agency.
    #[must_use]
    pub fn lost(safe: bool, reason: impl Into<String>) -> Self {
        if safe { Self::transient(reason) } else { Self::InDoubt { reason: reason.into() } }
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Transient { reason, retry_after_ms } => Self::TryLater { reason, retry_after_ms },
            Trouble::Refused { code, reason } => Self::Refused { code, reason },
            Trouble::InDoubt { reason } => Self::InDoubt { reason },
        }
    }
}

/// What a status says by itself, before anybody looks into the body: `None` for a 2xx that says something and for the 4xx that
/// an adapter reads. 429, 500 and 503 did nothing or may be repeated; another 5xx may come from something between
/// us and an agency that acted, so it is in doubt. A redirect is never followed and never the agency's refusal.
#[must_use]
pub fn trouble_of_status(answer: &Answer, safe: bool, now: Timestamp) -> Option<Trouble> {
    let status = answer.status;
    let later = || {
        let retry_after_ms = answer.retry_after_ms(now);
        Some(Trouble::Transient { reason: format!("HTTP {status}"), retry_after_ms })
    };
    match status {
        408 | 429 | 500 | 503 => later(),
        502 | 504 if safe => later(),
        // It has moved, so nothing was done; whoever runs the gateway mends the address, and then it goes through.
        301 | 307 | 308 => Some(Trouble::transient(format!("HTTP {status}: {REDIRECT}"))),
        // "Found" and "see other" are also what a service says after it has done something (RFC 9110 §15.4.3, §15.4.4).
        300..=399 => Some(Trouble::lost(safe, format!("HTTP {status}: {REDIRECT}"))),
        // A success that says nothing: not even that it is about our request. To a question it may mean "nothing new".
        204 | 205 if !safe => Some(Trouble::lost(safe, format!("HTTP {status}: an answer without content"))),
        500..=599 => Some(Trouble::lost(safe, format!("HTTP {status}"))),
        _ => None,
    }
}
