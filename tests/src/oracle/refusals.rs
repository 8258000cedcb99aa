//! What is wrong is refused for the right reason, once; what is right is not refused.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::finding::{Fault, Findings};
use crate::communes::journal::{Intent, Received, Sent};

/// Which message a refusal is about, as its commune can know: commune and id (none when it could not be read).
type About = (String, Option<String>);

/// How many messages were wrong on purpose, and how many of them were refused for the right reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refused {
    /// Wrong messages that had to be refused or overruled.
    pub wrong: usize,
    /// Refused or overruled for the right reason.
    pub rightly: usize,
}

/// Judges refusals and overruled decisions.
pub fn judge(evidence: &Evidence, findings: &mut Findings) -> Refused {
    let mut refusals: BTreeMap<About, Vec<&Received>> = BTreeMap::new();
    let fresh = evidence.received.iter().filter(|event| !event.repeated);
    for event in fresh.filter(|event| event.name() == "file.refused") {
        let id = event.data()["refused_id"].as_str().map(str::to_owned);
        refusals.entry((event.commune.clone(), id)).or_default().push(event);
    }
    let mut tally = Refused::default();
    let mut expected: BTreeMap<About, Vec<&Vec<String>>> = BTreeMap::new();
    for sent in &evidence.sent {
        match &sent.intent {
            Intent::Wrong { codes } => {
                tally.wrong += 1;
                expected.entry(about(sent)).or_default().push(codes);
            }
            Intent::Overruled { codes } => {
                tally.wrong += 1;
                tally.rightly += usize::from(overruled(evidence, sent, codes, findings));
            }
            _ => {}
        }
    }
    for (about, codes) in &expected {
        let found = refusals.remove(about).unwrap_or_default();
        tally.rightly += matched(about, codes, &found, findings);
    }
    for ((commune, id), events) in refusals {
        for event in events.into_iter().filter(|event| !crossed(evidence, event)) {
            let key = (commune.clone(), event.reference().to_owned());
            let what = format!(
                "{} was refused: {}",
                id.as_deref().unwrap_or("a message"),
                codes_of(event).join(", ")
            );
            findings.of(&key, Fault::WrongRefusal, what);
        }
    }
    tally
}

/// A supplement that crosses the end of its consultation on the way is refused, and rightly.
fn crossed(evidence: &Evidence, refusal: &Received) -> bool {
    let id = refusal.data()["refused_id"].as_str();
    let sent = evidence.sent.iter().find(|sent| sent.id.as_deref() == id && about(sent).0 == refusal.commune);
    let Some(sent) = sent.filter(|sent| sent.name == "file.supplemented") else { return false };
    let ended = evidence.received.iter().any(|event| {
        event.data()["consultation"] == sent.data["consultation"]
            && matches!(event.name(), "consultation.unanswered" | "consultation.answered")
            && evidence.told_by(event.wall_ms.min(sent.wall_ms)) >= event.wall_ms.max(sent.wall_ms)
    });
    // One for a deposit that its commune has replaced meanwhile comes too late as well.
    let replaced = evidence.sent.iter().any(|other| {
        (&other.source, &other.reference) == (&sent.source, &sent.reference)
            && other.name == "file.redeposited"
            && other.begun_ms.unwrap_or(other.wall_ms) <= sent.wall_ms
    });
    (ended || replaced) && codes_of(refusal) == ["consultation.not-incomplete"]
}

fn about(sent: &Sent) -> About {
    (sent.source.trim_start_matches("/communes/").to_owned(), sent.id.clone())
}

/// The codes of a refusal, each once, sorted; warnings stop nothing and do not count.
fn codes_of(event: &Received) -> Vec<String> {
    let faults = event.data()["faults"].as_array().cloned().unwrap_or_default();
    let mut codes: Vec<String> =
        faults.iter().filter_map(|fault| fault["code"].as_str().map(str::to_owned)).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// How many of the expected refusals are there; what is missing, too much or for another reason is noted.
fn matched(about: &About, expected: &[&Vec<String>], found: &[&Received], findings: &mut Findings) -> usize {
    let mut left: Vec<Vec<String>> = found.iter().map(|event| codes_of(event)).collect();
    let key = (about.0.clone(), about.1.clone().unwrap_or_else(|| "?".to_owned()));
    let mut rightly = 0;
    for codes in expected {
        if let Some(index) = left.iter().position(|told| told == *codes) {
            left.remove(index);
            rightly += 1;
        } else {
            let what = match left.pop() {
                Some(told) => format!("refused for {} and not for {}", told.join(", "), codes.join(", ")),
                None => format!("not refused, and must be for {}", codes.join(", ")),
            };
            findings.of(&key, Fault::WrongRefusal, what);
        }
    }
    for told in left {
        findings.of(&key, Fault::Duplicated, format!("refused once more: {}", told.join(", ")));
    }
    rightly
}

fn overruled(evidence: &Evidence, sent: &Sent, codes: &[String], findings: &mut Findings) -> bool {
    let key = (about(sent).0, sent.reference.clone());
    let told: Vec<Vec<String>> = evidence
        .received
        .iter()
        .filter(|event| !event.repeated && event.name() == "decision.rejected" && event.commune == key.0)
        .filter(|event| event.reference() == key.1 && event.data()["number"] == sent.data["number"])
        .map(codes_of)
        .collect();
    let rightly = matches!(told.as_slice(), [one] if one == codes);
    findings.unless(rightly, &key, Fault::WrongRefusal, || {
        format!("a decision must be rejected once for {}, and was: {told:?}", codes.join(", "))
    });
    rightly
}
