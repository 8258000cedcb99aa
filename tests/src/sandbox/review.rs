//! The life of one request at a reviewing agency, folded from the ledger.
//!
//! Every change is first written to the ledger and then applied from what was written, so a
//! restart that reads the ledger again stands exactly where the killed process stood.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::action::Action;
use super::draw::{Behaviour, Draw};
use super::ledger::Entry;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Received,
    Acknowledged,
    Incomplete,
    Completed,
    Answered,
    Cancelled,
    Refused,
}

/// What the agency does next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) step: Step,
    pub(super) due_ms: u64,
}

/// A step that the agency takes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    Acknowledge,
    AskForMore,
    Refuse,
    Answer,
}

impl Step {
    /// How the ledger names it.
    pub(super) fn action(self) -> Action {
        match self {
            Self::Acknowledge => Action::ConsultationAcknowledged,
            Self::AskForMore => Action::ConsultationIncomplete,
            Self::Refuse => Action::ConsultationRefused,
            Self::Answer => Action::ConsultationAnswered,
        }
    }
}

/// One request for an opinion.
#[derive(Debug, Clone)]
pub(super) struct Review {
    pub(super) reference: String,
    pub(super) file: Option<String>,
    /// The agency's own number.
    pub(super) number: String,
    /// Version of the deposit under study.
    pub(super) deposit: u64,
    /// Grows with every change, from 1.
    pub(super) version: u32,
    pub(super) state: State,
    pub(super) draw: Draw,
    pub(super) next: Option<Next>,
    /// What the agency kept of the request.
    pub(super) kept: Value,
    /// Marks of the supplements that came.
    pub(super) supplements: BTreeSet<String>,
    /// The ledger's entries of the last acknowledgement (complete or not) and of the answer.
    pub(super) acknowledgement: Option<Stamp>,
    pub(super) answer: Option<Stamp>,
    /// The ledger's entry of a refusal after the request was taken in.
    pub(super) refusal: Option<Stamp>,
    /// Was something missing at the last acknowledgement?
    pub(super) incomplete: bool,
    /// Wall time at which it was taken in.
    pub(super) accepted_ms: u64,
    /// Wall time of the last change.
    pub(super) changed_ms: u64,
    /// The last ledger entry that the gateway acknowledged, of those that are pushed.
    pub(super) told: u64,
}

/// A ledger entry that an answer quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) seq: u64,
    pub(super) at_ms: u64,
}

/// The name of an opinion in the ledger; the gateway's own contract uses the same four.
pub(super) fn opinion(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::Conditions => "favourable-with-conditions",
        Behaviour::Unfavourable => "unfavourable",
        Behaviour::NoOpinion => "no-opinion",
        _ => "favourable",
    }
}

/// All requests of one agency.
#[derive(Debug, Default)]
pub(super) struct Reviews {
    by_reference: HashMap<String, Review>,
    by_number: HashMap<String, String>,
    turned_away: HashSet<String>,
}

impl Reviews {
    pub(super) fn get(&self, reference: &str) -> Option<&Review> {
        self.by_reference.get(reference)
    }

    /// By the agency's own number.
    pub(super) fn numbered(&self, number: &str) -> Option<&Review> {
        self.by_number.get(number).and_then(|reference| self.by_reference.get(reference))
    }

    /// How many were taken in.
    pub(super) fn count(&self) -> usize {
        self.by_reference.len()
    }

    /// Was this reference refused without being filed?
    pub(super) fn turned_away(&self, reference: &str) -> bool {
        self.turned_away.contains(reference)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Review> {
        self.by_reference.values()
    }

    /// Takes one ledger entry of this agency; entries that change no request are passed over.
    pub(super) fn apply(&mut self, entry: &Entry) {
        if entry.action == Action::ConsultationAccepted {
            self.open(entry);
            return;
        }
        let Some(review) = self.by_reference.get_mut(&entry.reference) else {
            if entry.action == Action::ConsultationRefused {
                self.turned_away.insert(entry.reference.clone());
            }
            return;
        };
        let stamp = Stamp { seq: entry.seq, at_ms: entry.at_ms };
        review.state = match entry.action {
            Action::ConsultationAcknowledged => {
                review.acknowledgement = Some(stamp);
                review.incomplete = false;
                State::Acknowledged
            }
            Action::ConsultationIncomplete => {
                review.acknowledgement = Some(stamp);
                review.incomplete = true;
                State::Incomplete
            }
            Action::ConsultationRefused => {
                review.refusal = Some(stamp);
                State::Refused
            }
            Action::ConsultationAnswered => {
                review.answer = Some(stamp);
                State::Answered
            }
            Action::ConsultationCancelled => State::Cancelled,
            Action::ConsultationSupplement => {
                let mark = entry.detail["supplement"].as_str().unwrap_or_default();
                review.supplements.insert(mark.to_owned());
                review.deposit = entry.detail["deposit"].as_u64().unwrap_or(review.deposit);
                State::Completed
            }
            Action::CallbackAcknowledged => {
                review.told = review.told.max(entry.detail["event_seq"].as_u64().unwrap_or(0));
                return;
            }
            _ => return,
        };
        review.version += 1;
        review.changed_ms = entry.at_ms;
        review.next = next(&entry.detail);
        if let Ok(draw) = serde_json::from_value(entry.detail["draw"].clone()) {
            review.draw = draw;
        }
    }

    fn open(&mut self, entry: &Entry) {
        let Ok(draw) = serde_json::from_value(entry.detail["draw"].clone()) else { return };
        let number = entry.detail["number"].as_str().unwrap_or_default().to_owned();
        self.by_number.insert(number.clone(), entry.reference.clone());
        let review = Review {
            reference: entry.reference.clone(),
            file: entry.file.clone(),
            number,
            deposit: entry.detail["deposit"].as_u64().unwrap_or(1),
            version: 1,
            state: State::Received,
            draw,
            next: next(&entry.detail),
            kept: entry.detail["kept"].clone(),
            supplements: BTreeSet::new(),
            acknowledgement: None,
            answer: None,
            refusal: None,
            incomplete: false,
            accepted_ms: entry.at_ms,
            changed_ms: entry.at_ms,
            told: 0,
        };
        self.by_reference.insert(entry.reference.clone(), review);
    }
}

fn next(detail: &Value) -> Option<Next> {
    serde_json::from_value(detail["next"].clone()).ok()
}

/// The first step after a request was taken in, as a share of the whole delay: nobody answers a
/// file before it has been looked at.
pub(super) fn first_step(draw: &Draw) -> (Step, f64) {
    match draw.behaviour {
        Behaviour::Refused => (Step::Refuse, draw.delay_days * 0.2),
        Behaviour::Incomplete => (Step::AskForMore, draw.delay_days * 0.3),
        Behaviour::Never => (Step::Acknowledge, draw.delay_days * 0.2),
        _ if draw.out_of_order => (Step::Answer, draw.delay_days),
        _ => (Step::Acknowledge, draw.delay_days * 0.2),
    }
}

/// What the ledger says of an opinion.
pub(super) fn answer_detail(review: &Review) -> Value {
    let opinion = opinion(review.draw.behaviour);
    let mut detail = json!({"opinion": opinion, "number": review.number, "deposit": review.deposit});
    if review.draw.behaviour == Behaviour::Conditions {
        detail["conditions"] = json!(CONDITIONS.len());
    }
    detail
}

/// The conditions that a favourable opinion may carry, as an agency would write them.
pub(super) const CONDITIONS: [&str; 2] = [
    "Respecter un recul de quatre mètres sur la voie publique.",
    "Déposer les plans d'exécution avant l'ouverture du chantier.",
];
