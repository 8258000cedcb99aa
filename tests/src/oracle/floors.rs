//! A day in which nothing goes wrong proves little: every kind of outcome must have been played.

use std::collections::BTreeMap;

use super::finding::{Fault, Findings};
use super::judge::Judgment;

/// The least share of the files, in percent, that must be refused, found incomplete and never answered.
const PERCENT_MIN: usize = 3;
/// From so many files on, shares are asked for; below, that each kind is there.
const FILES_FOR_SHARES: usize = 400;
/// Rights by silence, at least.
const RIGHTS_MIN: usize = 5;

/// What was played besides what the judgment counts.
#[derive(Debug, Clone, Default)]
pub struct Played {
    /// Files by permit.
    pub permits: BTreeMap<String, usize>,
    /// Files whose reviewer asked for more.
    pub incomplete: usize,
    /// Files of which a reviewer never answered.
    pub unanswered: usize,
    /// Files refused by the commune.
    pub refused: usize,
    /// Consultations that their agency refused, by agency.
    pub refused_by_agency: BTreeMap<String, usize>,
    /// Consultations that were answered, by agency.
    pub answered_by_agency: BTreeMap<String, usize>,
}

/// Notes what was not played.
pub fn judge(judgment: &Judgment, played: &Played, findings: &mut Findings) {
    let least = if judgment.files >= FILES_FOR_SHARES { judgment.files * PERCENT_MIN / 100 } else { 1 };
    let mut floor = |what: &str, count: usize, least: usize| {
        if count < least {
            findings
                .general(Fault::Shares, format!("{what}: {count}, and at least {least} were to be played"));
        }
    };
    floor("kinds of permit", played.permits.len(), 13);
    floor("files that the commune refused", played.refused, least);
    floor("files that a reviewer found incomplete", played.incomplete, least);
    floor("files of which a reviewer never answered", played.unanswered, least);
    let outcome = |name: &str| judgment.outcomes.get(name).copied().unwrap_or(0);
    let attested = outcome("right-attested") + outcome("delivered-by-silence");
    let rights = attested + outcome("right-acquired") + outcome("right-invoked");
    floor("rights by silence", rights, RIGHTS_MIN);
    floor("attested rights", attested, 1);
    let payment = |name: &str| judgment.payments.get(name).copied().unwrap_or(0);
    floor("paid fees", payment("paid"), 1);
    floor("unpaid fees", payment("failed") + payment("rejected"), 1);
    for agency in ["urban-agency", "onee", "water-basin", "land-registry"] {
        let count = |map: &BTreeMap<String, usize>| map.get(agency).copied().unwrap_or(0);
        floor(&format!("opinions of {agency}"), count(&played.answered_by_agency), 1);
        floor(&format!("refusals of {agency}"), count(&played.refused_by_agency), 1);
    }
}
