//! Between our types and the agency's, pure, both ways.

use jiff::Timestamp;
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_schemas::consultation::MissingItem;
use wasl_schemas::file::{Document, Parcel, PermitFile};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::opinion::{Fact, Opinion, OpinionKind};

use super::config::Config;
use super::gml::{self, GeometryError};
use super::names;
use super::wire::answer::{Anomalie, Avis, Content, Incoming};
use super::wire::{Contenu, Demande, DemandeAvis, Emprise, Intervenant, TypeDemande};
use crate::canonical::{self, Announced};
use crate::limits::at_most;
use crate::opinions::{answered, our_reference};
use crate::port::Untranslatable;
use crate::transport::xml_out::token;
use crate::zone::start_of_day;

/// Parcels and documents of one request, as the schema allows.
const PARCELS_MAX: usize = 100;
const DOCUMENTS_MAX: usize = 200;

/// What the agency's format cannot carry.
pub(super) const DROPS: &[&str] = &[
    "file",
    "attempt",
    "received_on",
    "agency_reference",
    "commune.name",
    "commune.province",
    "commune.region",
    // A title and a requisition stand in the same element.
    "permit_file.parcels.status",
    "permit_file.professional",
    "permit_file.project_class",
    "permit_file.project.title",
    "permit_file.project.cost_centimes",
    "permit_file.project.investment",
    "permit_file.project.in_received_subdivision",
    "permit_file.conditions",
    "permit_file.receipt",
    "permit_file.applicant.public_body",
    "permit_file.documents.main",
    "supplement.documents.main",
    "supplement.note",
];

/// A file for `out/`: its name and what stands in it.
pub(super) fn request(
    request: &AgencyRequest,
    config: &Config,
    now: Timestamp,
) -> Result<(String, DemandeAvis), Untranslatable> {
    let (kind, rank) = kind_and_rank(request)?;
    let version = request.permit_file.deposit_version;
    let body = match kind {
        TypeDemande::Annulation => None,
        TypeDemande::Initiale => Some(contenu(request, &request.permit_file.documents, config, now)?),
        TypeDemande::Complement => {
            let added = request.supplement.as_ref().map_or(&[][..], |s| s.documents.as_slice());
            Some(contenu(request, added, config, now)?)
        }
    };
    let name = names::outgoing(kind, request.consultation, version, rank);
    let sender = Intervenant { code: config.sender_code.clone(), name: Some(config.sender_name.clone()) };
    let demande = Demande {
        reference: request.consultation.to_string(),
        version,
        kind,
        rank,
        file_reference: request.permit_file.reference.to_string(),
        permit: request.permit_file.permit.as_str(),
        commune: request.commune.code.to_string(),
        body,
    };
    let receiver = Intervenant { code: token(&request.agency_id, 64), name: None };
    Ok((name, DemandeAvis { created: now, sender, receiver, demande }))
}

/// A supplement is numbered by the second at which the applicant brought it: it grows, and a repeat of the
/// same supplement has the same number.
fn kind_and_rank(request: &AgencyRequest) -> Result<(TypeDemande, i64), Untranslatable> {
    match (request.kind, &request.supplement) {
        (RequestKind::Consult | RequestKind::Query, _) => Ok((TypeDemande::Initiale, 0)),
        (RequestKind::Cancel, _) => Ok((TypeDemande::Annulation, 0)),
        (RequestKind::Supplement, Some(s)) => {
            Ok((TypeDemande::Complement, s.supplemented_at.as_second().max(1)))
        }
        (RequestKind::Supplement, None) => Err(Untranslatable {
            code: "water-basin.request.supplement-missing",
            reason: "/supplement: a supplement without its content".to_owned(),
        }),
        (RequestKind::Pay | RequestKind::Refund, _) => Err(Untranslatable {
            code: "water-basin.request.kind",
            reason: "/kind: a water basin agency takes no payment".to_owned(),
        }),
    }
}

fn contenu(
    request: &AgencyRequest,
    documents: &[Document],
    config: &Config,
    now: Timestamp,
) -> Result<Contenu, Untranslatable> {
    let file = &request.permit_file;
    at_most("water-basin.request.too-many", "/permit_file/parcels", file.parcels.len(), PARCELS_MAX)?;
    at_most("water-basin.request.too-many", "/permit_file/documents", documents.len(), DOCUMENTS_MAX)?;
    let (company, identifier, name) = canonical::applicant(&file.applicant);
    Ok(Contenu {
        due: request.due,
        company,
        identifier,
        name_fr: token(&name.fr, 256),
        name_ar: token(&name.ar, 256),
        usage: file.project.purpose.as_str().to_owned(),
        levels: u32::from(file.project.floors) + 1,
        height_cm: file.project.height_cm,
        floor_area_m2: file.project.floor_area_m2,
        dwellings: file.project.dwellings,
        parcels: parcels(file)?,
        documents: Announced::all(documents, config.documents.as_ref(), now),
    })
}

fn parcels(file: &PermitFile) -> Result<Vec<Emprise>, Untranslatable> {
    let geometries: Vec<_> = file.parcels.iter().filter_map(|p| p.geometry.as_ref()).collect();
    let zone = gml::zone_of(&geometries).map_err(|e| unprojectable("/permit_file/parcels", e))?;
    let one = |(index, parcel): (usize, &Parcel)| {
        let at = |e| unprojectable(&format!("/permit_file/parcels/{index}/geometry"), e);
        let polygon = match (&parcel.geometry, zone) {
            (Some(geometry), Some(zone)) => Some(gml::polygon(geometry, zone).map_err(at)?),
            _ => None,
        };
        Ok(Emprise { title: canonical::title(&parcel.title), area_m2: parcel.area_m2, polygon })
    };
    file.parcels.iter().enumerate().map(one).collect()
}

fn unprojectable(pointer: &str, error: GeometryError) -> Untranslatable {
    Untranslatable { code: "water-basin.request.geometry", reason: format!("{pointer}: {error}") }
}

/// Whose file it is and what it says.
pub(super) fn answer(incoming: &Incoming) -> Result<(ConsultationId, Outcome), (&'static str, String)> {
    let consultation = our_reference(&incoming.reference).ok_or_else(|| {
        ("water-basin.file.reference-mismatch", "ReferenceDemande n'est pas une de nos références".to_owned())
    })?;
    let outcome = match &incoming.content {
        Content::Acquittement { status, respond_by, faults } => match status.as_str() {
            "ACCEPTE" => Outcome::Acknowledged { agency_reference: incoming.agency_number.clone() },
            "INCOMPLET" => {
                Outcome::Incomplete { missing: faults.iter().map(missing).collect(), respond_by: *respond_by }
            }
            "REJETE" => Outcome::Refused {
                code: faults.first().map_or_else(|| "unstated".to_owned(), |f| f.code.clone()),
                reason: faults.iter().map(said).collect::<Vec<_>>().join(" ; "),
            },
            other => pending(format!("Statut {}", token(other, 64))),
        },
        Content::Resultat(avis) => opinion(avis),
    };
    Ok((consultation, outcome))
}

fn pending(unknown: String) -> Outcome {
    Outcome::Pending { unknown: Some(unknown) }
}

fn missing(fault: &Anomalie) -> MissingItem {
    let text = fault.label.clone().unwrap_or_else(|| fault.code.clone());
    MissingItem { code: fault.code.clone(), text }
}

fn said(fault: &Anomalie) -> String {
    let label = fault.label.as_deref().unwrap_or("sans libellé");
    match &fault.place {
        Some(place) => format!("{} : {label} ({place})", fault.code),
        None => format!("{} : {label}", fault.code),
    }
}

fn opinion(avis: &Avis) -> Outcome {
    let kind = match avis.sense.as_str() {
        "FAVORABLE" => OpinionKind::Favourable,
        "FAVORABLE_AVEC_RESERVES" => OpinionKind::FavourableWithConditions,
        "DEFAVORABLE" => OpinionKind::Unfavourable,
        "SANS_AVIS" => OpinionKind::NoOpinion,
        other => return pending(format!("SensAvis {}", token(other, 64))),
    };
    let fact = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| Fact { name: name.to_owned(), value: value.clone() })
    };
    let facts =
        [fact("flood-hazard", &avis.flood_hazard), fact("watercourse-distance-m", &avis.watercourse_m)];
    answered(Opinion {
        reason: avis.reason.clone(),
        conditions: avis.reserves.clone(),
        given_at: avis.given_on.and_then(start_of_day),
        signatory: avis.signatory.clone(),
        facts: facts.into_iter().flatten().collect(),
        ..Opinion::plain(kind)
    })
}
