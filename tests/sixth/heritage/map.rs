//! Between the canonical request and the agency's types. Pure.

use wasl_schemas::agency::{AgencyRequest, Outcome};
use wasl_schemas::file::Title;
use wasl_schemas::opinion::{Opinion, OpinionKind};

use super::wire::{Answer, Question};
use crate::opinions::answered;

/// What the format cannot carry.
pub(super) const DROPS: &[&str] = &["applicant", "professional", "project", "documents", "geometry"];

/// The question about a file.
pub(super) fn question(request: &AgencyRequest) -> Question {
    let file = &request.permit_file;
    Question {
        reference: request.consultation.to_string(),
        file: file.reference.to_string(),
        commune: request.commune.code.to_string(),
        titles: file.parcels.iter().filter_map(|parcel| titled(&parcel.title)).collect(),
    }
}

fn titled(title: &Title) -> Option<String> {
    match title {
        Title::Titled { title } => Some(title.clone()),
        _ => None,
    }
}

/// What an answer means; an opinion that nobody knows is pending.
pub(super) fn outcome(answer: Answer) -> Outcome {
    let kind = match answer.opinion.as_str() {
        "yes" => OpinionKind::Favourable,
        "no" => OpinionKind::Unfavourable,
        other => return Outcome::Pending { unknown: Some(format!("opinion `{other}`")) },
    };
    answered(Opinion { reason: answer.reason, ..Opinion::plain(kind) })
}
