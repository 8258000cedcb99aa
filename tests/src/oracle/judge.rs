//! The whole judgment.

use std::collections::{BTreeMap, BTreeSet};

use super::agencies::Ledger;
use super::evidence::{Evidence, Histories};
use super::finding::{Fault, Findings};
use super::refusals::{self, Refused};
use super::{deadlines, endings, opinions, payments, registration};
use crate::communes::journal::Intent;

/// What the judge says.
#[derive(Debug, Default)]
pub struct Judgment {
    /// Files that were deposited in good faith.
    pub files: usize,
    /// What became of them.
    pub outcomes: BTreeMap<String, usize>,
    /// What became of the consultations, by agency.
    pub consultations: opinions::Counts,
    /// What became of the payments.
    pub payments: payments::Counts,
    /// Wrong messages and what became of them.
    pub refused: Refused,
    /// Messages that were sent, and received.
    pub messages: (usize, usize),
    /// Deliveries that repeated a message.
    pub repeats: usize,
    /// Exact duplicates that communes sent.
    pub duplicates_sent: usize,
    /// Everything that is wrong.
    pub findings: Findings,
}

/// Judges a run.
#[must_use]
pub fn judge(evidence: &Evidence) -> Judgment {
    let histories = Histories::of(evidence);
    let ledger = Ledger::of(evidence);
    let mut judgment = Judgment {
        files: histories.files.len(),
        repeats: histories.repeats,
        messages: (evidence.sent.len(), evidence.received.len()),
        duplicates_sent: evidence.sent.iter().filter(|sent| sent.intent == Intent::Repeat).count(),
        ..Judgment::default()
    };
    let findings = &mut judgment.findings;
    judgment.refused = refusals::judge(evidence, findings);
    for history in histories.files.values() {
        registration::judge(history, findings);
        opinions::judge(history, &ledger, evidence, findings, &mut judgment.consultations);
        deadlines::judge(history, evidence, findings);
        payments::judge(history, &ledger, evidence, findings, &mut judgment.payments);
        let outcome = endings::judge(history, evidence, findings);
        *judgment.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }
    unsent(evidence, findings);
    strays(&histories, findings);
    asked_for_nothing(&histories, &ledger, findings);
    judgment
}

/// A message that the broker never took is not the gateway's fault, but the run proves nothing then.
fn unsent(evidence: &Evidence, findings: &mut Findings) {
    for sent in evidence.sent.iter().filter(|sent| !sent.confirmed) {
        findings.general(Fault::Lost, format!("the broker did not take {} {}", sent.name, sent.reference));
    }
}

/// A commune hears of nothing but its own files; refusals are judged elsewhere.
fn strays(histories: &Histories<'_>, findings: &mut Findings) {
    for event in histories.strays.iter().filter(|event| event.name() != "file.refused") {
        let key = (event.commune.clone(), event.reference().to_owned());
        findings.of(
            &key,
            Fault::Unexpected,
            format!("{} about a file that was never deposited", event.name()),
        );
    }
}

/// Agencies are asked about what is in a plan, once; and nothing that they are sent breaks their contract.
fn asked_for_nothing(histories: &Histories<'_>, ledger: &Ledger<'_>, findings: &mut Findings) {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for history in histories.files.values() {
        for event in &history.received {
            let plan = event.data()["plan"].as_array().into_iter().flatten();
            known.extend(plan.filter_map(|planned| planned["consultation"].as_str()));
            known.extend(event.data()["order"].as_str());
        }
    }
    for (reference, entries) in ledger.references() {
        for entry in entries {
            match entry.action.as_str() {
                "violation" => {
                    let what = format!("{} {reference}: {}", entry.agency, entry.detail);
                    findings.general(Fault::Violation, what);
                }
                "consultation-accepted" | "order-created" if !known.contains(reference) => {
                    findings
                        .general(Fault::Unexpected, format!("{} was asked about {reference}", entry.agency));
                }
                _ => {}
            }
        }
        let accepted = entries.iter().filter(|entry| entry.action == "consultation-accepted").count();
        if accepted > 1 {
            findings.general(Fault::Duplicated, format!("{reference} was taken in {accepted} times"));
        }
    }
}
