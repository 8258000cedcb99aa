//! What the judge finds wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evidence::Key;

/// Kinds of fault, by the promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Something that was sent or came about has left no trace where it must.
    Lost,
    /// Something was done or told twice.
    Duplicated,
    /// Messages about a file in another order than its events.
    OutOfOrder,
    /// A request whose fate was not known was sent again to an agency that could have been asked.
    SentAgain,
    /// Something is taken without a limit.
    Unbounded,
    /// Told before its legal instant.
    Early,
    /// Told long after its legal instant.
    Late,
    /// A legal date is another than the law makes it.
    WrongDate,
    /// An opinion that its agency never gave, or gave otherwise.
    InventedOpinion,
    /// A payment that the bank does not know, or knows otherwise.
    WrongPayment,
    /// A message was refused, accepted or overruled for the wrong reason.
    WrongRefusal,
    /// Someone was asked who need not be, or not asked who must be.
    WrongReviewers,
    /// Something that must not follow from what happened.
    Unexpected,
    /// A simulated agency was sent something that breaks its contract.
    Violation,
    /// The day that was played is not the one that was asked for.
    Shares,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which promise.
    pub fault: Fault,
    /// `commune/reference`, or empty.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

/// All faults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// In the order in which they were found.
    pub all: Vec<Finding>,
}

impl Findings {
    /// Notes a fault of a file.
    pub fn of(&mut self, key: &Key, fault: Fault, what: impl Into<String>) {
        self.all.push(Finding { fault, file: format!("{}/{}", key.0, key.1), what: what.into() });
    }

    /// Notes a fault of no one file.
    pub fn general(&mut self, fault: Fault, what: impl Into<String>) {
        self.all.push(Finding { fault, file: String::new(), what: what.into() });
    }

    /// Notes a fault unless something holds.
    pub fn unless(&mut self, holds: bool, key: &Key, fault: Fault, what: impl FnOnce() -> String) {
        if !holds {
            self.of(key, fault, what());
        }
    }

    /// How many of a kind.
    #[must_use]
    pub fn count(&self, fault: Fault) -> usize {
        self.all.iter().filter(|finding| finding.fault == fault).count()
    }

    /// How many of each kind that was found.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Fault, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.all {
            *counts.entry(finding.fault).or_default() += 1;
        }
        counts
    }
}
