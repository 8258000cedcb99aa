//! What the readers of opinions share: an opinion that must give reasons is not believed without them.

use uuid::Uuid;
use wasl_schemas::agency::Outcome;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::opinion::{Opinion, OpinionKind};

/// The opinion as an outcome, or pending when the reason or the conditions that it must have are missing
/// (building regulation of 2013, art. 36: a refusal gives its reasons).
pub(crate) fn answered(opinion: Opinion) -> Outcome {
    let missing = match opinion.kind {
        OpinionKind::Favourable => None,
        OpinionKind::FavourableWithConditions if opinion.conditions.is_empty() => {
            Some("favourable with conditions, but without any condition")
        }
        OpinionKind::Unfavourable if opinion.reason.is_none() => Some("unfavourable without a reason"),
        OpinionKind::NoOpinion if opinion.reason.is_none() => Some("no opinion, without a reason"),
        _ => None,
    };
    match missing {
        None => Outcome::Answered { opinion },
        Some(what) => Outcome::Pending { unknown: Some(what.to_owned()) },
    }
}

/// Our reference, as an agency repeats it.
pub(crate) fn our_reference(text: &str) -> Option<ConsultationId> {
    Uuid::parse_str(text.trim()).ok().map(ConsultationId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opinion_without_its_reason_is_not_believed() {
        let outcome = answered(Opinion::plain(OpinionKind::Unfavourable));
        assert!(matches!(outcome, Outcome::Pending { unknown: Some(_) }));
        let with = Opinion { reason: Some("r".to_owned()), ..Opinion::plain(OpinionKind::Unfavourable) };
        assert!(matches!(answered(with), Outcome::Answered { .. }));
        let outcome = answered(Opinion::plain(OpinionKind::FavourableWithConditions));
        assert!(matches!(outcome, Outcome::Pending { .. }));
        assert!(matches!(answered(Opinion::plain(OpinionKind::Favourable)), Outcome::Answered { .. }));
    }
}
