//! What goes wrong, sorted by what it means for the request: surely not done, refused, in doubt.

use jiff::Timestamp;
use wasl_schemas::agency::Outcome;

use super::Answer;

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

/// What a status says by itself, before anybody looks into the body: `None` for 2xx and for the 4xx that an
/// adapter reads. 429, 500 and 503 did nothing or may be repeated; another 5xx may come from something between
/// us and an agency that acted, so it is in doubt. A redirect is never followed.
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
        300..=399 => Some(Trouble::Refused {
            code: "http.redirect".to_owned(),
            reason: format!("HTTP {status}: redirects are not followed"),
        }),
        500..=599 => Some(Trouble::lost(safe, format!("HTTP {status}"))),
        _ => None,
    }
}
