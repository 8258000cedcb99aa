//! Counts beside the counts that are kept: what has moved, what is new, what is gone, and with what they were made.
//! Pure; the promises of the repository try it (`tests/tests/house/instructions.rs`).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A count may move by so much, up or down, in percent of what is kept; less is the noise of random seeds and of
/// where memory lies.
pub(crate) const MOVE_PERCENT_MAX: f64 = 5.0;

/// Counts by the name of their case.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What is kept in `counts.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// What the counts depend on besides the code.
    pub(crate) made_with: Tools,
    /// Instructions of one passage.
    pub(crate) instructions: Counts,
}

/// What counts depend on besides the code: each gives others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Tools {
    /// `rustc --version`.
    pub(crate) rustc: String,
    /// `valgrind --version`.
    pub(crate) valgrind: String,
    /// Architecture and the extensions for which the libraries have code of their own.
    pub(crate) processor: String,
}

impl Tools {
    /// In what `other` differs, one sentence each.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let pairs = [
            ("rustc", &self.rustc, &other.rustc),
            ("valgrind", &self.valgrind, &other.valgrind),
            ("processor", &self.processor, &other.processor),
        ];
        let differs = pairs.into_iter().filter(|(_, kept, now)| kept != now);
        differs.map(|(what, kept, now)| format!("{what}: kept with `{kept}`, counted with `{now}`")).collect()
    }
}

/// What somebody must look at before the counts are right again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Counted, and not kept yet.
    New { name: String, now: u64 },
    /// Kept, and not counted any more.
    Gone { name: String, kept: u64 },
    /// Dearer than what is kept.
    Risen { name: String, kept: u64, now: u64 },
    /// Cheaper: what is kept would hide the next rise.
    Fallen { name: String, kept: u64, now: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New { name, now } => {
                write!(f, "{name} is new, with {now}: keep it (WASL_UPDATE=1)")
            }
            Self::Gone { name, kept } => write!(
                f,
                "{name} is kept with {kept} and nothing counts it: bring its case back, or take it out (WASL_UPDATE=1)"
            ),
            Self::Risen { name, kept, now } => write!(
                f,
                "{name} has risen by {:.1} %, from {kept} to {now}: mend it, or keep it (WASL_UPDATE=1) and explain in \
                 the commit what it buys",
                change_percent(*kept, *now)
            ),
            Self::Fallen { name, kept, now } => write!(
                f,
                "{name} has fallen by {:.1} %, from {kept} to {now}: write the better one down (WASL_UPDATE=1)",
                -change_percent(*kept, *now)
            ),
        }
    }
}

/// By how many percent of the kept one the count has moved; above zero is dearer.
pub(crate) fn change_percent(kept: u64, now: u64) -> f64 {
    (now as f64 - kept as f64) * 100.0 / kept.max(1) as f64
}

/// Everything in which the counts differ from those that are kept by more than they may, by name.
pub(crate) fn findings(kept: &Counts, now: &Counts) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        now.iter().filter_map(|(name, now)| of_one(name, kept.get(name), *now)).collect();
    let gone = kept.iter().filter(|(name, _)| !now.contains_key(*name));
    found.extend(gone.map(|(name, kept)| Finding::Gone { name: name.clone(), kept: *kept }));
    found
}

fn of_one(name: &str, kept: Option<&u64>, now: u64) -> Option<Finding> {
    let name = name.to_owned();
    let Some(&kept) = kept else { return Some(Finding::New { name, now }) };
    let moved = change_percent(kept, now);
    if moved > MOVE_PERCENT_MAX {
        Some(Finding::Risen { name, kept, now })
    } else if moved < -MOVE_PERCENT_MAX {
        Some(Finding::Fallen { name, kept, now })
    } else {
        None
    }
}
