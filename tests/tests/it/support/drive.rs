//! A commune that goes on by itself: supplements what is missing, assesses the fee and decides once the file is
//! reviewed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Commune;
use super::commune::is;
use super::messages::{file, minutes_before, sample};

impl Commune {
    /// Submits a file.
    pub(crate) async fn submit(&mut self, reference: &str, permit: &str, conditions: &[&str]) {
        let data = file(&self.code, reference, permit, conditions, self.clock.now());
        self.say("file.submitted", reference, &data).await;
    }

    /// Assesses the building tax.
    pub(crate) async fn assess(&mut self, reference: &str) {
        let mut fee = sample("fee.assessed");
        fee["assessed_at"] = json!(minutes_before(self.clock.now(), 10));
        self.say("fee.assessed", reference, &fee).await;
    }

    /// Grants, or refuses with a reason.
    pub(crate) async fn decide(&mut self, reference: &str, outcome: &str) {
        let mut decision = json!({
            "number": format!("D-{reference}"), "outcome": outcome,
            "decided_at": minutes_before(self.clock.now(), 10),
        });
        if outcome == "refused" {
            decision["reasons"] = json!(["Avis conforme défavorable."]);
        }
        self.say("decision.taken", reference, &decision).await;
    }

    /// What follows from something that it was told.
    pub(crate) async fn react(&mut self, event: &Value) {
        let reference = event["subject"].as_str().unwrap_or_default().to_owned();
        if is(event, "consultation.incomplete") {
            let data = json!({
                "consultation": event["data"]["consultation"],
                "supplemented_at": minutes_before(self.clock.now(), 10),
                "documents": [sample("file.submitted")["documents"][0]],
            });
            self.say("file.supplemented", &reference, &data).await;
        }
        // An opinion that comes late gives another review: only the first one is decided on.
        if is(event, "file.reviewed") && self.told(&reference, "file.reviewed").len() == 1 {
            self.assess(&reference).await;
            let blocked = event["data"]["grant_blocked"] == true;
            self.decide(&reference, if blocked { "refused" } else { "granted" }).await;
        }
    }

    /// Carries files to their end: delivered, or their refusal recorded. Calls `between` after each message.
    pub(crate) async fn carry(
        &mut self,
        references: &BTreeSet<String>,
        patience: Duration,
    ) -> BTreeSet<String> {
        let begin = Instant::now();
        let mut left: BTreeSet<String> =
            references.iter().filter(|reference| !self.has_ended(reference)).cloned().collect();
        while !left.is_empty() {
            let Some(event) = self.hear(patience.saturating_sub(begin.elapsed())).await else { break };
            self.react(&event).await;
            left.retain(|reference| !self.has_ended(reference));
        }
        left
    }

    /// Delivered, or refused by the commune's own decision.
    pub(crate) fn has_ended(&self, reference: &str) -> bool {
        let refused = self.told(reference, "decision.recorded");
        !self.told(reference, "permit.delivered").is_empty()
            || refused.iter().any(|event| event["data"]["outcome"] == "refused")
    }
}
