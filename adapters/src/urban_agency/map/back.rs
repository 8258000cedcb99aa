//! From what the agency says to outcomes. An unknown value becomes pending, never a success; a reviewer's
//! silence (`boEstTacite`) is no opinion.

use jiff::Timestamp;
use wasl_schemas::agency::Outcome;
use wasl_schemas::consultation::MissingItem;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::opinion::{Opinion, OpinionKind};

use super::super::wire;
use crate::{opinions, zone};

/// Our reference, as the agency repeats it.
pub(in super::super) fn our_reference(text: Option<&str>) -> Option<ConsultationId> {
    text.and_then(opinions::our_reference)
}

fn pending(unknown: impl Into<String>) -> Outcome {
    Outcome::Pending { unknown: Some(unknown.into()) }
}

/// `NATURE_AVIS 9 "Ajourné"`: what is reported of a number that we do not know.
fn unknown_number(nomenclature: &str, nom: &wire::Nom) -> String {
    let number = nom.id.map_or_else(|| "missing".to_owned(), |id| id.to_string());
    match &nom.label {
        Some(label) => format!("{nomenclature} {number} \"{label}\""),
        None => format!("{nomenclature} {number}"),
    }
}

fn filled(text: Option<&String>) -> Option<String> {
    text.map(|t| t.trim()).filter(|t| !t.is_empty()).map(str::to_owned)
}

/// The opinion (README §4).
pub(in super::super) fn opinion(avis: &wire::Avis) -> Outcome {
    if avis.boEstTacite == Some(true) {
        return pending("boEstTacite: a number set by the passing of time is no opinion");
    }
    let kind = match avis.nomNatureAvisRendu.id {
        Some(1) => OpinionKind::Favourable,
        Some(2) => OpinionKind::FavourableWithConditions,
        Some(3) => OpinionKind::Unfavourable,
        Some(6) => OpinionKind::NoOpinion,
        _ => return pending(unknown_number("NATURE_AVIS", &avis.nomNatureAvisRendu)),
    };
    let said = filled(avis.txAvis.as_ref());
    let reason = filled(avis.txFondement.as_ref()).or_else(|| said.clone());
    let mut conditions = conditions(avis);
    if kind == OpinionKind::FavourableWithConditions && conditions.is_empty() {
        // Some services write their only condition into the opinion's text.
        conditions.extend(said);
    }
    opinions::answered(Opinion {
        reason,
        conditions,
        given_at: given_at(avis),
        signatory: filled(avis.idActeurAuteur.as_ref()),
        ..Opinion::plain(kind)
    })
}

fn conditions(avis: &wire::Avis) -> Vec<String> {
    let mut prescriptions: Vec<_> = avis.prescriptions.iter().collect();
    prescriptions.sort_by_key(|p| p.noOrdre.unwrap_or(i64::MAX));
    prescriptions.into_iter().filter_map(|p| filled(p.txPrescription.as_ref())).collect()
}

fn given_at(avis: &wire::Avis) -> Option<Timestamp> {
    if let Some(time) = avis.hdAvis.as_ref().and_then(|text| text.parse::<Timestamp>().ok()) {
        return Some(time);
    }
    zone::start_of_day(avis.dtAvis.as_ref()?.parse().ok()?)
}

/// The acknowledgement (README §3).
pub(in super::super) fn acknowledgement(pec: &wire::PecMetier, agency_reference: Option<String>) -> Outcome {
    match pec.nomStatutPecMetier.id {
        Some(1) => Outcome::Acknowledged { agency_reference },
        Some(2) => Outcome::Incomplete {
            missing: missing(pec),
            respond_by: pec.dtLimiteComplement.as_ref().and_then(|text| text.parse().ok()),
        },
        _ => pending(unknown_number("STATUT_PEC", &pec.nomStatutPecMetier)),
    }
}

fn missing(pec: &wire::PecMetier) -> Vec<MissingItem> {
    let mut missing: Vec<_> = pec.elementsManquants.iter().map(missing_item).collect();
    if missing.is_empty() {
        let text = filled(pec.txObservations.as_ref()).unwrap_or_else(|| "Dossier incomplet".to_owned());
        missing.push(MissingItem { code: "unstated".to_owned(), text });
    }
    missing
}

fn missing_item(element: &wire::ElementManquant) -> MissingItem {
    let number = element.nomTypePiece.id.map(|id| format!("TYPE_PIECE-{id}"));
    let code =
        filled(element.cdTypePieceExterne.as_ref()).or(number).unwrap_or_else(|| "unstated".to_owned());
    let label = filled(element.nomTypePiece.label.as_ref());
    let text = match (label, filled(element.txMotif.as_ref())) {
        (Some(label), Some(why)) => format!("{label} : {why}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => code.clone(),
    };
    MissingItem { code, text }
}

/// A document that the agency says it could not take (ETAT_PIECE 3), by its hash; another state is nothing to say.
pub(in super::super) fn document_not_taken(document: &wire::DocumentState) -> Option<MissingItem> {
    if document.nomEtatPiece.id != Some(3) {
        return None;
    }
    let code = filled(document.cdErreur.as_ref()).unwrap_or_else(|| "unstated".to_owned());
    let hash = filled(document.cdEmpreinteSha256.as_ref()).unwrap_or_else(|| "?".to_owned());
    let text = format!("Document {hash} : {code}");
    Some(MissingItem { code, text })
}

/// What a search found, as far as it needs no second call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Standing {
    /// Known without asking more.
    Is(Outcome),
    /// There is an opinion; read it.
    Opinion(String),
}

/// Where a consultation stands (README §3, ETAT_CONSULTATION).
pub(in super::super) fn standing(found: &wire::Found) -> Standing {
    let reference = found.idConsultation.clone();
    if let Some(refus) = &found.refus {
        return Standing::Is(refused(refus));
    }
    if let Some(id) = filled(found.idAvis.as_ref()) {
        return Standing::Opinion(id);
    }
    Standing::Is(match (found.nomEtatConsultation.id, &found.pecMetier) {
        (Some(7), _) => Outcome::Cancelled,
        (Some(2 | 3), Some(pec)) => acknowledgement(pec, reference),
        // 4: completed by a supplement, the agency has not looked at it yet.
        (Some(1 | 4), _) => Outcome::Delivered { agency_reference: reference },
        (Some(2), None) => Outcome::Acknowledged { agency_reference: reference },
        _ => pending(unknown_number("ETAT_CONSULTATION", &found.nomEtatConsultation)),
    })
}

fn refused(refus: &wire::Refus) -> Outcome {
    Outcome::Refused {
        code: filled(refus.cdErreur.as_ref()).unwrap_or_else(|| "unstated".to_owned()),
        reason: filled(refus.txMotif.as_ref()).unwrap_or_default(),
    }
}

/// A notification that says all by itself (README §5: kinds 3, 4, 5 and unknown ones).
pub(in super::super) fn event(notification: &wire::Notification) -> Outcome {
    let code = filled(notification.cdErreur.as_ref()).unwrap_or_else(|| "unstated".to_owned());
    match notification.nomTypeEvenement.id {
        // A document that the agency could not take is our matter, not a gap in the applicant's file.
        Some(3) => {
            let document = notification.idElementConcerne.as_deref().unwrap_or("?");
            pending(format!("{code}: document {document}"))
        }
        Some(4) => {
            Outcome::Refused { code, reason: filled(notification.txCommentaire.as_ref()).unwrap_or_default() }
        }
        Some(5) => Outcome::Cancelled,
        _ => pending(unknown_number("TYPE_EVENEMENT", &notification.nomTypeEvenement)),
    }
}

/// All that an error body says: the first code, and every message with its place.
pub(in super::super) fn errors(errors: &wire::Errors, status: u16) -> (String, String) {
    let code = errors.erreurs.iter().find_map(|e| filled(e.cdErreur.as_ref()));
    let line = |e: &wire::ErrorItem| {
        let parts = [e.cdErreur.as_ref(), e.txChemin.as_ref(), e.txMessage.as_ref()];
        parts.into_iter().filter_map(filled).collect::<Vec<_>>().join(" ")
    };
    let reason = errors.erreurs.iter().map(line).collect::<Vec<_>>().join("; ");
    (code.unwrap_or_else(|| format!("http-{status}")), reason)
}
