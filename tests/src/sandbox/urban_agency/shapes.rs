//! What the bodies of the contract may hold, as tables.

/// One field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) kind: Kind,
}

/// What a field holds; `null` counts as absent for fields that are not required.
pub(super) enum Kind {
    /// Text of 1 to so many characters.
    Text(usize),
    /// Exactly so many digits.
    Digits(usize),
    /// 64 lower-case hexadecimal digits.
    Sha256,
    Date,
    DateTime,
    Bool,
    /// An integer from this one up.
    Integer(i64),
    /// A nomenclature value, written as its bare number.
    Nomenclature(&'static [i64]),
    /// A list of such values.
    Nomenclatures(&'static [i64]),
    /// A decimal as a string, at most six places.
    Decimal,
    /// Dirhams as a string with two decimals.
    Money,
    /// GeoJSON geometry, longitude then latitude.
    GeoJson,
    /// Lambert rings, easting then northing, the outer one first.
    Lambert,
    Object(&'static [Field]),
    /// A list of objects, at least and at most so many.
    List(&'static [Field], usize, usize),
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, required: true, kind }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, kind }
}

/// `POST consultations`.
pub(super) static CREATE: [Field; 3] = [
    must("idActeurEmetteur", Kind::Text(64)),
    must("dossier", Kind::Object(&FILE)),
    must("consultation", Kind::Object(&CONSULTATION)),
];

static CONSULTATION: [Field; 5] = [
    must("noConsultationExterne", Kind::Text(64)),
    must("nomTypeConsultation", Kind::Nomenclature(&[1, 2])),
    must("boAvisConforme", Kind::Bool),
    must("dtConsultation", Kind::Date),
    may("dtLimiteReponse", Kind::Date),
];

static FILE: [Field; 13] = [
    must("noDossierExterne", Kind::Text(64)),
    must("nomTypeDossier", Kind::Nomenclature(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])),
    may("nomClasseProjet", Kind::Nomenclature(&[1, 2])),
    must("noDepot", Kind::Integer(1)),
    must("noRecepisse", Kind::Text(64)),
    must("hdRecepisse", Kind::DateTime),
    must("cdCommune", Kind::Digits(9)),
    may("boEstInvestissement", Kind::Bool),
    may("nomParticularites", Kind::Nomenclatures(&[1, 2, 3, 4])),
    must("personnes", Kind::List(&PERSON, 1, 50)),
    may("projet", Kind::Object(&PROJECT)),
    must("terrains", Kind::List(&LAND, 0, 100)),
    must("pieces", Kind::List(&DOCUMENT, 0, 200)),
];

static PERSON: [Field; 9] = [
    must("nomRolePersonne", Kind::Nomenclature(&[1, 2])),
    must("boEstPersonneMorale", Kind::Bool),
    may("libNomFr", Kind::Text(300)),
    may("libNomAr", Kind::Text(300)),
    may("noCin", Kind::Text(16)),
    may("noIce", Kind::Digits(15)),
    may("boOrganismePublic", Kind::Bool),
    may("nomProfession", Kind::Nomenclature(&[1, 2, 3])),
    may("noInscriptionOrdre", Kind::Text(64)),
];

static PROJECT: [Field; 8] = [
    may("nomUsageProjet", Kind::Nomenclature(&[1, 2, 3, 4, 5, 6])),
    may("nbNiveaux", Kind::Integer(0)),
    may("nbHauteurMetres", Kind::Decimal),
    may("nbLogements", Kind::Integer(0)),
    may("nbSurfacePlancherM2", Kind::Decimal),
    may("mtCoutDirhams", Kind::Money),
    may("txIntitule", Kind::Text(4_000)),
    may("boDansLotissementReceptionne", Kind::Bool),
];

static LAND: [Field; 5] = [
    must("nomStatutFoncier", Kind::Nomenclature(&[1, 2, 3])),
    may("noTitreFoncier", Kind::Text(64)),
    may("nbSurfaceM2", Kind::Decimal),
    may("geometrie", Kind::GeoJson),
    may("lambert", Kind::Lambert),
];

static DOCUMENT: [Field; 8] = [
    must("noPieceExterne", Kind::Integer(1)),
    must("nomTypePiece", Kind::Nomenclature(&[1, 2, 3, 4, 5, 6, 99])),
    may("cdTypePieceExterne", Kind::Text(64)),
    may("boPrincipale", Kind::Bool),
    must("cdTypeMime", Kind::Text(100)),
    must("nbOctets", Kind::Integer(0)),
    must("cdEmpreinteSha256", Kind::Sha256),
    may("txUrl", Kind::Text(2_000)),
];

/// `POST consultations/{id}/complements`.
pub(super) static SUPPLEMENT: [Field; 5] = [
    must("noVersion", Kind::Integer(1)),
    must("noComplementExterne", Kind::Text(128)),
    must("noDepot", Kind::Integer(1)),
    may("txReponse", Kind::Text(10_000)),
    must("pieces", Kind::List(&DOCUMENT, 0, 200)),
];

/// `POST consultations/{id}/annulation`.
pub(super) static CANCEL: [Field; 3] = [
    must("noVersion", Kind::Integer(1)),
    must("nomMotifAnnulation", Kind::Nomenclature(&[1, 2, 9])),
    may("txMotif", Kind::Text(10_000)),
];
