//! The agencies' ledger against what the commune was told: nothing lost, nothing done twice.

use std::collections::BTreeMap;

use serde_json::Value;

use super::commune::is;
use super::gateway::text;
use super::{Commune, Gateway};

/// Every consultation and order was accepted once, every opinion told is the agency's own, every payment is
/// booked once, and nothing waits.
pub(crate) async fn balance(gateway: &Gateway, commune: &Commune) {
    let ledger = gateway.ledger("").await;
    accepted_once(&ledger, "consultation-accepted");
    accepted_once(&ledger, "order-created");
    accepted_once(&ledger, "payment-captured");
    opinions(&ledger, commune);
    payments(&ledger, commune);
    let violations: Vec<&Value> = entries(&ledger, "violation").collect();
    assert!(violations.is_empty(), "{violations:?}");
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 0, "something was set aside");
}

fn entries<'l>(ledger: &'l [Value], action: &'l str) -> impl Iterator<Item = &'l Value> {
    ledger.iter().filter(move |entry| entry["action"] == action)
}

fn accepted_once(ledger: &[Value], action: &str) {
    let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for entry in entries(ledger, action) {
        *times.entry((text(entry, "/agency"), text(entry, "/reference"))).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{action} more than once: {twice:?}");
}

/// What each consultation was told to have been answered is what the agency says that it answered.
fn opinions(ledger: &[Value], commune: &Commune) {
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in entries(ledger, "consultation-answered") {
        given.entry(text(entry, "/reference")).or_default().push(text(entry, "/detail/opinion"));
    }
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in commune.heard.iter().filter(|event| is(event, "consultation.answered")) {
        told.entry(text(event, "/data/consultation")).or_default().push(text(event, "/data/opinion/kind"));
    }
    for (consultation, opinions) in &told {
        assert_eq!(opinions.len(), 1, "{consultation} was answered {} times", opinions.len());
    }
    for (consultation, opinion) in &told {
        assert_eq!(given.get(consultation), Some(opinion), "{consultation}");
    }
    // After a decision an answer is no longer awaited; here every decision follows the review.
    let untold: Vec<_> = given.keys().filter(|consultation| !told.contains_key(*consultation)).collect();
    assert!(untold.is_empty(), "given and never told: {untold:?}");
}

fn payments(ledger: &[Value], commune: &Commune) {
    let mut captured: Vec<&str> =
        entries(ledger, "payment-captured").map(|entry| text(entry, "/reference")).collect();
    let confirmed = commune.heard.iter().filter(|event| is(event, "payment.confirmed"));
    let mut confirmed: Vec<&str> = confirmed.map(|event| text(event, "/data/order")).collect();
    captured.sort_unstable();
    confirmed.sort_unstable();
    assert_eq!(captured, confirmed, "what the bank captured and what the commune was told");
}
