//! No invented opinion, none lost: what a commune is told about a consultation is what the agency did, and the
//! other way round.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::agencies::{Ledger, opinion};
use super::evidence::{Entry, Evidence, History};
use super::finding::{Fault, Findings};
use crate::communes::journal::Received;
use crate::world::clock::end_of_day;

/// The agency that tells of some answers by itself and keeps others until it is asked.
const PUSHES_OR_IS_ASKED: &str = "onee";

/// What became of the consultations of one agency.
pub type Counts = BTreeMap<String, BTreeMap<String, usize>>;

/// A consultation as its commune knows it.
struct Consultation<'a> {
    id: String,
    agency: String,
    version: u64,
    told: Vec<&'a Received>,
}

impl Consultation<'_> {
    fn all(&self, name: &str) -> Vec<&Received> {
        self.told.iter().copied().filter(|event| event.name() == name).collect()
    }
}

fn consultations<'a>(history: &History<'a>) -> Vec<Consultation<'a>> {
    let mut all = Vec::new();
    for registered in history.all("file.registered") {
        let version = registered.data()["deposit_version"].as_u64().unwrap_or(1);
        for planned in registered.data()["plan"].as_array().into_iter().flatten() {
            let text = |key: &str| planned[key].as_str().unwrap_or_default().to_owned();
            let id = text("consultation");
            let told = history.received.iter().copied().filter(|event| event.data()["consultation"] == id);
            all.push(Consultation { agency: text("agency"), version, told: told.collect(), id });
        }
    }
    all
}

/// Judges the consultations of a file and counts what became of them.
pub fn judge(
    history: &History<'_>,
    ledger: &Ledger<'_>,
    evidence: &Evidence,
    findings: &mut Findings,
    counts: &mut Counts,
) {
    let all = consultations(history);
    for one in &all {
        let judge = Judge { history, one, ledger, evidence };
        judge.opinions(findings);
        judge.incomplete(findings);
        judge.refused(findings);
        judge.times(findings);
        let end = judge.end(findings);
        *counts.entry(one.agency.clone()).or_default().entry(end.to_owned()).or_default() += 1;
    }
    reviewed(history, &all, findings);
    let known: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
    for event in &history.received {
        if let Some(id) = event.data()["consultation"].as_str().filter(|id| !known.contains(id)) {
            findings.of(&history.key, Fault::Unexpected, format!("consultation {id} is in no plan"));
        }
    }
}

struct Judge<'a> {
    history: &'a History<'a>,
    one: &'a Consultation<'a>,
    ledger: &'a Ledger<'a>,
    evidence: &'a Evidence,
}

impl Judge<'_> {
    fn name(&self) -> String {
        format!("{} (deposit {})", self.one.agency, self.one.version)
    }

    /// Wall time from which nothing more is awaited from the agency: the file was decided, withdrawn or
    /// deposited again.
    fn moot_from_ms(&self) -> i64 {
        let over = ["decision.taken", "file.withdrawn"].into_iter().flat_map(|name| self.history.said(name));
        let again = self
            .history
            .said("file.redeposited")
            .filter(|sent| sent.data["deposit_version"].as_u64().unwrap_or(0) > self.one.version);
        over.chain(again).map(|sent| sent.begun_ms.unwrap_or(sent.wall_ms)).min().unwrap_or(i64::MAX)
    }

    /// Wall time from which the reviewer was given up: what it asks for then comes too late, only an opinion
    /// still counts.
    fn given_up_ms(&self) -> i64 {
        let given_up = ["consultation.unanswered", "consultation.undeliverable"]
            .into_iter()
            .flat_map(|name| self.one.all(name));
        given_up.map(|event| event.wall_ms).min().unwrap_or(i64::MAX)
    }

    /// The same for what only an open consultation can take.
    fn must_be_told_while_open(&self, at_ms: i64) -> bool {
        self.must_be_told(at_ms) && self.evidence.told_by(at_ms) < self.given_up_ms()
    }

    /// The agency's word at that moment must have reached the commune.
    fn must_be_told(&self, at_ms: i64) -> bool {
        self.evidence.told_by(at_ms) < self.evidence.ended_ms.min(self.moot_from_ms())
    }

    /// Wall time at which the gateway could know of an entry: when the agency told of it by itself, or else when it was
    /// asked next.
    fn known_ms(&self, entry: &Entry) -> i64 {
        let pushes = self.one.agency == PUSHES_OR_IS_ASKED;
        let told = self.ledger.about(&self.one.id, "callback-acknowledged");
        let by_itself = !pushes || told.iter().any(|told| told.at_ms >= entry.at_ms);
        entry.at_ms + if by_itself { 0 } else { self.evidence.asked_every_ms }
    }

    fn opinions(&self, findings: &mut Findings) {
        let key = &self.history.key;
        let given = self.ledger.about(&self.one.id, "consultation-answered");
        let told = self.one.all("consultation.answered");
        for event in &told {
            let kind = event.data()["opinion"]["kind"].as_str().unwrap_or_default();
            if !given.iter().any(|entry| opinion(entry) == kind) {
                let what = format!("{} is said to be {kind} and the agency did not say so", self.name());
                findings.of(key, Fault::InventedOpinion, what);
            }
        }
        if told.len() > given.len().max(1) {
            findings.of(key, Fault::Duplicated, format!("{} answered {} times", self.name(), told.len()));
        }
        for entry in given.iter().filter(|entry| self.must_be_told(self.known_ms(entry))) {
            let there = told.iter().any(|event| event.data()["opinion"]["kind"] == opinion(entry));
            findings.unless(there, key, Fault::Lost, || {
                format!("the opinion of {} ({}) did not reach the commune", self.name(), opinion(entry))
            });
        }
    }

    fn incomplete(&self, findings: &mut Findings) {
        let asked = self.ledger.about(&self.one.id, "consultation-incomplete");
        let told = self.one.all("consultation.incomplete");
        let key = &self.history.key;
        findings.unless(told.len() <= 1, key, Fault::Duplicated, || format!("{} asks twice", self.name()));
        findings.unless(told.is_empty() || !asked.is_empty(), key, Fault::InventedOpinion, || {
            format!("{} is said to miss something and did not say so", self.name())
        });
        if asked.iter().any(|entry| self.must_be_told_while_open(self.known_ms(entry))) {
            findings.unless(!told.is_empty(), key, Fault::Lost, || {
                format!("{} misses something and the commune was not told", self.name())
            });
        }
        let brought =
            self.history.said("file.supplemented").filter(|sent| sent.data["consultation"] == self.one.id);
        for sent in brought.filter(|sent| self.must_be_told_while_open(sent.wall_ms)) {
            let count = self.ledger.about(&self.one.id, "consultation-supplement").len();
            findings.unless(count > 0, key, Fault::Lost, || {
                format!("{} did not get the supplement {:?}", self.name(), sent.id)
            });
            findings.unless(count <= 1, key, Fault::Duplicated, || {
                format!("{} got a supplement {count} times", self.name())
            });
        }
    }

    fn refused(&self, findings: &mut Findings) {
        let key = &self.history.key;
        let refused = self.ledger.about(&self.one.id, "consultation-refused");
        let told = self.one.all("consultation.undeliverable");
        findings.unless(told.len() <= 1, key, Fault::Duplicated, || format!("{} refused twice", self.name()));
        for event in &told {
            let code = &event.data()["code"];
            findings.unless(
                refused.iter().any(|entry| entry.detail["code"] == *code),
                key,
                Fault::InventedOpinion,
                || format!("{} is said to refuse with {code} and did not", self.name()),
            );
        }
        let given_up = self
            .one
            .all("consultation.unanswered")
            .iter()
            .map(|event| event.wall_ms)
            .min()
            .unwrap_or(i64::MAX);
        if refused
            .iter()
            .any(|entry| self.must_be_told(entry.at_ms) && self.evidence.told_by(entry.at_ms) < given_up)
        {
            findings.unless(!told.is_empty(), key, Fault::Lost, || {
                format!("{} refused and the commune was not told", self.name())
            });
        }
    }

    /// Nobody is overdue before the end of the last day, and nobody is given up before the days of grace.
    fn times(&self, findings: &mut Findings) {
        for (name, days) in [("consultation.overdue", 0), ("consultation.unanswered", GRACE_DAYS)] {
            let told = self.one.all(name);
            findings.unless(told.len() <= 1, &self.history.key, Fault::Duplicated, || {
                format!("{} {name} twice", self.name())
            });
            for event in told {
                let due: Option<jiff::civil::Date> =
                    event.data()["due"].as_str().and_then(|day| day.parse().ok());
                let end =
                    due.and_then(|due| due.checked_add(jiff::Span::new().days(days)).ok()).map(end_of_day);
                findings.unless(
                    end.is_some_and(|end| event.legal >= end),
                    &self.history.key,
                    Fault::Early,
                    || format!("{} {name} at {}", self.name(), event.legal),
                );
            }
        }
    }

    /// How the consultation ended; each ends in one way, none is forgotten.
    fn end(&self, findings: &mut Findings) -> &'static str {
        let key = &self.history.key;
        let unanswered = !self.one.all("consultation.unanswered").is_empty();
        if let Some(answered) = self.one.all("consultation.answered").last() {
            return match answered.data()["opinion"]["kind"].as_str() {
                Some("favourable") => "favourable",
                Some("favourable-with-conditions") => "favourable-with-conditions",
                Some("unfavourable") => "unfavourable",
                _ => "no-opinion",
            };
        }
        if !self.one.all("consultation.undeliverable").is_empty() {
            return "refused";
        }
        if unanswered {
            return "no-answer";
        }
        if self.moot_from_ms() < i64::MAX {
            return "cancelled";
        }
        findings.of(key, Fault::Lost, format!("nothing became of the consultation of {}", self.name()));
        "open"
    }
}

/// Calendar days after a reviewer's limit on which the decision goes on without it.
const GRACE_DAYS: i64 = 3;

/// `file.reviewed` says of each reviewer what the commune was told of it, and whether a grant is blocked.
fn reviewed(history: &History<'_>, all: &[Consultation<'_>], findings: &mut Findings) {
    for event in history.all("file.reviewed") {
        let version = event.data()["deposit_version"].as_u64();
        let results = event.data()["results"].as_array().cloned().unwrap_or_default();
        let mut blocked = false;
        for result in &results {
            let told = all.iter().find(|one| result["agency"] == one.agency && Some(one.version) == version);
            let kind = &result["opinion"]["kind"];
            let given = told.is_some_and(|one| {
                one.all("consultation.answered").iter().any(|event| event.data()["opinion"]["kind"] == *kind)
            });
            findings.unless(kind.is_null() || given, &history.key, Fault::InventedOpinion, || {
                format!("the review says {kind} of {}", result["agency"])
            });
            let agrees = *kind == "favourable" || *kind == "favourable-with-conditions";
            blocked |= result["binding"] == Value::Bool(true) && !agrees;
        }
        findings.unless(event.data()["grant_blocked"] == blocked, &history.key, Fault::Unexpected, || {
            format!("a grant is said to be blocked: {}", event.data()["grant_blocked"])
        });
        let planned = all.iter().filter(|one| Some(one.version) == version).count();
        findings.unless(results.len() == planned, &history.key, Fault::Lost, || {
            format!("the review names {} of {planned} reviewers", results.len())
        });
    }
}
