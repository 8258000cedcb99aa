//! The calls that only read: an opinion, the documents of a file, a nomenclature.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::action::Action;
use super::super::agency::Agency;
use super::super::ledger::Entry;
use super::Shared;
use super::answers::{self, fault, opinion as opinion_body};

/// `GET avis/{id}`.
pub(super) async fn opinion(
    State(agency): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = agency.tokens.caller(&agency.desk, &headers) {
        return *refusal;
    }
    let seq = id.strip_prefix("AVIS-").and_then(|seq| seq.parse().ok());
    let entry = seq.and_then(|seq| agency.desk.office.ledger.get(seq));
    let review = entry
        .and_then(|entry| agency.desk.review(&entry.reference))
        .filter(|review| review.answer.is_some_and(|stamp| Some(stamp.seq) == seq));
    match review.and_then(|review| opinion_body(&agency.desk, &review)) {
        Some(body) => axum::Json(body).into_response(),
        None => fault(StatusCode::NOT_FOUND, "AVIS-INCONNU", None, "Avis inconnu"),
    }
}

/// `GET dossiers/{id}/pieces`.
pub(super) async fn documents(
    State(agency): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = agency.tokens.caller(&agency.desk, &headers) {
        return *refusal;
    }
    let Some(review) = agency.desk.numbered(&id.replacen("AUT-D-", "AUT-", 1)) else {
        return fault(StatusCode::NOT_FOUND, "DOSSIER-INCONNU", None, "Dossier inconnu");
    };
    let kept = review.kept["documents"].as_array().cloned().unwrap_or_default();
    let about = |entry: &Entry| entry.reference == review.reference && !entry.detail["sha256"].is_null();
    let noted = agency.desk.office.ledger.select_of(Agency::UrbanAgency, 0, usize::MAX, about);
    let list: Vec<_> = kept
        .iter()
        .map(|piece| {
            let last = noted.iter().rev().find(|entry| entry.detail["sha256"] == piece[1]);
            let (state, code) = match last.map(|entry| (entry.action, &entry.detail["code"])) {
                Some((Action::DocumentReceived, _)) => ((2, "Reçue conforme"), Value::Null),
                Some((_, code)) => ((3, "En erreur"), code.clone()),
                None => ((1, "Annoncée"), Value::Null),
            };
            json!({
                "noPieceExterne": piece[0],
                "cdEmpreinteSha256": piece[1],
                "nomEtatPiece": {"idNom": state.0, "libNom": state.1},
                "cdErreur": code,
            })
        })
        .collect();
    axum::Json(json!({"pieces": list})).into_response()
}

/// `GET nomenclatures/{code}`.
pub(super) async fn nomenclature(
    State(agency): State<Shared>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = agency.tokens.caller(&agency.desk, &headers) {
        return *refusal;
    }
    let values: Option<&[(u32, &str)]> = match code.as_str() {
        "NATURE_AVIS" => Some(&answers::OPINIONS),
        "ETAT_CONSULTATION" => Some(&answers::STATES),
        "STATUT_PEC" => Some(&answers::ACKNOWLEDGEMENTS),
        _ => None,
    };
    let Some(values) = values else {
        return fault(StatusCode::NOT_FOUND, "NOMENCLATURE-INCONNUE", None, "Nomenclature inconnue");
    };
    let values: Vec<_> =
        values.iter().map(|(number, label)| json!({"idNom": number, "libNom": label})).collect();
    axum::Json(json!({"cdNomenclature": code, "valeurs": values})).into_response()
}
