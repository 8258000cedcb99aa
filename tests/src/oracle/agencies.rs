//! What the agencies' ledger says, by consultation and by order.

use std::collections::BTreeMap;

use super::evidence::{Entry, Evidence};

/// The ledger, by the gateway's reference.
#[derive(Debug, Default)]
pub struct Ledger<'a> {
    by_reference: BTreeMap<&'a str, Vec<&'a Entry>>,
}

impl<'a> Ledger<'a> {
    /// Sorts the ledger.
    #[must_use]
    pub fn of(evidence: &'a Evidence) -> Self {
        let mut by_reference: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &evidence.ledger {
            by_reference.entry(entry.reference.as_str()).or_default().push(entry);
        }
        Self { by_reference }
    }

    /// What an agency noted about a reference.
    pub fn about(&self, reference: &str, action: &str) -> Vec<&'a Entry> {
        let all = self.by_reference.get(reference).map(Vec::as_slice).unwrap_or_default();
        all.iter().copied().filter(|entry| entry.action == action).collect()
    }

    /// References about which something was noted.
    pub fn references(&self) -> impl Iterator<Item = (&'a str, &[&'a Entry])> {
        self.by_reference.iter().map(|(reference, entries)| (*reference, entries.as_slice()))
    }
}

/// The opinion that an entry gives.
#[must_use]
pub fn opinion(entry: &Entry) -> &str {
    entry.detail["opinion"].as_str().unwrap_or_default()
}
