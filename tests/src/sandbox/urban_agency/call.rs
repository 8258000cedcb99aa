//! The calls about consultations: create, search, supplement, cancel, opinion, documents.

use std::io;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::action::Action;
use super::super::desk::closed;
use super::super::filing::{AtOnce, Filed, Filing, refusal_code};
use super::super::review::{Review, State as At};
use super::answers::{REFUSAL, consultation, fault, faults, search_result};
use super::check::{self, Fault};
use super::shapes::{CANCEL, CREATE, Field, SUPPLEMENT};
use super::{Shared, documents};

/// A refusal of the disk under the ledger: nothing was done, ask again.
fn not_noted(fault_of_disk: &io::Error) -> Response {
    tracing::error!(fault = %fault_of_disk, "the ledger took no entry");
    let mut answer = fault(StatusCode::SERVICE_UNAVAILABLE, "INDISPONIBLE", None, "Service indisponible");
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// Checks caller and body; what does not fit is a violation.
fn read(agency: &Shared, headers: &HeaderMap, body: &[u8], fields: &[Field]) -> Result<Value, Box<Response>> {
    agency.tokens.caller(&agency.desk, headers)?;
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        agency.desk.violation("", &["the body is not JSON".to_owned()]);
        return Err(Box::new(fault(StatusCode::BAD_REQUEST, "JSON-INVALIDE", None, "JSON invalide")));
    };
    let found = check::body(&value, fields);
    if found.is_empty() {
        return Ok(value);
    }
    let reference = value["consultation"]["noConsultationExterne"].as_str().unwrap_or_default();
    Err(Box::new(malformed(agency, reference, &found)))
}

fn malformed(agency: &Shared, reference: &str, found: &[Fault]) -> Response {
    let reasons: Vec<_> = found.iter().map(|fault| format!("{} {}", fault.code, fault.path)).collect();
    agency.desk.violation(reference, &reasons);
    let list: Vec<_> = found.iter().map(Fault::json).collect();
    faults(StatusCode::BAD_REQUEST, &list, json!({}))
}

/// `POST consultations`.
pub(super) async fn create(State(agency): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let value = match read(&agency, &headers, &body, &CREATE) {
        Ok(value) => value,
        Err(refusal) => return *refusal,
    };
    let (file, asked) = (&value["dossier"], &value["consultation"]);
    let reference = asked["noConsultationExterne"].as_str().unwrap_or_default();
    let found = contradictions(&agency, &value);
    if !found.is_empty() {
        return malformed(&agency, reference, &found);
    }
    let filing = Filing {
        reference,
        file: file["noDossierExterne"].as_str().unwrap_or_default(),
        deposit: file["noDepot"].as_u64().unwrap_or(1),
        kept: json!({"commune": file["cdCommune"], "documents": documents_of(file)}),
        at_once: AtOnce::RefusalIfDrawn,
    };
    match agency.desk.file(&filing) {
        Err(fault) => not_noted(&fault),
        Ok(Filed::New(review)) => {
            documents::fetch(&agency.desk, &review, &file["pieces"]);
            let place = format!("/urban-agency/v1/consultations/{}", review.number);
            let body = axum::Json(consultation(&agency.desk, &review));
            (StatusCode::CREATED, [(header::LOCATION, place)], body).into_response()
        }
        Ok(Filed::Before(review)) => {
            let path = "/consultation/noConsultationExterne";
            let message = "Une consultation porte déjà ce numéro externe";
            let known = Fault::new("CONSULTATION-EXISTANTE", path, message).json();
            faults(StatusCode::CONFLICT, &[known], json!({"idConsultation": review.number}))
        }
        Ok(Filed::Refused) => {
            let code = refusal_code(agency.desk.agency);
            fault(StatusCode::UNPROCESSABLE_ENTITY, code, Some("/dossier/cdCommune"), REFUSAL)
        }
    }
}

fn documents_of(file: &Value) -> Vec<Value> {
    let pieces = file["pieces"].as_array().map(Vec::as_slice).unwrap_or_default();
    pieces.iter().map(|piece| json!([piece["noPieceExterne"], piece["cdEmpreinteSha256"]])).collect()
}

/// What the contract says between fields.
fn contradictions(agency: &Shared, value: &Value) -> Vec<Fault> {
    let (file, asked) = (&value["dossier"], &value["consultation"]);
    let mut found = Vec::new();
    let mut demand = |holds: bool, path: &str, message| {
        if !holds {
            found.push(Fault::new("CHAMP-INVALIDE", path, message));
        }
    };
    let caller = &agency.desk.office.secrets.urban_agency.id_acteur_appelant;
    demand(value["idActeurEmetteur"] == json!(caller), "/idActeurEmetteur", "Autre que l'acteur appelant");
    demand(asked["boAvisConforme"] == json!(true), "/consultation/boAvisConforme", "L'avis est conforme");
    let again = file["noDepot"].as_u64() > Some(1);
    let kind = if again { 2 } else { 1 };
    let path = "/consultation/nomTypeConsultation";
    demand(asked["nomTypeConsultation"] == json!(kind), path, "Ne répond pas au numéro de dépôt");
    for person in file["personnes"].as_array().into_iter().flatten() {
        let named = !person["libNomFr"].is_null() || !person["libNomAr"].is_null();
        demand(named, "/dossier/personnes", "Une personne sans nom");
    }
    for land in file["terrains"].as_array().into_iter().flatten() {
        let both = !land["geometrie"].is_null() && !land["lambert"].is_null();
        demand(!both, "/dossier/terrains", "geometrie ou lambert, non les deux");
    }
    found
}

/// `POST consultations/recherche?page=0`.
pub(super) async fn search(
    State(agency): State<Shared>,
    Query(query): Query<std::collections::HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = agency.tokens.caller(&agency.desk, &headers) {
        return *refusal;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let criteria = &asked["criteresSurConsultations"];
    let ours = criteria["noConsultationExterne"].as_str();
    let number = criteria["idConsultation"].as_str();
    if ours.is_none() && number.is_none() {
        agency.desk.violation("", &["a search without a reference".to_owned()]);
        let path = Some("/criteresSurConsultations");
        return fault(StatusCode::BAD_REQUEST, "CHAMP-OBLIGATOIRE", path, "Critère absent");
    }
    let first_page = query.get("page").is_none_or(|page| page == "0");
    let found = ours
        .map_or_else(|| agency.desk.numbered(number.unwrap_or_default()), |ours| agency.desk.review(ours))
        .filter(|_| first_page);
    let results: Vec<_> = found.iter().map(|review| search_result(&agency.desk, review)).collect();
    axum::Json(json!({"resultats": results, "nombrePages": results.len()})).into_response()
}

/// The consultation that a change is about, with the version the caller has.
fn changed(agency: &Shared, number: &str, value: &Value) -> Result<Review, Box<Response>> {
    let Some(review) = agency.desk.numbered(number) else {
        return Err(Box::new(fault(
            StatusCode::NOT_FOUND,
            "CONSULTATION-INCONNUE",
            None,
            "Consultation inconnue",
        )));
    };
    if value["noVersion"].as_u64() != Some(u64::from(review.version)) {
        let message = "La consultation a été modifiée";
        return Err(Box::new(fault(StatusCode::CONFLICT, "VERSION-PERIMEE", Some("/noVersion"), message)));
    }
    Ok(review)
}

/// `POST consultations/{id}/complements`.
pub(super) async fn supplement(
    State(agency): State<Shared>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let value = match read(&agency, &headers, &body, &SUPPLEMENT) {
        Ok(value) => value,
        Err(refusal) => return *refusal,
    };
    let mark = value["noComplementExterne"].as_str().unwrap_or_default();
    if let Some(review) = agency.desk.numbered(&number).filter(|review| review.supplements.contains(mark)) {
        let detail = json!({"what": "supplement", "supplement": mark});
        _ = agency.desk.record(Action::Duplicate, &review.reference, review.file.as_deref(), detail);
        let message = "Complément déjà reçu";
        return fault(StatusCode::CONFLICT, "COMPLEMENT-EXISTANT", Some("/noComplementExterne"), message);
    }
    let review = match changed(&agency, &number, &value) {
        Ok(review) => review,
        Err(refusal) => return *refusal,
    };
    if !mark.starts_with(&format!("{}/", review.reference)) {
        let path = "/noComplementExterne";
        let wrong = Fault::new("CHAMP-INVALIDE", path, "Ne commence pas par le numéro externe");
        return malformed(&agency, &review.reference, &[wrong]);
    }
    if closed(&review) {
        return fault(StatusCode::CONFLICT, "ETAT-INCOMPATIBLE", None, "Consultation close");
    }
    let deposit = value["noDepot"].as_u64().unwrap_or(review.deposit);
    match agency.desk.supplement(&review.reference, mark, deposit) {
        Ok(taken) => {
            let review = taken.unwrap_or(review);
            documents::fetch(&agency.desk, &review, &value["pieces"]);
            axum::Json(consultation(&agency.desk, &review)).into_response()
        }
        Err(fault) => not_noted(&fault),
    }
}

/// `POST consultations/{id}/annulation`.
pub(super) async fn cancel(
    State(agency): State<Shared>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let value = match read(&agency, &headers, &body, &CANCEL) {
        Ok(value) => value,
        Err(refusal) => return *refusal,
    };
    if let Some(review) = agency.desk.numbered(&number).filter(|review| review.state == At::Cancelled) {
        return axum::Json(consultation(&agency.desk, &review)).into_response();
    }
    let review = match changed(&agency, &number, &value) {
        Ok(review) => review,
        Err(refusal) => return *refusal,
    };
    if closed(&review) {
        return fault(StatusCode::CONFLICT, "ETAT-INCOMPATIBLE", None, "Consultation close");
    }
    match agency.desk.cancel(&review.reference) {
        Ok(taken) => axum::Json(consultation(&agency.desk, &taken.unwrap_or(review))).into_response(),
        Err(fault) => not_noted(&fault),
    }
}
