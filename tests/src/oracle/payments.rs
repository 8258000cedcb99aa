//! A payment is confirmed exactly once, and only when the bank captured that amount for that order.

use std::collections::BTreeMap;

use super::agencies::Ledger;
use super::evidence::{Entry, Evidence, History};
use super::finding::{Fault, Findings};
use crate::communes::journal::Received;

/// How many payments ended how.
pub type Counts = BTreeMap<String, usize>;

/// Judges the payments of a file and counts them.
pub fn judge(
    history: &History<'_>,
    ledger: &Ledger<'_>,
    evidence: &Evidence,
    findings: &mut Findings,
    counts: &mut Counts,
) {
    let fees: Vec<_> = history.said("fee.assessed").collect();
    for fee in &fees {
        let of_fee = |event: &&Received| event.data()["fee"] == fee.data["fee"];
        let orders: Vec<&Received> = history
            .received
            .iter()
            .copied()
            .filter(|event| event.name().starts_with("payment."))
            .filter(of_fee)
            .collect();
        let amount = fee.data["amount_centimes"].as_i64();
        let order = orders.first().and_then(|event| event.data()["order"].as_str());
        let end = match order {
            Some(order) => Order { history, order, amount, told: &orders, ledger, evidence }.judge(findings),
            None => {
                let late = evidence.told_by(fee.wall_ms) >= evidence.ended_ms;
                findings.unless(late, &history.key, Fault::Lost, || {
                    format!("nothing became of {}", fee.data["fee"])
                });
                "open"
            }
        };
        *counts.entry(end.to_owned()).or_default() += 1;
        *counts.entry("assessed".to_owned()).or_default() += 1;
    }
    let assessed = |event: &&Received| fees.iter().any(|fee| fee.data["fee"] == event.data()["fee"]);
    let strange = history.received.iter().copied().filter(|event| event.name().starts_with("payment."));
    for event in strange.filter(|event| !assessed(event)) {
        findings.of(
            &history.key,
            Fault::WrongPayment,
            format!("{} of a fee that nobody assessed", event.name()),
        );
    }
}

struct Order<'a> {
    history: &'a History<'a>,
    order: &'a str,
    amount: Option<i64>,
    told: &'a [&'a Received],
    ledger: &'a Ledger<'a>,
    evidence: &'a Evidence,
}

impl Order<'_> {
    fn all(&self, name: &str) -> Vec<&Received> {
        self.told.iter().copied().filter(|event| event.name() == name).collect()
    }

    fn must_be_told(&self, at_ms: i64) -> bool {
        self.evidence.told_by(at_ms) < self.evidence.ended_ms
    }

    fn judge(&self, findings: &mut Findings) -> &'static str {
        let key = &self.history.key;
        let created = self.ledger.about(self.order, "order-created");
        let rejected = self.ledger.about(self.order, "order-rejected");
        let captured = self.ledger.about(self.order, "payment-captured");
        let (ordered, confirmed) = (self.all("payment.ordered"), self.all("payment.confirmed"));
        let failed = self.all("payment.failed");
        findings.unless(created.len() + rejected.len() <= 1, key, Fault::Duplicated, || {
            "ordered twice at the bank".to_owned()
        });
        findings.unless(captured.len() <= 1, key, Fault::Duplicated, || "paid twice".to_owned());
        findings.unless(ordered.len() <= 1 && confirmed.len() <= 1, key, Fault::Duplicated, || {
            format!("told {} orders and {} payments", ordered.len(), confirmed.len())
        });
        for entry in created.iter().chain(&captured) {
            findings.unless(
                entry.detail["amount_centimes"].as_i64() == self.amount,
                key,
                Fault::WrongPayment,
                || {
                    format!(
                        "the bank asked for {} and the fee is {:?}",
                        entry.detail["amount_centimes"], self.amount
                    )
                },
            );
        }
        for event in &confirmed {
            let receipt = &event.data()["receipt"];
            let known = captured.iter().any(|entry| {
                entry.detail["amount_centimes"] == receipt["amount_centimes"]
                    && entry.detail["transaction"] == receipt["transaction"]
            });
            findings.unless(known, key, Fault::WrongPayment, || {
                "a payment that the bank does not know".to_owned()
            });
        }
        if captured.iter().any(|entry| self.must_be_told(entry.at_ms)) {
            findings
                .unless(!confirmed.is_empty(), key, Fault::Lost, || "a payment was not confirmed".to_owned());
        }
        self.failures(&failed, findings);
        let cancelled = failed.iter().filter(|event| event.data()["code"] == "cancelled").count();
        let over = self.history.received.iter().any(|event| event.data()["outcome"] == "refused")
            || self.history.said("file.withdrawn").next().is_some();
        findings.unless(cancelled <= usize::from(over), key, Fault::WrongPayment, || {
            format!("{cancelled} orders closed of a file that did not end without a permit")
        });
        let closed = failed.iter().any(|event| event.data()["final"] == true);
        match (confirmed.is_empty(), closed, failed.is_empty()) {
            (false, ..) => "paid",
            (true, true, _) => "rejected",
            (true, false, false) => "failed",
            (true, false, true) => "open",
        }
    }

    /// Every try that failed is told once, and no try is told that was not made. The bank knows nothing of an
    /// order that is closed because its file ended without a permit.
    fn failures(&self, told: &[&Received], findings: &mut Findings) {
        let key = &self.history.key;
        let mut tried = self.ledger.about(self.order, "payment-refused");
        // Too little or too much at a counter pays nothing and is told as a try that failed.
        let counter = self.ledger.about(self.order, "counter-money").into_iter();
        tried.extend(counter.filter(|entry| entry.detail["amount_centimes"].as_i64() != self.amount));
        let closed =
            [self.ledger.about(self.order, "order-rejected"), self.ledger.about(self.order, "order-expired")];
        let closed: Vec<_> = closed.concat();
        for (fin, known) in [(false, &tried), (true, &closed)] {
            let of_bank = |event: &&&Received| event.data()["code"] != "cancelled";
            let count = told.iter().filter(of_bank).filter(|event| event.data()["final"] == fin).count();
            findings.unless(count <= known.len(), key, Fault::WrongPayment, || {
                format!("{count} failures told, {} known to the bank (final: {fin})", known.len())
            });
            // Of an order whose time is over the bank says so only when it is asked.
            let known_ms = |entry: &&&Entry| match entry.action.as_str() {
                "order-expired" => entry.at_ms + self.evidence.asked_every_ms,
                _ => entry.at_ms,
            };
            let due = known.iter().filter(|entry| self.must_be_told(known_ms(entry))).count();
            findings.unless(count >= due, key, Fault::Lost, || {
                format!("{due} failures at the bank and {count} told (final: {fin})")
            });
        }
    }
}
