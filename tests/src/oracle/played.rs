//! Counts what a run has played, from what communes sent and received.

use std::collections::BTreeMap;

use super::evidence::{Evidence, Histories, History};
use super::floors::Played;

/// Counts a run.
#[must_use]
pub fn count(evidence: &Evidence) -> Played {
    let histories = Histories::of(evidence);
    let mut played = Played::default();
    for history in histories.files.values() {
        *played.permits.entry(history.permit().to_owned()).or_default() += 1;
        let heard = |name: &str| usize::from(history.all(name).next().is_some());
        played.incomplete += heard("consultation.incomplete");
        played.unanswered += heard("consultation.unanswered");
        let refused = history.decision().is_some_and(|sent| sent.data["outcome"] == "refused");
        played.refused += usize::from(refused);
        by_agency(history, "consultation.undeliverable", &mut played.refused_by_agency);
        by_agency(history, "consultation.answered", &mut played.answered_by_agency);
    }
    played
}

fn by_agency(history: &History<'_>, name: &str, counts: &mut BTreeMap<String, usize>) {
    for event in history.all(name) {
        if let Some(agency) = event.data()["agency"].as_str() {
            *counts.entry(agency.to_owned()).or_default() += 1;
        }
    }
}
