//! The land registry: SOAP 1.1 with X-Road identity headers, which answers facts at once, and the drawings by WFS.

mod cadastre;
mod drawing;
mod facts;
mod identity;
mod question;
mod reply;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::action::Action;
use super::agency::Agency;
use super::draw::Behaviour;
use super::filing::draw_key;
use super::locked;
use super::office::Office;
use super::xsd::Schema;
use question::Question;

/// The registry. It only reads, so all it remembers is who asked what already.
struct LandRegistry {
    office: Arc<Office>,
    schema: Schema,
    /// References that were asked, and those of them that were answered.
    asked: Mutex<HashSet<String>>,
    answered: Mutex<HashSet<String>>,
    /// Registered areas that were told, by title: the drawing states the same.
    areas: Mutex<HashMap<String, u64>>,
}

type Shared = Arc<LandRegistry>;

const XSD: &str = include_str!("../../../../schemas/xsd/land-registry/title-state-1.xsd");

/// Opens the agency: `POST /land-registry/TitleState` and `GET /land-registry/wfs`.
///
/// # Errors
/// The schema of the contract cannot be read.
pub(super) fn open(office: &Arc<Office>) -> anyhow::Result<Router> {
    let with = |action: Action| -> HashSet<String> {
        let found =
            office.ledger.select_of(Agency::LandRegistry, 0, usize::MAX, |entry| entry.action == action);
        found
            .iter()
            .map(|entry| mark(&entry.reference, entry.detail["deposit"].as_u64().unwrap_or(1)))
            .collect()
    };
    let registry = LandRegistry {
        schema: Schema::read(XSD).map_err(anyhow::Error::msg)?,
        asked: Mutex::new(with(Action::ConsultationAccepted)),
        answered: Mutex::new(&with(Action::ConsultationAnswered) | &with(Action::ConsultationRefused)),
        areas: Mutex::default(),
        office: Arc::clone(office),
    };
    Ok(Router::new()
        .route("/TitleState", post(ask))
        .route("/wfs", get(cadastre::feature))
        .with_state(Arc::new(registry)))
}

/// Another deposit is another question under the same reference.
fn mark(reference: &str, deposit: u64) -> String {
    format!("{reference}/{deposit}")
}

/// `POST /TitleState`.
async fn ask(State(registry): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let question = match question::read(&registry.office, &registry.schema, &headers, &body) {
        Ok(question) => question,
        Err(refused) => {
            registry.office.violation(Agency::LandRegistry, &refused.reference, &refused.reasons);
            return *refused.answer;
        }
    };
    match look_up(&registry, &question) {
        Ok(found) => reply::found(&registry.office, &question, &found),
        Err(fault) => {
            tracing::error!(%fault, "the ledger took no entry");
            reply::server_fault("Service provider did not answer")
        }
    }
}

/// What the registry finds, noted in the ledger the first time.
fn look_up(registry: &LandRegistry, question: &Question) -> std::io::Result<facts::Found> {
    let office = &registry.office;
    let (reference, file) = (question.reference.as_str(), Some(question.file.as_str()));
    let note = |action, detail| office.ledger.record(Agency::LandRegistry, action, reference, file, detail);
    let key = draw_key(&question.file, question.deposit);
    let draw = office.draws.draw(Agency::LandRegistry, &[reference, &question.file, &key]);
    let key = mark(reference, question.deposit);
    let mut asked = locked(&registry.asked);
    let first = !asked.contains(&key);
    if first {
        let detail = json!({"deposit": question.deposit, "draw": draw, "parcels": question.parcels.len()});
        note(Action::ConsultationAccepted, detail)?;
        asked.insert(key.clone());
    }
    // An office that is away: for good when the draw says never, once when it says incomplete.
    if draw.behaviour == Behaviour::Never || (draw.behaviour == Behaviour::Incomplete && first) {
        return Ok(facts::Found::away());
    }
    let found = facts::find(office, question, &draw);
    let told = found.states.iter().filter_map(|state| Some((state.title.clone()?, state.area?)));
    locked(&registry.areas).extend(told);
    let mut answered = locked(&registry.answered);
    if answered.contains(&key) {
        note(Action::Duplicate, json!({"what": "consultation", "deposit": question.deposit}))?;
    } else {
        let action = if found.refused() { Action::ConsultationRefused } else { Action::ConsultationAnswered };
        note(action, found.detail(question.deposit))?;
        answered.insert(key);
    }
    Ok(found)
}
