//! What the readers of this adapter know of the agency's files (README, sections 4, 6 and 7).

use crate::transport::drift::{Shape, field};
use crate::transport::xml::Element;

/// The file whose root this is.
pub(super) fn of(root: &Element) -> &'static Shape {
    if root.name == "ResultatAvis" { &RESULTAT } else { &ACQUITTEMENT }
}

const ACQUITTEMENT: Shape = Shape {
    message: "acquittement",
    fields: &[
        field("/Acquittement/Scenario/CodeScenario").codes(&["ACQ_AVIS_DPH"]),
        field("/Acquittement/Scenario/VersionScenario").codes(&["1.0"]),
        field("/Acquittement/Scenario/NomScenario").unread(),
        field("/Acquittement/Scenario/DateHeureCreationFichier"),
        field("/Acquittement/Scenario/Emetteur/CdIntervenant").unread(),
        field("/Acquittement/Scenario/Emetteur/NomIntervenant").unread(),
        field("/Acquittement/Scenario/Destinataire/CdIntervenant"),
        field("/Acquittement/Scenario/Destinataire/CdIntervenant/@schemeAgencyID").unread(),
        field("/Acquittement/Scenario/Destinataire/NomIntervenant").unread(),
        field("/Acquittement/Accuse/ReferenceDemande"),
        field("/Acquittement/Accuse/VersionDossier").unread(),
        field("/Acquittement/Accuse/NumeroDossierAgence").opt().chars(64),
        field("/Acquittement/Accuse/Statut").codes(&["ACCEPTE", "INCOMPLET", "REJETE"]),
        field("/Acquittement/Accuse/DateHeureAccuse").unread(),
        field("/Acquittement/Accuse/DateLimiteComplement").opt(),
        field("/Acquittement/Accuse/Anomalie/CdAnomalie"),
        field("/Acquittement/Accuse/Anomalie/LbAnomalie").opt().chars(500),
        field("/Acquittement/Accuse/Anomalie/Localisation").opt().chars(200),
        field("/Acquittement/Accuse/Anomalie/Gravite").unread(),
    ],
};

const RESULTAT: Shape = Shape {
    message: "resultat",
    fields: &[
        field("/ResultatAvis/Scenario/CodeScenario").codes(&["RES_AVIS_DPH"]),
        field("/ResultatAvis/Scenario/VersionScenario").codes(&["1.0"]),
        field("/ResultatAvis/Scenario/NomScenario").unread(),
        field("/ResultatAvis/Scenario/DateHeureCreationFichier"),
        field("/ResultatAvis/Scenario/Emetteur/CdIntervenant").unread(),
        field("/ResultatAvis/Scenario/Emetteur/NomIntervenant").unread(),
        field("/ResultatAvis/Scenario/Destinataire/CdIntervenant"),
        field("/ResultatAvis/Scenario/Destinataire/CdIntervenant/@schemeAgencyID").unread(),
        field("/ResultatAvis/Scenario/Destinataire/NomIntervenant").unread(),
        field("/ResultatAvis/Avis/ReferenceDemande"),
        field("/ResultatAvis/Avis/VersionDossier").unread(),
        field("/ResultatAvis/Avis/NumeroDossierAgence").unread(),
        field("/ResultatAvis/Avis/SensAvis").codes(&[
            "FAVORABLE",
            "FAVORABLE_AVEC_RESERVES",
            "DEFAVORABLE",
            "SANS_AVIS",
        ]),
        field("/ResultatAvis/Avis/DateAvis"),
        field("/ResultatAvis/Avis/Motivation").opt().chars(2000),
        field("/ResultatAvis/Avis/Reserve").opt().chars(2000),
        field("/ResultatAvis/Avis/AleaInondation").opt().codes(&["NUL", "FAIBLE", "MOYEN", "FORT"]),
        field("/ResultatAvis/Avis/DistanceCoursEau").opt(),
        field("/ResultatAvis/Avis/DistanceCoursEau/@uom").codes(&["m"]),
        field("/ResultatAvis/Avis/Signataire").opt().chars(200),
    ],
};
