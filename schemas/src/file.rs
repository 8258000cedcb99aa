//! A permit file as a commune submits it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{Cin, CommuneCode, Ice, Reference, Sha256Hex};

/// The kind of permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permit {
    /// Permis de construire.
    Building,
    /// Autorisation de lotir.
    Subdivision,
    /// Autorisation de créer un groupe d'habitations.
    HousingGroup,
    /// Autorisation de morcellement.
    Parcelling,
    /// Permis d'habiter.
    Occupancy,
    /// Certificat de conformité.
    Conformity,
    /// Permis de réfection.
    Repair,
    /// Permis de démolition.
    Demolition,
    /// Permis de régularisation.
    Regularisation,
    /// Simple déclaration d'activité.
    ActivityDeclaration,
    /// Établissement classé, 2e catégorie.
    #[serde(rename = "classified-2")]
    Classified2,
    /// Établissement classé, 3e catégorie.
    #[serde(rename = "classified-3")]
    Classified3,
    /// Occupation du domaine public.
    PublicDomain,
}

impl Permit {
    /// Every kind, in the order of the design's table.
    pub const ALL: [Self; 13] = [
        Self::Building,
        Self::Subdivision,
        Self::HousingGroup,
        Self::Parcelling,
        Self::Occupancy,
        Self::Conformity,
        Self::Repair,
        Self::Demolition,
        Self::Regularisation,
        Self::ActivityDeclaration,
        Self::Classified2,
        Self::Classified3,
        Self::PublicDomain,
    ];

    /// The key on the wire, in configuration and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Subdivision => "subdivision",
            Self::HousingGroup => "housing-group",
            Self::Parcelling => "parcelling",
            Self::Occupancy => "occupancy",
            Self::Conformity => "conformity",
            Self::Repair => "repair",
            Self::Demolition => "demolition",
            Self::Regularisation => "regularisation",
            Self::ActivityDeclaration => "activity-declaration",
            Self::Classified2 => "classified-2",
            Self::Classified3 => "classified-3",
            Self::PublicDomain => "public-domain",
        }
    }
}

/// Large or small project (building regulation of 2013, annex 2). The commune states it; the gateway
/// computes it from the project and reports a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectClass {
    /// Grand projet.
    Large,
    /// Petit projet.
    Small,
}

/// The commune's numbered and dated receipt: where the legal clock starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The number on the receipt.
    pub number: String,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A name in the two scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// In French (Latin script).
    pub fr: String,
    /// In Arabic.
    pub ar: String,
}

/// Who asks for the permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Applicant {
    /// A natural person.
    Person {
        /// National identity card number.
        cin: Cin,
        /// Full name.
        name: Name,
    },
    /// A company or a public body.
    Company {
        /// Company number.
        ice: Ice,
        /// Registered name.
        name: Name,
        /// True for the State, a public establishment, a commune: its projects are always large.
        #[serde(default)]
        public_body: bool,
    },
}

/// The architect, surveyor or topographer who files for the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Professional {
    /// Their profession.
    pub profession: Profession,
    /// Number in the order's register, opaque.
    pub order_number: String,
    /// Full name.
    pub name: Name,
}

/// Professions that file on the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profession {
    /// Architecte.
    Architect,
    /// Ingénieur géomètre-topographe.
    Surveyor,
    /// Bureau d'études, other engineer.
    Engineer,
}

/// What the building or land is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Habitation.
    Housing,
    /// Commerce, offices.
    Commercial,
    /// Industry.
    Industrial,
    /// Farming.
    Agricultural,
    /// Establishment open to the public (hotel, school, mosque, clinic …).
    PublicBuilding,
    /// Several uses in one project.
    Mixed,
}

impl Use {
    /// The key on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Housing => "housing",
            Self::Commercial => "commercial",
            Self::Industrial => "industrial",
            Self::Agricultural => "agricultural",
            Self::PublicBuilding => "public-building",
            Self::Mixed => "mixed",
        }
    }
}

/// What is planned. Lengths, areas and money are whole numbers, with the unit in the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// What it is for.
    #[serde(rename = "use")]
    pub purpose: Use,
    /// One line that says what it is, in the applicant's language.
    pub title: String,
    /// Floors above the ground floor (R+n).
    #[serde(default)]
    pub floors: u16,
    /// Height in centimetres.
    #[serde(default)]
    pub height_cm: u32,
    /// Number of dwellings.
    #[serde(default)]
    pub dwellings: u32,
    /// Floor area in square metres; every started m² counts whole (law 47-06).
    #[serde(default)]
    pub floor_area_m2: u32,
    /// Estimated cost in centimes of MAD.
    #[serde(default)]
    pub cost_centimes: i64,
    /// An investment act in the sense of law 55-19 (capped at 30 days).
    #[serde(default)]
    pub investment: bool,
    /// Lies in a subdivision that was received.
    #[serde(default)]
    pub in_received_subdivision: bool,
}

/// Facts about the place or the project that decide who is consulted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// On or near the public hydraulic domain (law 36-15).
    NearWatercourse,
    /// In a zone known to flood.
    FloodZone,
    /// Needs a new connection to electricity or drinking water.
    NewConnection,
    /// The land has no title.
    NoTitle,
}

/// The legal state of a parcel's title, as the applicant states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Title {
    /// Titled land.
    Titled {
        /// Land title such as `11595/33`; opaque, checked against a configurable pattern.
        title: String,
    },
    /// Registration is asked for.
    Requisition {
        /// Number of the requisition.
        requisition: String,
    },
    /// No title.
    Untitled,
}

/// Where a parcel lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Geometry {
    /// GeoJSON polygon (RFC 7946): WGS 84, longitude then latitude, degrees.
    Geojson {
        /// Rings; the first is the outer one, each closed.
        coordinates: Vec<Vec<[f64; 2]>>,
    },
    /// Merchich Lambert, metres, easting then northing.
    Lambert {
        /// EPSG code of the zone: 26191, 26192, 26194 or 26195 (26193 is deprecated and refused).
        epsg: u32,
        /// Rings; the first is the outer one, each closed.
        coordinates: Vec<Vec<[f64; 2]>>,
    },
}

/// A parcel of the project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Its title.
    #[serde(flatten)]
    pub title: Title,
    /// Area in square metres.
    pub area_m2: u32,
    /// Place, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
}

/// A document of the file. Its bytes were put into the document store before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it is: `plan-masse`, `title-deed`, `architect-contract` …; opaque for the gateway.
    pub kind: String,
    /// A main document makes the file inadmissible when missing; an information document never does.
    #[serde(default)]
    pub main: bool,
    /// Media type (RFC 6838).
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Hash of the bytes, the document's address in the store.
    pub sha256: Sha256Hex,
}

/// The data of `file.submitted` and `file.redeposited`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitFile {
    /// The commune's reference, unique in the commune.
    pub reference: Reference,
    /// Commune or arrondissement that decides.
    pub commune: CommuneCode,
    /// Kind of permit.
    pub permit: Permit,
    /// Class as stated; checked against the rule, not believed.
    pub project_class: ProjectClass,
    /// 1 for the first deposit, then 2, 3 … after modifications asked by the president.
    pub deposit_version: u32,
    /// The numbered receipt.
    pub receipt: Receipt,
    /// Who asks.
    pub applicant: Applicant,
    /// Who files for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub professional: Option<Professional>,
    /// What is planned.
    pub project: Project,
    /// Facts that decide who is consulted.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Land.
    #[serde(default)]
    pub parcels: Vec<Parcel>,
    /// Documents by reference.
    #[serde(default)]
    pub documents: Vec<Document>,
}
