//! Between our types and ONEE's, pure, both ways.

use jiff::Timestamp;
use uuid::Uuid;
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_schemas::consultation::MissingItem;
use wasl_schemas::file::{self, Geometry, Parcel, ProjectClass};
use wasl_schemas::id::{ConsultationId, WASL_NAMESPACE};
use wasl_schemas::opinion::{Fact, Opinion, OpinionKind};

use super::config::Config;
use super::message::{Asked, Reply};
use super::wire::{self, Connection, Project, ServiceRequest, Site, Status};
use crate::canonical::{self, Announced};
use crate::geo::centre;
use crate::limits::at_most;
use crate::opinions::answered;
use crate::port::Untranslatable;
use crate::transport::http::Trouble;
use crate::transport::xml_out::token;
use crate::zone::start_of_day;

/// Parcels and documents of one request, as the schema allows.
const PARCELS_MAX: usize = 100;
const DOCUMENTS_MAX: usize = 200;

/// What ONEE's format cannot carry.
pub(super) const DROPS: &[&str] = &[
    "permit_file.professional",
    "permit_file.receipt",
    "permit_file.conditions",
    "permit_file.parcels.geometry (a point on it is sent)",
    "permit_file.parcels.status (a title and a requisition are both landTitle)",
    "permit_file.project.title",
    "permit_file.project.cost_centimes",
    "permit_file.project.investment",
    "permit_file.project.in_received_subdivision",
    "permit_file.applicant.public_body",
    "permit_file.documents.main",
    "supplement.note",
];

/// The networks on which an opinion is always asked.
const NETWORKS: [&str; 2] = ["electricity", "drinking-water"];

/// The same for the same attempt, another for another one.
pub(super) fn message_id(consultation: ConsultationId, kind: RequestKind, attempt: u32) -> String {
    let name = format!("onee|{consultation}|{}|{attempt}", kind.as_str());
    Uuid::new_v5(&WASL_NAMESPACE, name.as_bytes()).to_string()
}

/// What is asked of ONEE, at the wall clock's time `now` (links to documents end some time after it).
pub(super) fn asked(
    request: &AgencyRequest,
    config: &Config,
    now: Timestamp,
) -> Result<Asked, Untranslatable> {
    let reference = request.consultation.to_string();
    match (request.kind, &request.supplement) {
        (RequestKind::Consult, _) => {
            let documents = &request.permit_file.documents;
            Ok(Asked::Create(Box::new(service_request(request, 0, documents, config, now)?)))
        }
        (RequestKind::Supplement, Some(added)) => {
            // Grows with each supplement, and is the same when the same one is sent again.
            let number = added.supplemented_at.as_second().max(1);
            Ok(Asked::Change(Box::new(service_request(request, number, &added.documents, config, now)?)))
        }
        (RequestKind::Supplement, None) => Err(Untranslatable {
            code: "onee.request.supplement-missing",
            reason: "/supplement: a supplement without its content".to_owned(),
        }),
        (RequestKind::Cancel, _) => Ok(Asked::Cancel(reference)),
        (RequestKind::Query, _) => Ok(Asked::Get(reference)),
        (RequestKind::Pay | RequestKind::Refund, _) => Err(Untranslatable {
            code: "onee.request.kind",
            reason: "/kind: ONEE takes no payment here".to_owned(),
        }),
    }
}

fn service_request(
    request: &AgencyRequest,
    supplement: i64,
    documents: &[file::Document],
    config: &Config,
    now: Timestamp,
) -> Result<ServiceRequest, Untranslatable> {
    let file = &request.permit_file;
    at_most("onee.request.too-many", "/permit_file/parcels", file.parcels.len(), PARCELS_MAX)?;
    at_most("onee.request.too-many", "/permit_file/documents", documents.len(), DOCUMENTS_MAX)?;
    let (company, identifier, name) = canonical::applicant(&file.applicant);
    let project = Project {
        purpose: file.project.purpose.as_str(),
        floors: file.project.floors,
        height_cm: file.project.height_cm,
        dwellings: file.project.dwellings,
        floor_area_m2: file.project.floor_area_m2,
        networks: NETWORKS.to_vec(),
    };
    Ok(ServiceRequest {
        reference: request.consultation.to_string(),
        deposit_version: file.deposit_version,
        supplement,
        permit_reference: file.reference.to_string(),
        permit_type: file.permit.as_str(),
        large: file.project_class == ProjectClass::Large,
        commune: request.commune.code.to_string(),
        answer_before: request.due,
        company,
        identifier,
        name_fr: token(&name.fr, 256),
        name_ar: token(&name.ar, 256),
        project,
        sites: sites(&file.parcels)?,
        documents: Announced::all(documents, config.documents.as_ref(), now),
    })
}

/// The schema wants at least one site: a file without parcels has one of which nothing is known.
fn sites(parcels: &[Parcel]) -> Result<Vec<Site>, Untranslatable> {
    if parcels.is_empty() {
        return Ok(vec![Site { title: None, area_m2: None, point: None }]);
    }
    let one = |(index, parcel): (usize, &Parcel)| {
        let point = parcel.geometry.as_ref().map(|g| point(g, index)).transpose()?;
        Ok(Site { title: canonical::title(&parcel.title), area_m2: Some(parcel.area_m2), point })
    };
    parcels.iter().enumerate().map(one).collect()
}

fn point(geometry: &Geometry, index: usize) -> Result<[f64; 2], Untranslatable> {
    centre(geometry).map_err(|e| Untranslatable {
        code: "onee.request.geometry",
        reason: format!("/permit_file/parcels/{index}/geometry: {e}"),
    })
}

/// What a reply means for the request that it answers (README, section 6).
pub(super) fn outcome(asked: &Asked, reply: &Reply, status: Option<&Status>) -> Outcome {
    let said = || match status {
        Some(status) => of_status(status),
        None if matches!(asked, Asked::Cancel(_)) => Outcome::Cancelled,
        None => Outcome::Delivered { agency_reference: reply.number.clone() },
    };
    match reply.result.as_str() {
        "OK" | "PARTIAL" => said(),
        "FAILED" => failed(asked, reply, said),
        other => pending(format!("Result {}", token(other, 64))),
    }
}

fn failed(asked: &Asked, reply: &Reply, said: impl FnOnce() -> Outcome) -> Outcome {
    let has = |code: &str| reply.errors.iter().any(|e| e.code == code);
    if has("OE-DUPLICATE") {
        return said();
    }
    if has("OE-BUSY") {
        return Trouble::transient(reasons(reply)).into();
    }
    match asked {
        Asked::Get(_) if has("OE-UNKNOWN") => Outcome::NotKnown,
        // Never filed there, or closed already: nothing is left to cancel.
        Asked::Cancel(_) if has("OE-UNKNOWN") || has("OE-CLOSED") => Outcome::Cancelled,
        _ => Outcome::Refused {
            code: reply.errors.first().map_or_else(|| "unstated".to_owned(), |e| e.code.clone()),
            reason: reasons(reply),
        },
    }
}

fn reasons(reply: &Reply) -> String {
    let one = |e: &super::message::Error| match &e.details {
        Some(details) => format!("{} : {} ({details})", e.code, e.reason),
        None => format!("{} : {}", e.code, e.reason),
    };
    reply.errors.iter().map(one).collect::<Vec<_>>().join(" ; ")
}

fn pending(unknown: String) -> Outcome {
    Outcome::Pending { unknown: Some(unknown) }
}

/// What a status means, wherever it stands.
pub(super) fn of_status(status: &Status) -> Outcome {
    let agency_reference = status.number.clone();
    match (status.status.as_str(), &status.opinion) {
        ("received", _) => Outcome::Delivered { agency_reference },
        ("in-study", _) => Outcome::Acknowledged { agency_reference },
        ("incomplete", _) => Outcome::Incomplete {
            missing: status.missing.iter().map(missing).collect(),
            respond_by: status.complete_before,
        },
        ("answered", Some(opinion)) => answer(opinion, status),
        ("answered", None) => pending("answered without an opinion".to_owned()),
        ("cancelled", _) => Outcome::Cancelled,
        (other, _) => pending(format!("status {}", token(other, 64))),
    }
}

fn missing((code, label): &(String, Option<String>)) -> MissingItem {
    MissingItem { code: code.clone(), text: label.clone().unwrap_or_else(|| code.clone()) }
}

fn answer(opinion: &wire::Opinion, status: &Status) -> Outcome {
    let kind = match opinion.outcome.as_str() {
        "favourable" => OpinionKind::Favourable,
        "favourable-with-conditions" => OpinionKind::FavourableWithConditions,
        "unfavourable" => OpinionKind::Unfavourable,
        "none" => OpinionKind::NoOpinion,
        other => return pending(format!("outcome {}", token(other, 64))),
    };
    answered(Opinion {
        reason: opinion.reason.clone(),
        conditions: opinion.conditions.clone(),
        given_at: status.status_time.or_else(|| opinion.issued_on.and_then(start_of_day)),
        signatory: opinion.signatory.clone(),
        facts: opinion.connections.iter().flat_map(facts).collect(),
        ..Opinion::plain(kind)
    })
}

fn facts(connection: &Connection) -> Vec<Fact> {
    let parts = [
        ("feasible", &connection.feasible),
        ("distance-m", &connection.distance_m),
        ("reinforcement", &connection.reinforcement),
    ];
    let fact = |(name, value): (&str, &Option<String>)| {
        value
            .as_ref()
            .map(|value| Fact { name: format!("{}.{name}", connection.network), value: value.clone() })
    };
    parts.into_iter().filter_map(fact).collect()
}
