//! Between our types and the registry's, pure, both ways.

use wasl_schemas::agency::{AgencyRequest, Outcome};
use wasl_schemas::file::{self, Title};

use super::config::Config;
use super::identity::Identity;
use super::judge;
use super::parcel::facts::DrawingFacts;
use super::wire::{Answer, Error, Land, Parcel, Question};
use crate::canonical;
use crate::geo;
use crate::limits::at_most;
use crate::port::Untranslatable;
use crate::transport::http::Trouble;
use crate::transport::xml_out::token;

/// Parcels in one question (schema: `parcel` up to 100).
const PARCELS_MAX: usize = 100;

/// What the registry's format cannot carry.
pub(super) const DROPS: &[&str] = &[
    "file",
    "received_on",
    "agency_id",
    "agency_reference",
    "commune.name",
    "commune.province",
    "commune.region",
    "due",
    "permit_file.permit",
    "permit_file.project_class",
    "permit_file.receipt",
    "permit_file.applicant.name",
    "permit_file.professional",
    "permit_file.project",
    "permit_file.conditions",
    "permit_file.parcels.geometry",
    "permit_file.documents",
    "supplement",
];

/// Who asks whom, for whom, under which id: the same for the same attempt, another for another one.
pub(super) fn identity(request: &AgencyRequest, config: &Config) -> Identity {
    Identity {
        client: config.client.clone(),
        service: config.service.clone(),
        user: format!("MA{}", request.commune.code),
        id: format!("{}.{}.{}", request.consultation, request.kind.as_str(), request.attempt),
    }
}

/// The question about all parcels of the file.
pub(super) fn question(request: &AgencyRequest) -> Result<Question, Untranslatable> {
    let file = &request.permit_file;
    let (company, identifier, _) = canonical::applicant(&file.applicant);
    if file.parcels.is_empty() {
        return Err(Untranslatable {
            code: "land-registry.request.parcel-missing",
            reason: "/permit_file/parcels: the registry is asked about at least one parcel".to_owned(),
        });
    }
    at_most("land-registry.request.too-many", "/permit_file/parcels", file.parcels.len(), PARCELS_MAX)?;
    Ok(Question {
        reference: request.consultation.to_string(),
        deposit_version: file.deposit_version,
        permit_reference: file.reference.to_string(),
        company,
        identifier,
        parcels: file.parcels.iter().map(parcel).collect(),
    })
}

fn parcel(parcel: &file::Parcel) -> Parcel {
    let named = |text: &str| Some(token(text, 64)).filter(|t| !t.is_empty());
    let land = match &parcel.title {
        Title::Titled { title } => named(title).map(Land::Title),
        Title::Requisition { requisition } => named(requisition).map(Land::Requisition),
        Title::Untitled => None,
    };
    let centre = parcel.geometry.as_ref().and_then(|geometry| geo::centre(geometry).ok());
    Parcel { land: land.unwrap_or(Land::Untitled), declared_m2: Some(parcel.area_m2), centre }
}

/// Why an answer is no answer about the parcels (README, section 4); the drawings need not be asked for then.
pub(super) fn trouble(question: &Question, answer: &Answer) -> Result<(), Trouble> {
    // 21 is about our own right to ask: nothing that the file could mend.
    let (later, others): (Vec<&Error>, Vec<&Error>) =
        answer.errors.iter().partition(|e| matches!(e.code.as_str(), "21" | "90" | "99"));
    if !later.is_empty() {
        return Err(Trouble::transient(said(&later)));
    }
    // These two are an answer about one parcel; every other error is a refusal.
    let is_fact = |e: &&Error| matches!(e.code.as_str(), "12" | "13") && e.seq.is_some();
    let refusals: Vec<&Error> = others.into_iter().filter(|e| !is_fact(e)).collect();
    if let Some(first) = refusals.first() {
        return Err(Trouble::Refused { code: first.code.clone(), reason: said(&refusals) });
    }
    if !speaks_of_each_once(question, answer) {
        return Err(Trouble::transient("the answer does not speak of each parcel once"));
    }
    Ok(())
}

/// What an answer means for the question (README, sections 4 and 5), with the drawings that there are.
pub(super) fn outcome(
    question: &Question,
    answer: &Answer,
    drawings: &[DrawingFacts],
    config: &Config,
) -> Result<Outcome, Trouble> {
    trouble(question, answer)?;
    Ok(judge::opinion(question, answer, drawings, config.area_tolerance_permille))
}

fn said(errors: &[&Error]) -> String {
    errors.iter().map(|e| format!("{} : {}", e.code, e.text)).collect::<Vec<_>>().join(" ; ")
}

fn speaks_of_each_once(question: &Question, answer: &Answer) -> bool {
    let errors = answer.errors.iter().filter_map(|e| e.seq);
    let mut told: Vec<usize> = answer.states.iter().map(|s| s.seq).chain(errors).collect();
    told.sort_unstable();
    told.into_iter().eq(1..=question.parcels.len())
}

/// The same for an answer without its question beside it: parcels are those that it names, areas are not
/// compared.
pub(super) fn outcome_alone(answer: &Answer, config: &Config) -> Result<Outcome, Trouble> {
    let errors = answer.errors.iter().filter_map(|e| e.seq);
    let count = answer.states.iter().map(|s| s.seq).chain(errors).max().unwrap_or(0).min(PARCELS_MAX);
    let parcels = vec![Parcel { land: Land::Untitled, declared_m2: None, centre: None }; count];
    let question = Question {
        reference: answer.reference.clone(),
        deposit_version: 1,
        permit_reference: String::new(),
        company: false,
        identifier: String::new(),
        parcels,
    };
    outcome(&question, answer, &[], config)
}
