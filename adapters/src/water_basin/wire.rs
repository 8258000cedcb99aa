//! The agency's own types: requests as written (README, sections 4 and 5); what comes back is in `answer`.

pub(super) mod answer;

use jiff::Timestamp;
use jiff::civil::Date;

use super::gml::{self, Polygon};
use crate::canonical::Announced;
use crate::transport::xml_out::XmlOut;

/// Namespace of every element but GML's.
pub(super) const NS: &str = "urn:ma:wasl:water-basin:avis-dph:1";
/// Version of the scenario that we write.
const VERSION: &str = "1.0";
/// Organisation whose list of codes we use.
const SCHEME: &str = "WASL";

/// A partner in `Emetteur` or `Destinataire`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intervenant {
    pub(super) code: String,
    pub(super) name: Option<String>,
}

/// `DemandeAvis`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DemandeAvis {
    pub(super) created: Timestamp,
    pub(super) sender: Intervenant,
    pub(super) receiver: Intervenant,
    pub(super) demande: Demande,
}

/// `TypeDemande`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeDemande {
    Initiale,
    Complement,
    Annulation,
}

/// `Demande`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Demande {
    pub(super) reference: String,
    pub(super) version: u32,
    pub(super) kind: TypeDemande,
    pub(super) rank: i64,
    pub(super) file_reference: String,
    pub(super) permit: &'static str,
    pub(super) commune: String,
    /// Absent from a cancellation.
    pub(super) body: Option<Contenu>,
}

/// What a cancellation leaves out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contenu {
    pub(super) due: Date,
    pub(super) company: bool,
    pub(super) identifier: String,
    pub(super) name_fr: String,
    pub(super) name_ar: String,
    pub(super) usage: String,
    pub(super) levels: u32,
    pub(super) height_cm: u32,
    pub(super) floor_area_m2: u32,
    pub(super) dwellings: u32,
    pub(super) parcels: Vec<Emprise>,
    pub(super) documents: Vec<Announced>,
}

/// `Emprise`: a parcel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Emprise {
    pub(super) title: Option<String>,
    pub(super) area_m2: u32,
    pub(super) polygon: Option<Polygon>,
}

impl DemandeAvis {
    /// The file's bytes, in the schema's order.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = XmlOut::default();
        out.open("DemandeAvis", &[("xmlns", NS), ("xmlns:gml", gml::GML)]);
        self.write_scenario(&mut out);
        self.demande.write(&mut out);
        out.finish()
    }

    fn write_scenario(&self, out: &mut XmlOut) {
        out.open("Scenario", &[]);
        out.leaf("CodeScenario", "DEM_AVIS_DPH");
        out.leaf("VersionScenario", VERSION);
        out.leaf("NomScenario", "Demande d'avis sur le domaine public hydraulique");
        out.leaf("DateHeureCreationFichier", &format!("{:.0}", self.created));
        for (element, who) in [("Emetteur", &self.sender), ("Destinataire", &self.receiver)] {
            out.open(element, &[]);
            out.leaf_with("CdIntervenant", &[("schemeAgencyID", SCHEME)], &who.code);
            out.leaf_opt("NomIntervenant", who.name.as_deref());
            out.close();
        }
        out.close();
    }
}

impl Demande {
    fn write(&self, out: &mut XmlOut) {
        out.open("Demande", &[]);
        out.leaf("ReferenceDemande", &self.reference);
        out.leaf("VersionDossier", &self.version.to_string());
        let kind = match self.kind {
            TypeDemande::Initiale => "INITIALE",
            TypeDemande::Complement => "COMPLEMENT",
            TypeDemande::Annulation => "ANNULATION",
        };
        out.leaf("TypeDemande", kind);
        out.leaf("RangComplement", &self.rank.to_string());
        out.leaf("ReferenceDossier", &self.file_reference);
        out.leaf("NatureAutorisation", self.permit);
        out.leaf("CdCommune", &self.commune);
        if let Some(body) = &self.body {
            body.write(out);
        }
        out.close();
    }
}

impl Contenu {
    fn write(&self, out: &mut XmlOut) {
        out.leaf("DateLimiteReponse", &self.due.to_string());
        out.open("Demandeur", &[]);
        out.leaf("TypeDemandeur", if self.company { "MORALE" } else { "PHYSIQUE" });
        out.leaf_with("Identifiant", &[("type", if self.company { "ICE" } else { "CIN" })], &self.identifier);
        for (lang, name) in [("fr", &self.name_fr), ("ar", &self.name_ar)] {
            if !name.is_empty() {
                out.leaf_with("NomDemandeur", &[("xml:lang", lang)], name);
            }
        }
        out.close();
        self.write_works(out);
        for (index, parcel) in self.parcels.iter().enumerate() {
            parcel.write(out, index + 1);
        }
        for document in &self.documents {
            write_document(document, out);
        }
    }

    /// Zero stands for "not said" in the canonical project: it is left out.
    fn write_works(&self, out: &mut XmlOut) {
        out.open("Travaux", &[]);
        out.leaf("Usage", &self.usage);
        out.leaf("NombreNiveaux", &self.levels.to_string());
        if self.height_cm > 0 {
            let height = format!("{}.{:02}", self.height_cm / 100, self.height_cm % 100);
            out.leaf_with("Hauteur", &[("uom", "m")], &height);
        }
        if self.floor_area_m2 > 0 {
            out.leaf_with("SurfacePlancher", &[("uom", "m2")], &format!("{}.00", self.floor_area_m2));
        }
        if self.dwellings > 0 {
            out.leaf("NombreLogements", &self.dwellings.to_string());
        }
        out.close();
    }
}

impl Emprise {
    fn write(&self, out: &mut XmlOut, number: usize) {
        out.open("Emprise", &[]);
        out.leaf_opt("ReferenceFonciere", self.title.as_deref());
        out.leaf_with("Superficie", &[("uom", "m2")], &format!("{}.00", self.area_m2));
        if let Some(polygon) = &self.polygon {
            out.open("Geometrie", &[]);
            gml::write(out, polygon, &format!("P{number}"));
            out.close();
        }
        out.close();
    }
}

/// `PieceJointe`.
fn write_document(document: &Announced, out: &mut XmlOut) {
    out.open("PieceJointe", &[]);
    out.leaf("Nature", &document.kind);
    out.leaf("TypeMime", &document.media_type);
    out.leaf("Taille", &document.size_bytes.to_string());
    out.leaf_with("Empreinte", &[("algorithme", "SHA-256")], &document.sha256);
    out.leaf_opt("Url", document.url.as_deref());
    out.close();
}
