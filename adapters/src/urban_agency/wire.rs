//! The agency's own format, field by field (README §§2–7). What is written has every field in the README's
//! order; in what is read anything may be null or absent.
#![expect(non_snake_case, reason = "field names are the agency's, as they stand on the wire")]

use serde::{Deserialize, Deserializer, Serialize};

/// `POST consultations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConsultation {
    pub(super) idActeurEmetteur: String,
    pub(super) dossier: Dossier,
    pub(super) consultation: Consultation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consultation {
    pub(super) noConsultationExterne: String,
    pub(super) nomTypeConsultation: u32,
    pub(super) boAvisConforme: bool,
    pub(super) dtConsultation: String,
    pub(super) dtLimiteReponse: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dossier {
    pub(super) noDossierExterne: String,
    pub(super) nomTypeDossier: u32,
    pub(super) nomClasseProjet: Option<u32>,
    pub(super) noDepot: u32,
    pub(super) noRecepisse: String,
    pub(super) hdRecepisse: String,
    pub(super) cdCommune: String,
    pub(super) boEstInvestissement: Option<bool>,
    #[serde(default)]
    pub(super) nomParticularites: Vec<u32>,
    pub(super) personnes: Vec<Personne>,
    pub(super) projet: Option<Projet>,
    pub(super) terrains: Vec<Terrain>,
    pub(super) pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Personne {
    pub(super) nomRolePersonne: u32,
    pub(super) boEstPersonneMorale: bool,
    pub(super) libNomFr: Option<String>,
    pub(super) libNomAr: Option<String>,
    pub(super) noCin: Option<String>,
    pub(super) noIce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) boOrganismePublic: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nomProfession: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) noInscriptionOrdre: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Projet {
    pub(super) nomUsageProjet: Option<u32>,
    pub(super) txIntitule: Option<String>,
    pub(super) nbNiveaux: Option<u32>,
    pub(super) nbHauteurMetres: Option<String>,
    pub(super) nbLogements: Option<u32>,
    pub(super) nbSurfacePlancherM2: Option<String>,
    pub(super) mtCoutDirhams: Option<String>,
    pub(super) boDansLotissementReceptionne: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terrain {
    pub(super) nomStatutFoncier: u32,
    pub(super) noTitreFoncier: Option<String>,
    pub(super) nbSurfaceM2: Option<String>,
    pub(super) geometrie: Option<GeoJson>,
    pub(super) lambert: Option<Lambert>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum GeoJson {
    Polygon { coordinates: Vec<Vec<[f64; 2]>> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lambert {
    pub(super) cdSrid: u32,
    pub(super) anneaux: Vec<Vec<[String; 2]>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Piece {
    pub(super) noPieceExterne: u32,
    pub(super) nomTypePiece: u32,
    pub(super) cdTypePieceExterne: Option<String>,
    pub(super) boPrincipale: Option<bool>,
    pub(super) cdTypeMime: String,
    pub(super) nbOctets: u64,
    pub(super) cdEmpreinteSha256: String,
    pub(super) txUrl: Option<String>,
}

/// `POST consultations/{id}/complements`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Complement {
    pub(super) noVersion: i64,
    pub(super) noComplementExterne: String,
    pub(super) noDepot: u32,
    pub(super) txReponse: Option<String>,
    pub(super) pieces: Vec<Piece>,
}

/// `POST consultations/{id}/annulation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancellation {
    pub(super) noVersion: i64,
    pub(super) nomMotifAnnulation: u32,
    pub(super) txMotif: Option<String>,
}

/// `POST consultations/recherche`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Search {
    pub(super) criteresSurConsultations: SearchBy,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SearchBy {
    pub(super) noConsultationExterne: String,
}

/// A nomenclature value as it is read: `{"idNom": 2, "libNom": "…"}`; some versions send the bare number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "NomRead")]
pub(super) struct Nom {
    pub(super) id: Option<i64>,
    pub(super) label: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NomRead {
    Bare(i64),
    Full { idNom: Option<i64>, libNom: Option<String> },
}

impl From<NomRead> for Nom {
    fn from(read: NomRead) -> Self {
        match read {
            NomRead::Bare(id) => Self { id: Some(id), label: None },
            NomRead::Full { idNom, libNom } => Self { id: idNom, label: libNom },
        }
    }
}

/// Null and absent are the same: the default.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(de: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(de)?.unwrap_or_default())
}

/// The 201 of a consultation, the 200 of a change, and (with `erreurs`) the body of a duplicate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Created {
    pub(super) idConsultation: Option<String>,
    pub(super) noConsultationExterne: Option<String>,
    pub(super) noVersion: Option<i64>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomEtatConsultation: Nom,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Errors {
    #[serde(deserialize_with = "nullable")]
    pub(super) erreurs: Vec<ErrorItem>,
    pub(super) idConsultation: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ErrorItem {
    pub(super) cdErreur: Option<String>,
    pub(super) txChemin: Option<String>,
    pub(super) txMessage: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct SearchAnswer {
    /// Absent is not empty: an empty list means that the agency knows nothing of it.
    pub(super) resultats: Option<Vec<Found>>,
    pub(super) nombrePages: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Found {
    pub(super) idConsultation: Option<String>,
    pub(super) noConsultationExterne: Option<String>,
    pub(super) noVersion: Option<i64>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomEtatConsultation: Nom,
    pub(super) dossier: Option<FoundFile>,
    pub(super) pecMetier: Option<PecMetier>,
    pub(super) idAvis: Option<String>,
    pub(super) refus: Option<Refus>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct FoundFile {
    pub(super) idDossier: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Refus {
    pub(super) cdErreur: Option<String>,
    pub(super) txMotif: Option<String>,
}

/// Acknowledgement (prise en compte métier).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct PecMetier {
    pub(super) idPecMetier: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomStatutPecMetier: Nom,
    pub(super) dtLimiteComplement: Option<String>,
    pub(super) txObservations: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) elementsManquants: Vec<ElementManquant>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ElementManquant {
    #[serde(deserialize_with = "nullable")]
    pub(super) nomTypePiece: Nom,
    pub(super) cdTypePieceExterne: Option<String>,
    pub(super) txMotif: Option<String>,
}

/// `GET avis/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Avis {
    pub(super) idAvis: Option<String>,
    pub(super) noConsultationExterne: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomNatureAvisRendu: Nom,
    pub(super) boEstTacite: Option<bool>,
    pub(super) hdAvis: Option<String>,
    pub(super) dtAvis: Option<String>,
    pub(super) txAvis: Option<String>,
    pub(super) txFondement: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) prescriptions: Vec<Prescription>,
    pub(super) idActeurAuteur: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Prescription {
    pub(super) noOrdre: Option<i64>,
    pub(super) txPrescription: Option<String>,
}

/// `GET notifications`. Items stay raw until each is read, so that a bad one does not hide its neighbours.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct NotificationPage {
    #[serde(deserialize_with = "nullable")]
    pub(super) notifications: Vec<serde_json::Value>,
    pub(super) noOffsetSuivant: Option<i64>,
    pub(super) boSuite: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Notification {
    pub(super) noOffset: Option<i64>,
    pub(super) idNotification: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomTypeEvenement: Nom,
    pub(super) noConsultationExterne: Option<String>,
    pub(super) idElementConcerne: Option<String>,
    pub(super) cdErreur: Option<String>,
    pub(super) txCommentaire: Option<String>,
}

/// `GET nomenclatures/{CODE}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Nomenclature {
    #[serde(deserialize_with = "nullable")]
    pub(super) valeurs: Vec<Nom>,
}

/// `GET dossiers/{id}/pieces`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Documents {
    #[serde(deserialize_with = "nullable")]
    pub(super) pieces: Vec<DocumentState>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct DocumentState {
    pub(super) cdEmpreinteSha256: Option<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) nomEtatPiece: Nom,
    pub(super) cdErreur: Option<String>,
}
