//! From the canonical request to what the agency is sent.

use jiff::Timestamp;
use wasl_schemas::agency::AgencyRequest;
use wasl_schemas::command::Supplement;
use wasl_schemas::file::{
    Applicant, Condition, Document, Geometry, Name, Parcel, Permit, PermitFile, Profession, Professional,
    Project, ProjectClass, Title, Use,
};
use wasl_schemas::money::Centimes;

use super::super::wire;
use crate::port::Untranslatable;
use crate::transport::document_links::DocumentLinks;

/// EPSG codes of the Merchich Lambert zones in use; 26193 is deprecated and refused.
const LAMBERT_ZONES: [u32; 4] = [26191, 26192, 26194, 26195];

/// Makes the links of documents, at the wall clock's time; `None`: no links.
pub(in super::super) type Links<'a> = Option<(&'a DocumentLinks, Timestamp)>;

/// `POST consultations`.
pub(in super::super) fn consultation(
    request: &AgencyRequest,
    caller_id: &str,
    links: Links<'_>,
) -> Result<wire::NewConsultation, Untranslatable> {
    Ok(wire::NewConsultation {
        idActeurEmetteur: caller_id.to_owned(),
        dossier: dossier(&request.permit_file, links)?,
        consultation: wire::Consultation {
            noConsultationExterne: request.consultation.to_string(),
            nomTypeConsultation: if request.permit_file.deposit_version > 1 { 2 } else { 1 },
            // The urban agency's opinion is an avis conforme by law, whatever the file.
            boAvisConforme: true,
            dtConsultation: request.received_on.to_string(),
            dtLimiteReponse: Some(request.due.to_string()),
        },
    })
}

/// `POST consultations/{id}/complements`. Its reference is the same over all attempts.
pub(in super::super) fn complement(
    request: &AgencyRequest,
    version: i64,
    links: Links<'_>,
) -> Result<wire::Complement, Untranslatable> {
    let supplement: &Supplement = request.supplement.as_ref().ok_or(Untranslatable {
        code: "request.supplement-missing",
        reason: "/supplement: a supplement was asked for without its content".to_owned(),
    })?;
    Ok(wire::Complement {
        noVersion: version,
        noComplementExterne: format!("{}/{}", request.consultation, supplement.supplemented_at.as_second()),
        noDepot: request.permit_file.deposit_version,
        txReponse: supplement.note.clone(),
        pieces: pieces(&supplement.documents, links),
    })
}

/// `POST consultations/{id}/annulation`.
pub(in super::super) fn cancellation(version: i64) -> wire::Cancellation {
    // The request says that the opinion is not needed any more, not why: 9 is "other".
    wire::Cancellation { noVersion: version, nomMotifAnnulation: 9, txMotif: None }
}

fn dossier(file: &PermitFile, links: Links<'_>) -> Result<wire::Dossier, Untranslatable> {
    let mut personnes = vec![applicant(&file.applicant)];
    personnes.extend(file.professional.as_ref().map(professional));
    let terrains = file.parcels.iter().enumerate().map(terrain).collect::<Result<_, _>>()?;
    Ok(wire::Dossier {
        noDossierExterne: file.reference.to_string(),
        nomTypeDossier: permit_number(file.permit),
        nomClasseProjet: Some(match file.project_class {
            ProjectClass::Large => 1,
            ProjectClass::Small => 2,
        }),
        noDepot: file.deposit_version,
        noRecepisse: file.receipt.number.clone(),
        hdRecepisse: file.receipt.issued_at.to_string(),
        cdCommune: file.commune.to_string(),
        boEstInvestissement: Some(file.project.investment),
        nomParticularites: file.conditions.iter().map(|c| condition_number(*c)).collect(),
        personnes,
        projet: Some(projet(&file.project)),
        terrains,
        pieces: pieces(&file.documents, links),
    })
}

/// TYPE_DOSSIER.
pub(in super::super) const fn permit_number(permit: Permit) -> u32 {
    match permit {
        Permit::Building => 1,
        Permit::Subdivision => 2,
        Permit::HousingGroup => 3,
        Permit::Parcelling => 4,
        Permit::Occupancy => 5,
        Permit::Conformity => 6,
        Permit::Repair => 7,
        Permit::Demolition => 8,
        Permit::Regularisation => 9,
        Permit::ActivityDeclaration => 10,
        Permit::Classified2 => 11,
        Permit::Classified3 => 12,
        Permit::PublicDomain => 13,
    }
}

/// PARTICULARITE.
pub(in super::super) const fn condition_number(condition: Condition) -> u32 {
    match condition {
        Condition::NearWatercourse => 1,
        Condition::FloodZone => 2,
        Condition::NewConnection => 3,
        Condition::NoTitle => 4,
    }
}

/// USAGE_PROJET.
pub(in super::super) const fn use_number(purpose: Use) -> u32 {
    match purpose {
        Use::Housing => 1,
        Use::Commercial => 2,
        Use::Industrial => 3,
        Use::Agricultural => 4,
        Use::PublicBuilding => 5,
        Use::Mixed => 6,
    }
}

/// PROFESSION.
pub(in super::super) const fn profession_number(profession: Profession) -> u32 {
    match profession {
        Profession::Architect => 1,
        Profession::Surveyor => 2,
        Profession::Engineer => 3,
    }
}

/// TYPE_PIECE; the commune's own word goes along in any case.
fn piece_number(kind: &str) -> u32 {
    match kind {
        "plan-situation" => 1,
        "title-deed" => 2,
        "plan-masse" => 3,
        "plan-architecture" => 4,
        "note-renseignements" => 5,
        "architect-contract" => 6,
        _ => 99,
    }
}

fn named(name: &Name, role: u32, company: bool) -> wire::Personne {
    wire::Personne {
        nomRolePersonne: role,
        boEstPersonneMorale: company,
        libNomFr: Some(name.fr.clone()),
        libNomAr: Some(name.ar.clone()),
        ..wire::Personne::default()
    }
}

fn applicant(applicant: &Applicant) -> wire::Personne {
    match applicant {
        Applicant::Person { cin, name } => wire::Personne {
            noCin: Some(cin.to_string()),
            boOrganismePublic: Some(false),
            ..named(name, 1, false)
        },
        Applicant::Company { ice, name, public_body } => wire::Personne {
            noIce: Some(ice.to_string()),
            boOrganismePublic: Some(*public_body),
            ..named(name, 1, true)
        },
    }
}

fn professional(professional: &Professional) -> wire::Personne {
    wire::Personne {
        nomProfession: Some(profession_number(professional.profession)),
        noInscriptionOrdre: Some(professional.order_number.clone()),
        ..named(&professional.name, 2, false)
    }
}

fn projet(project: &Project) -> wire::Projet {
    wire::Projet {
        nomUsageProjet: Some(use_number(project.purpose)),
        txIntitule: Some(project.title.clone()),
        nbNiveaux: Some(u32::from(project.floors)),
        nbHauteurMetres: Some(format!("{}.{:02}", project.height_cm / 100, project.height_cm % 100)),
        nbLogements: Some(project.dwellings),
        nbSurfacePlancherM2: Some(project.floor_area_m2.to_string()),
        mtCoutDirhams: Some(Centimes(project.cost_centimes).to_string()),
        boDansLotissementReceptionne: Some(project.in_received_subdivision),
    }
}

fn terrain((index, parcel): (usize, &Parcel)) -> Result<wire::Terrain, Untranslatable> {
    let (status, title) = match &parcel.title {
        Title::Titled { title } => (1, Some(title.clone())),
        Title::Requisition { requisition } => (2, Some(requisition.clone())),
        Title::Untitled => (3, None),
    };
    let (geometrie, lambert) = match &parcel.geometry {
        None => (None, None),
        Some(Geometry::Geojson { coordinates }) => {
            (Some(wire::GeoJson::Polygon { coordinates: coordinates.clone() }), None)
        }
        Some(Geometry::Lambert { epsg, coordinates }) if LAMBERT_ZONES.contains(epsg) => {
            let point = |[east, north]: &[f64; 2]| [format!("{east:.3}"), format!("{north:.3}")];
            let anneaux = coordinates.iter().map(|ring| ring.iter().map(point).collect()).collect();
            (None, Some(wire::Lambert { cdSrid: *epsg, anneaux }))
        }
        Some(Geometry::Lambert { epsg, .. }) => {
            return Err(Untranslatable {
                code: "file.parcel.zone-unknown",
                reason: format!("/permit_file/parcels/{index}/geometry/epsg: {epsg} is not a zone in use"),
            });
        }
    };
    Ok(wire::Terrain {
        nomStatutFoncier: status,
        noTitreFoncier: title,
        nbSurfaceM2: Some(parcel.area_m2.to_string()),
        geometrie,
        lambert,
    })
}

fn pieces(documents: &[Document], links: Links<'_>) -> Vec<wire::Piece> {
    (1..)
        .zip(documents)
        .map(|(number, document)| wire::Piece {
            noPieceExterne: number,
            nomTypePiece: piece_number(&document.kind),
            cdTypePieceExterne: Some(document.kind.clone()),
            boPrincipale: Some(document.main),
            cdTypeMime: document.media_type.clone(),
            nbOctets: document.size_bytes,
            cdEmpreinteSha256: document.sha256.to_string(),
            txUrl: links.map(|(links, now)| links.link(&document.sha256, now)),
        })
        .collect()
}
