//! `sr:ServiceRequestStatus`: where a request stands, and the opinion once it is given.

use super::super::desk::Desk;
use super::super::draw::Behaviour;
use super::super::review::{CONDITIONS, Review, State};
use super::super::xml::tag;
use super::message::PAYLOAD;

/// What is missing from a request that is found incomplete.
pub(super) const MISSING: (&str, &str) = ("load-study", "Bilan de puissance signé");

/// The status as it stands in replies and events.
pub(super) fn status(desk: &Desk, review: &Review) -> String {
    let office = &desk.office;
    let (name, since_ms) = match review.state {
        State::Received | State::Completed => ("received", review.changed_ms),
        State::Acknowledged | State::Refused => ("in-study", review.changed_ms),
        State::Incomplete => ("incomplete", review.changed_ms),
        State::Answered => ("answered", review.changed_ms),
        State::Cancelled => ("cancelled", review.changed_ms),
    };
    let mut text = format!(
        "<sr:ServiceRequestStatus xmlns:sr=\"{PAYLOAD}\">{}{}{}{}{}",
        tag("sr:consultationReference", &review.reference),
        tag("sr:serviceRequestNumber", &review.number),
        tag("sr:depositVersion", &review.deposit.to_string()),
        tag("sr:status", name),
        tag("sr:statusTime", &office.legal_text(since_ms)),
    );
    if review.state == State::Incomplete {
        text += &tag("sr:completeBefore", &office.legal_date(since_ms, 7));
        text +=
            &format!("<sr:missing>{}{}</sr:missing>", tag("sr:code", MISSING.0), tag("sr:label", MISSING.1));
    }
    if review.state == State::Answered {
        text += &opinion(review, &office.legal_date(since_ms, 0));
    }
    text + "</sr:ServiceRequestStatus>"
}

fn opinion(review: &Review, issued_on: &str) -> String {
    let (outcome, reason) = match review.draw.behaviour {
        Behaviour::Conditions => ("favourable-with-conditions", "Puissance disponible après renforcement"),
        Behaviour::Unfavourable => ("unfavourable", "Aucun poste source à moins de 3 km"),
        Behaviour::NoOpinion => ("none", "Commune en cours de reprise par la société régionale"),
        _ => ("favourable", ""),
    };
    let conditions = if review.draw.behaviour == Behaviour::Conditions { &CONDITIONS[..] } else { &[] };
    let mut text = tag("sr:outcome", outcome) + &tag("sr:issuedOn", issued_on);
    if !reason.is_empty() {
        text += &tag("sr:reason", reason);
    }
    text.extend(conditions.iter().map(|condition| tag("sr:condition", condition)));
    let feasible = !matches!(review.draw.behaviour, Behaviour::Unfavourable | Behaviour::NoOpinion);
    let networks = review.kept["networks"].as_array().map(Vec::as_slice).unwrap_or_default();
    for network in networks.iter().filter_map(|network| network.as_str()) {
        text += &format!(
            "<sr:connection>{}{}<sr:distanceMetres>120.00</sr:distanceMetres></sr:connection>",
            tag("sr:network", network),
            tag("sr:feasible", if feasible { "true" } else { "false" }),
        );
    }
    format!("<sr:opinion>{text}<sr:signatory>Direction régionale</sr:signatory></sr:opinion>")
}
