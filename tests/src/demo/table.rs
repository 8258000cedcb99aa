//! What became of every file, as a table for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::oracle::judge::Judgment;

/// Findings that are shown at most; all stand in the report's folder.
const FINDINGS_SHOWN_MAX: usize = 40;

/// The table.
pub(crate) fn text(judgment: &Judgment) -> String {
    let mut out = String::new();
    _ = writeln!(out, "\n{} files deposited", judgment.files);
    for (outcome, count) in &judgment.outcomes {
        _ = writeln!(out, "  {:<28}{count:>6}", words(outcome));
    }
    _ = writeln!(out, "\nconsultations");
    let columns: BTreeSet<&str> =
        judgment.consultations.values().flat_map(|counts| counts.keys().map(String::as_str)).collect();
    _ = write!(out, "  {:<16}", "");
    for column in &columns {
        _ = write!(out, "{:>12}", short(column));
    }
    _ = writeln!(out);
    for (agency, counts) in &judgment.consultations {
        _ = write!(out, "  {agency:<16}");
        for column in &columns {
            _ = write!(out, "{:>12}", counts.get(*column).copied().unwrap_or(0));
        }
        _ = writeln!(out);
    }
    _ = writeln!(out, "\npayments");
    rows(&mut out, &judgment.payments);
    let (sent, received) = judgment.messages;
    _ = writeln!(out, "\n{sent} messages from communes and provinces, {received} to communes");
    _ = writeln!(
        out,
        "{} wrong messages, {} refused for the right reason; {} exact duplicates sent, {} deliveries repeated",
        judgment.refused.wrong, judgment.refused.rightly, judgment.duplicates_sent, judgment.repeats
    );
    findings(&mut out, judgment);
    out
}

fn rows(out: &mut String, counts: &BTreeMap<String, usize>) {
    for (name, count) in counts {
        _ = writeln!(out, "  {:<28}{count:>6}", words(name));
    }
}

fn findings(out: &mut String, judgment: &Judgment) {
    let all = &judgment.findings.all;
    if all.is_empty() {
        _ = writeln!(
            out,
            "\nThe judge accounts for every file: nothing lost, nothing done twice, every legal date right."
        );
        return;
    }
    _ = writeln!(out, "\n{} findings of the judge", all.len());
    for (fault, count) in judgment.findings.counts() {
        _ = writeln!(out, "  {:<28}{count:>6}", format!("{fault:?}"));
    }
    for finding in all.iter().take(FINDINGS_SHOWN_MAX) {
        _ = writeln!(out, "  {:?} {} {}", finding.fault, finding.file, finding.what);
    }
}

fn words(key: &str) -> String {
    key.replace('-', " ")
}

fn short(column: &str) -> &str {
    match column {
        "favourable-with-conditions" => "conditions",
        other => other,
    }
}
