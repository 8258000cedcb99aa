//! The urban agency: REST, JSON, OAuth2. Answers come through a feed of notifications.

mod answers;
mod call;
mod check;
mod feed;
mod shapes;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::agency::Agency;
use super::desk::Desk;
use super::office::Office;
use answers::fault;
use token::Tokens;

/// The agency with its desk and the tokens it gave out.
struct UrbanAgency {
    desk: Arc<Desk>,
    tokens: Tokens,
}

type Shared = Arc<UrbanAgency>;

/// Opens the agency: its routes below `/urban-agency`, and its steps as they come due.
pub(super) fn open(office: &Arc<Office>) -> Router {
    let (desk, mut due) = Desk::open(Agency::UrbanAgency, Arc::clone(office));
    let worker = Arc::clone(&desk);
    office.schedule.run(async move {
        while let Some((reference, step)) = due.recv().await {
            // The feed is read from the ledger: to take the step is to publish it.
            if let Err(fault) = worker.step(&reference, step) {
                tracing::error!(%fault, "a step of the urban agency could not be noted");
                worker.again_later(&reference, step);
            }
        }
    });
    let agency = Arc::new(UrbanAgency { desk, tokens: Tokens::default() });
    Router::new()
        .route("/oauth2/token", post(token::issue))
        .route("/v1/consultations", post(call::create))
        .route("/v1/consultations/recherche", post(call::search))
        .route("/v1/consultations/{id}/complements", post(call::supplement))
        .route("/v1/consultations/{id}/annulation", post(call::cancel))
        .route("/v1/notifications", get(feed::notifications))
        .route("/v1/avis/{id}", get(call::opinion))
        .route("/v1/dossiers/{id}/pieces", get(call::documents))
        .route("/v1/nomenclatures/{code}", get(nomenclature))
        .route("/v1/healthcheck", get(async || axum::Json(json!({"statut": "OK"}))))
        .with_state(agency)
}

async fn nomenclature(
    State(agency): State<Shared>,
    Path(code): Path<String>,
    headers: axum::http::HeaderMap,
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
