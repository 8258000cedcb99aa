//! `GET notifications?offset=N`: the agency's ledger, read as a feed. The offset is the number of
//! the ledger entry, so the same N always gives the same items.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::action::Action;
use super::super::agency::Agency;
use super::super::ledger::Entry;
use super::Shared;
use super::answers::{REFUSAL, fault, nomenclature};

const EVENTS: [(u32, &str); 5] = [
    (1, "Prise en compte"),
    (2, "Avis rendu"),
    (3, "Pièce en erreur"),
    (4, "Consultation refusée"),
    (5, "Consultation annulée"),
];
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;

/// `GET notifications`.
pub(super) async fn notifications(
    State(agency): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Err(refusal) = agency.tokens.caller(&agency.desk, &headers) {
        return *refusal;
    }
    let offset = query.get("offset").map_or(Ok(0), |text| text.parse::<u64>());
    let limit = query.get("limite").map_or(Ok(LIMIT_DEFAULT), |text| text.parse::<usize>());
    let (Ok(offset), Ok(limit @ 1..=LIMIT_MAX)) = (offset, limit) else {
        agency.desk.violation("", &["offset or limite out of range".to_owned()]);
        return fault(StatusCode::BAD_REQUEST, "CHAMP-INVALIDE", None, "offset ou limite invalide");
    };
    let found = agency
        .desk
        .office
        .ledger
        .select_of(Agency::UrbanAgency, offset, limit + 1, |entry| kind(entry).is_some());
    let page = &found[..found.len().min(limit)];
    let items: Vec<Value> = page.iter().filter_map(|entry| item(&agency, entry)).collect();
    axum::Json(json!({
        "notifications": items,
        "noOffsetSuivant": page.last().map_or(offset, |entry| entry.seq),
        "boSuite": found.len() > page.len(),
    }))
    .into_response()
}

/// The kind of event that an entry is in the feed.
fn kind(entry: &Entry) -> Option<u32> {
    if entry.agency != Agency::UrbanAgency {
        return None;
    }
    match entry.action {
        Action::ConsultationAcknowledged | Action::ConsultationIncomplete => Some(1),
        Action::ConsultationAnswered => Some(2),
        Action::DocumentFailed => Some(3),
        // What was refused in the answer itself was never filed and has no event.
        Action::ConsultationRefused if entry.detail["filed"] == json!(true) => Some(4),
        Action::ConsultationCancelled => Some(5),
        _ => None,
    }
}

fn item(agency: &Shared, entry: &Entry) -> Option<Value> {
    let kind = kind(entry)?;
    let concerned = match kind {
        1 => Some(format!("PEC-{}", entry.seq)),
        2 => Some(format!("AVIS-{}", entry.seq)),
        3 => entry.detail["sha256"].as_str().map(str::to_owned),
        _ => None,
    };
    Some(json!({
        "noOffset": entry.seq,
        "idNotification": format!("NTF-{}", entry.seq),
        "nomTypeEvenement": nomenclature(&EVENTS, kind),
        "hdEvenement": agency.desk.office.legal_text(entry.at_ms),
        "idConsultation": agency.desk.review(&entry.reference)?.number,
        "noConsultationExterne": entry.reference,
        "idElementConcerne": concerned,
        "cdErreur": matches!(kind, 3 | 4).then(|| entry.detail["code"].clone()),
        "txCommentaire": (kind == 4).then_some(REFUSAL),
    }))
}
