//! Timers: what wakes a file up later. They are rows in the database, never broker messages.

use std::fmt;

use uuid::Uuid;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::notice::EscalationLevel;

/// Why a file is woken. The text form is the timer's key, unique in the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TimerKind {
    /// No outcome of an attempt came in time (wall clock).
    Watchdog(ConsultationId),
    /// Try again (wall clock).
    Retry(ConsultationId),
    /// Ask what became of it (wall clock).
    Poll(ConsultationId),
    /// A reviewer's limit (legal clock).
    ReviewerDue(ConsultationId),
    /// The decision goes on without the reviewer (legal clock).
    ReviewerGrace(ConsultationId),
    /// A limit comes near: what, and how many calendar days remain (legal clock).
    Remind(String, i32),
    /// A limit passes: `decision` or a step's name (legal clock).
    Due(String),
    /// A limit has passed long enough ago that a level above the commune hears of it: which limit, and who
    /// (legal clock).
    Escalate(String, EscalationLevel),
    /// The right is acquired by silence (legal clock).
    Silence,
}

impl fmt::Display for TimerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watchdog(id) => write!(f, "watchdog:{id}"),
            Self::Retry(id) => write!(f, "retry:{id}"),
            Self::Poll(id) => write!(f, "poll:{id}"),
            Self::ReviewerDue(id) => write!(f, "reviewer-due:{id}"),
            Self::ReviewerGrace(id) => write!(f, "reviewer-grace:{id}"),
            Self::Remind(what, days) => write!(f, "remind:{what}:{days}"),
            Self::Due(what) => write!(f, "due:{what}"),
            Self::Escalate(what, level) => write!(f, "escalate:{what}:{}", level.as_str()),
            Self::Silence => f.write_str("silence"),
        }
    }
}

/// How the keys begin of timers that say that something did *not* happen in time. They fire only once all that
/// was sent before has been read.
pub const GUARDED_KEYS: [&str; 4] = ["silence", "due:", "reviewer-", "escalate:"];

impl TimerKind {
    /// See [`GUARDED_KEYS`].
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        let key = self.to_string();
        GUARDED_KEYS.iter().any(|start| key.starts_with(start))
    }

    /// Reads a key back. `None` for a key that this version does not know.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let (head, rest) = key.split_once(':').unwrap_or((key, ""));
        let id = || Uuid::parse_str(rest).ok().map(ConsultationId);
        match head {
            "watchdog" => id().map(Self::Watchdog),
            "retry" => id().map(Self::Retry),
            "poll" => id().map(Self::Poll),
            "reviewer-due" => id().map(Self::ReviewerDue),
            "reviewer-grace" => id().map(Self::ReviewerGrace),
            "remind" => {
                let (what, days) = rest.rsplit_once(':')?;
                Some(Self::Remind(what.to_owned(), days.parse().ok()?))
            }
            "due" => Some(Self::Due(rest.to_owned())),
            "escalate" => {
                let (what, level) = rest.rsplit_once(':')?;
                let level = EscalationLevel::ALL.into_iter().find(|known| known.as_str() == level)?;
                Some(Self::Escalate(what.to_owned(), level))
            }
            "silence" if rest.is_empty() => Some(Self::Silence),
            _ => None,
        }
    }

    /// Kept by the legal clock (deadlines) or by the wall clock (retries, polls).
    #[must_use]
    pub const fn is_legal(&self) -> bool {
        !matches!(self, Self::Watchdog(_) | Self::Retry(_) | Self::Poll(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_back() {
        let id = ConsultationId(Uuid::from_u128(7));
        for kind in [
            TimerKind::Watchdog(id),
            TimerKind::Retry(id),
            TimerKind::Poll(id),
            TimerKind::ReviewerDue(id),
            TimerKind::ReviewerGrace(id),
            TimerKind::Remind("commission".into(), 3),
            TimerKind::Due("decision".into()),
            TimerKind::Escalate("decision".into(), EscalationLevel::Province),
            TimerKind::Escalate("commission".into(), EscalationLevel::Region),
            TimerKind::Silence,
        ] {
            let open = matches!(
                kind,
                TimerKind::Watchdog(_) | TimerKind::Retry(_) | TimerKind::Poll(_) | TimerKind::Remind(..)
            );
            assert_eq!(kind.is_guarded(), !open, "{kind}");
            assert_eq!(TimerKind::parse(&kind.to_string()), Some(kind));
        }
        for wrong in
            ["", "retry:", "remind:x", "escalate:decision", "escalate:decision:king", "silence:1", "other"]
        {
            assert_eq!(TimerKind::parse(wrong), None, "{wrong}");
        }
    }
}
