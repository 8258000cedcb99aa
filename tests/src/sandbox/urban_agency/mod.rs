//! The urban agency: REST, JSON, OAuth2. Answers come through a feed of notifications.

mod answers;
mod call;
mod check;
mod documents;
mod feed;
mod read;
mod shapes;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use serde_json::json;

use super::agency::Agency;
use super::desk::Desk;
use super::office::Office;
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
        .route("/v1/avis/{id}", get(read::opinion))
        .route("/v1/dossiers/{id}/pieces", get(read::documents))
        .route("/v1/nomenclatures/{code}", get(read::nomenclature))
        .route("/v1/healthcheck", get(async || axum::Json(json!({"statut": "OK"}))))
        .with_state(agency)
}
