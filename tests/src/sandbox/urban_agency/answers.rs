//! What the agency says: faults, consultations, acknowledgements, opinions.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::desk::Desk;
use super::super::draw::Behaviour;
use super::super::filing::refusal_code;
use super::super::review::{CONDITIONS, Review, State};

pub(super) const OPINIONS: [(u32, &str); 4] =
    [(1, "Favorable"), (2, "Favorable avec réserves"), (3, "Défavorable"), (6, "Sans avis")];
pub(super) const STATES: [(u32, &str); 7] = [
    (1, "Reçue"),
    (2, "Prise en compte"),
    (3, "Incomplète"),
    (4, "Complétée"),
    (6, "Traitée"),
    (7, "Annulée"),
    (8, "Refusée"),
];
pub(super) const ACKNOWLEDGEMENTS: [(u32, &str); 2] = [(1, "Complet"), (2, "Incomplet")];

/// One fault as the error body of the contract wants it.
pub(super) fn fault(status: StatusCode, code: &str, path: Option<&str>, message: &str) -> Response {
    faults(status, &[json!({"cdErreur": code, "txChemin": path, "txMessage": message})], json!({}))
}

/// Several faults at once, with what the status adds to the body.
pub(super) fn faults(status: StatusCode, list: &[Value], mut body: Value) -> Response {
    body["erreurs"] = json!(list);
    body["idRequete"] = json!(super::super::secrets::random_text(8));
    (status, axum::Json(body)).into_response()
}

/// A nomenclature value as it is read: number and label.
pub(super) fn nomenclature(values: &[(u32, &str)], number: u32) -> Value {
    let label = values.iter().find(|(known, _)| *known == number).map(|(_, label)| *label);
    json!({"idNom": number, "libNom": label})
}

fn state_number(state: State) -> u32 {
    match state {
        State::Received => 1,
        State::Acknowledged => 2,
        State::Incomplete => 3,
        State::Completed => 4,
        State::Answered => 6,
        State::Cancelled => 7,
        State::Refused => 8,
    }
}

/// The agency's id of the file behind a consultation.
pub(super) fn file_id(review: &Review) -> String {
    review.number.replacen("AUT-", "AUT-D-", 1)
}

/// The body of a 201, and of a change.
pub(super) fn consultation(desk: &Desk, review: &Review) -> Value {
    json!({
        "idConsultation": review.number,
        "idDossier": file_id(review),
        "noConsultationExterne": review.reference,
        "noVersion": review.version,
        "nomEtatConsultation": nomenclature(&STATES, state_number(review.state)),
        "hdCreation": desk.office.legal_text(review.accepted_ms),
    })
}

/// One result of a search.
pub(super) fn search_result(desk: &Desk, review: &Review) -> Value {
    let refusal = (review.state == State::Refused)
        .then(|| json!({"cdErreur": refusal_code(desk.agency), "txMotif": REFUSAL}));
    json!({
        "idConsultation": review.number,
        "noConsultationExterne": review.reference,
        "noVersion": review.version,
        "nomEtatConsultation": nomenclature(&STATES, state_number(review.state)),
        "dossier": {
            "idDossier": file_id(review), "noDossierExterne": review.file, "noVersion": review.version,
        },
        "pecMetier": acknowledgement(desk, review),
        "idAvis": review.answer.map(|stamp| format!("AVIS-{}", stamp.seq)),
        "refus": refusal,
    })
}

/// Why the agency refuses what it was drawn to refuse.
pub(super) const REFUSAL: &str = "La commune ne relève pas de cette agence";

fn acknowledgement(desk: &Desk, review: &Review) -> Option<Value> {
    let stamp = review.acknowledgement?;
    let incomplete = review.incomplete;
    let missing = json!([
        {"nomTypePiece": {"idNom": 3, "libNom": "Plan de masse"}, "cdTypePieceExterne": "site-plan",
         "txMotif": "Cotes absentes"},
    ]);
    Some(json!({
        "idPecMetier": format!("PEC-{}", stamp.seq),
        "nomStatutPecMetier": nomenclature(&ACKNOWLEDGEMENTS, if incomplete { 2 } else { 1 }),
        "dtPecMetier": desk.office.legal_date(stamp.at_ms, 0),
        "dtLimiteComplement": incomplete.then(|| desk.office.legal_date(stamp.at_ms, 7)),
        "txObservations": incomplete.then_some("Le plan de masse n'est pas coté."),
        "elementsManquants": if incomplete { missing } else { json!([]) },
    }))
}

/// The opinion in force.
pub(super) fn opinion(desk: &Desk, review: &Review) -> Option<Value> {
    let stamp = review.answer?;
    let (number, text, reason) = match review.draw.behaviour {
        Behaviour::Conditions => (2, Some("Favorable sous réserve."), None),
        Behaviour::Unfavourable => {
            (3, Some("Projet non conforme au plan d'aménagement."), Some("Plan d'aménagement, article 12"))
        }
        Behaviour::NoOpinion => (6, None, Some("Hors du champ de compétence de l'agence.")),
        _ => (1, None, None),
    };
    let conditions: Vec<Value> = if number == 2 { conditions() } else { Vec::new() };
    Some(json!({
        "idAvis": format!("AVIS-{}", stamp.seq),
        "idConsultation": review.number,
        "noConsultationExterne": review.reference,
        "nomNatureAvisRendu": nomenclature(&OPINIONS, number),
        "boEstTacite": false,
        "hdAvis": desk.office.legal_text(stamp.at_ms),
        "txAvis": text,
        "txFondement": reason,
        "prescriptions": conditions,
        "idActeurAuteur": "AUT-ETUDES",
    }))
}

fn conditions() -> Vec<Value> {
    let numbered = (1..).zip(CONDITIONS);
    numbered.map(|(order, text)| json!({"noOrdre": order, "txPrescription": text})).collect()
}
