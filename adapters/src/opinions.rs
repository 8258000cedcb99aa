//! What the readers of opinions share: an opinion that must give reasons is not believed without them, and a
//! date without a time is a day in Morocco.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use uuid::Uuid;
use wasl_schemas::agency::Outcome;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::opinion::{Opinion, OpinionKind};

/// The zone in which the agencies write a date without a time.
const AGENCY_ZONE: &str = "Africa/Casablanca";

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

/// The first instant of a local day.
pub(crate) fn start_of_day(date: Date) -> Option<Timestamp> {
    let zone = TimeZoneDatabase::bundled().get(AGENCY_ZONE).ok()?;
    date.to_zoned(zone).ok().map(|at| at.timestamp())
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

    #[test]
    fn a_day_starts_at_local_midnight_before_and_after_the_change_of_2026() {
        let at = |y, m, d| start_of_day(jiff::civil::date(y, m, d)).unwrap().to_string();
        assert_eq!(at(2026, 9, 10), "2026-09-09T23:00:00Z");
        assert_eq!(at(2026, 10, 14), "2026-10-14T00:00:00Z");
    }
}
