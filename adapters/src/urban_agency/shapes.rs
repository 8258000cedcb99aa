//! What the readers of `wire` know of each message of the agency (README §§1–5, 7, 8): what stands out is drift.

use crate::transport::drift::{Field, Shape, field};

/// ETAT_CONSULTATION, as far as `map::back` decides by it.
const STATES: &[&str] = &["1", "2", "3", "4", "6", "7", "8"];
const STATUT_PEC: &[&str] = &["1", "2"];
const NATURE_AVIS: &[&str] = &["1", "2", "3", "6"];
const TYPE_EVENEMENT: &[&str] = &["1", "2", "3", "4", "5"];
const ETAT_PIECE: &[&str] = &["1", "2", "3"];
const YES_NO: &[&str] = &["true", "false"];
const CODES_OF_DOCUMENTS: &[&str] = &["PIECE-EMPREINTE", "PIECE-INACCESSIBLE", "PIECE-TYPE", "PIECE-TAILLE"];
/// PIECE-…, and the codes of §1.
const CODES_OF_EVENTS: &[&str] = &[
    "PIECE-EMPREINTE",
    "PIECE-INACCESSIBLE",
    "PIECE-TYPE",
    "PIECE-TAILLE",
    "COMMUNE-HORS-RESSORT",
    "TYPE-DOSSIER-NON-TRAITE",
    "TERRAIN-ABSENT",
    "GEOMETRIE-INVALIDE",
];
const CODES_OF_ERRORS: &[&str] = &[
    "JSON-INVALIDE",
    "CHAMP-OBLIGATOIRE",
    "CHAMP-INCONNU",
    "CHAMP-INVALIDE",
    "NOMENCLATURE-INCONNUE",
    "JETON-INVALIDE",
    "ACTEUR-INCONNU",
    "CONSULTATION-INCONNUE",
    "AVIS-INCONNU",
    "DOSSIER-INCONNU",
    "CONSULTATION-EXISTANTE",
    "COMPLEMENT-EXISTANT",
    "VERSION-PERIMEE",
    "ETAT-INCOMPATIBLE",
    "CORPS-TROP-GRAND",
    "COMMUNE-HORS-RESSORT",
    "TYPE-DOSSIER-NON-TRAITE",
    "TERRAIN-ABSENT",
    "GEOMETRIE-INVALIDE",
    "TROP-DE-REQUETES",
    "INDISPONIBLE",
    "ERREUR-INTERNE",
];

/// A reference as both sides give it.
const fn reference(path: &'static str) -> Field {
    field(path).chars(64)
}

/// A text of a report.
const fn text(path: &'static str) -> Field {
    field(path).opt().chars(4000)
}

/// The 201 of a consultation, the 200 of a change.
pub(super) const CREATED: Shape = Shape {
    message: "consultation-created",
    fields: &[
        reference("/idConsultation"),
        reference("/noConsultationExterne"),
        field("/noVersion"),
        field("/nomEtatConsultation").codes(STATES).opt(),
        field("/nomEtatConsultation/idNom").codes(STATES),
        field("/nomEtatConsultation/libNom").opt(),
        field("/idDossier").unread(),
        field("/hdCreation").unread(),
    ],
};

/// The body of a refusal.
pub(super) const ERRORS: Shape = Shape {
    message: "erreurs",
    fields: &[
        field("/erreurs/*/cdErreur").codes(CODES_OF_ERRORS),
        field("/erreurs/*/txChemin").opt().chars(200),
        field("/erreurs/*/txMessage").opt().chars(1000),
        reference("/idConsultation").opt(),
        field("/idRequete").unread(),
    ],
};

/// `POST consultations/recherche`.
pub(super) const SEARCH: Shape = Shape {
    message: "recherche",
    fields: &[
        field("/nombrePages"),
        reference("/resultats/*/idConsultation"),
        reference("/resultats/*/noConsultationExterne"),
        field("/resultats/*/noVersion"),
        field("/resultats/*/nomEtatConsultation").codes(STATES),
        field("/resultats/*/nomEtatConsultation/idNom").codes(STATES),
        field("/resultats/*/nomEtatConsultation/libNom").opt(),
        field("/resultats/*/idAvis").opt().chars(64),
        field("/resultats/*/refus").opt(),
        field("/resultats/*/refus/cdErreur").codes(CODES_OF_EVENTS),
        text("/resultats/*/refus/txMotif"),
        field("/resultats/*/pecMetier").opt(),
        reference("/resultats/*/pecMetier/idPecMetier"),
        field("/resultats/*/pecMetier/nomStatutPecMetier").codes(STATUT_PEC),
        field("/resultats/*/pecMetier/nomStatutPecMetier/idNom").codes(STATUT_PEC),
        field("/resultats/*/pecMetier/nomStatutPecMetier/libNom").opt(),
        field("/resultats/*/pecMetier/dtLimiteComplement").opt().chars(10),
        text("/resultats/*/pecMetier/txObservations"),
        field("/resultats/*/pecMetier/elementsManquants").opt(),
        field("/resultats/*/pecMetier/elementsManquants/*/nomTypePiece").opt(),
        field("/resultats/*/pecMetier/elementsManquants/*/nomTypePiece/idNom"),
        field("/resultats/*/pecMetier/elementsManquants/*/nomTypePiece/libNom").opt(),
        field("/resultats/*/pecMetier/elementsManquants/*/cdTypePieceExterne").opt().chars(64),
        text("/resultats/*/pecMetier/elementsManquants/*/txMotif"),
        field("/resultats/*/pecMetier/dtPecMetier").unread(),
        field("/resultats/*/dossier").opt(),
        reference("/resultats/*/dossier/idDossier").opt(),
        field("/resultats/*/dossier/noDossierExterne").unread(),
        field("/resultats/*/dossier/noVersion").unread(),
    ],
};

/// `GET avis/{id}`.
pub(super) const AVIS: Shape = Shape {
    message: "avis",
    fields: &[
        reference("/idAvis"),
        reference("/noConsultationExterne"),
        field("/nomNatureAvisRendu").codes(NATURE_AVIS),
        field("/nomNatureAvisRendu/idNom").codes(NATURE_AVIS),
        field("/nomNatureAvisRendu/libNom").opt(),
        field("/boEstTacite").codes(YES_NO).opt(),
        field("/hdAvis").opt().chars(35),
        field("/dtAvis").opt().chars(10),
        text("/txAvis"),
        text("/txFondement"),
        field("/prescriptions").opt(),
        field("/prescriptions/*/noOrdre").opt(),
        field("/prescriptions/*/txPrescription").chars(4000),
        field("/idActeurAuteur").opt().chars(64),
        field("/idConsultation").unread(),
    ],
};

/// `GET notifications`.
pub(super) const NOTIFICATIONS: Shape = Shape {
    message: "notifications",
    fields: &[
        field("/noOffsetSuivant"),
        field("/boSuite").codes(YES_NO),
        field("/notifications/*/noOffset"),
        reference("/notifications/*/idNotification"),
        field("/notifications/*/nomTypeEvenement").codes(TYPE_EVENEMENT),
        field("/notifications/*/nomTypeEvenement/idNom").codes(TYPE_EVENEMENT),
        field("/notifications/*/nomTypeEvenement/libNom").opt(),
        reference("/notifications/*/noConsultationExterne"),
        field("/notifications/*/idElementConcerne").opt().chars(64),
        field("/notifications/*/cdErreur").opt().codes(CODES_OF_EVENTS),
        text("/notifications/*/txCommentaire"),
        field("/notifications/*/hdEvenement").unread(),
        field("/notifications/*/idConsultation").unread(),
    ],
};

/// `GET nomenclatures/{CODE}`.
pub(super) const NOMENCLATURE: Shape = Shape {
    message: "nomenclature",
    fields: &[
        field("/valeurs/*/idNom"),
        field("/valeurs/*/libNom").chars(200),
        field("/cdNomenclature").unread(),
    ],
};

/// `GET dossiers/{id}/pieces`.
pub(super) const DOCUMENTS: Shape = Shape {
    message: "pieces",
    fields: &[
        field("/pieces/*/cdEmpreinteSha256").chars(64),
        field("/pieces/*/nomEtatPiece").codes(ETAT_PIECE),
        field("/pieces/*/nomEtatPiece/idNom").codes(ETAT_PIECE),
        field("/pieces/*/nomEtatPiece/libNom").opt(),
        field("/pieces/*/cdErreur").opt().codes(CODES_OF_DOCUMENTS),
        field("/pieces/*/noPieceExterne").unread(),
    ],
};
