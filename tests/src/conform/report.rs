//! What came of a run: a table for people, a report for programs.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub case: String,
    /// Whether it passed.
    pub pass: bool,
    /// Why not; empty when it passed.
    pub reason: String,
}

/// All cases of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    outcomes: Vec<Outcome>,
    left_out: Vec<(String, String)>,
}

impl Report {
    pub(super) fn put(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    pub(super) fn leave_out(&mut self, case: &str, why: String) {
        self.left_out.push((case.to_owned(), why));
    }

    /// The cases that were played.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The cases that could not be played here, and why.
    #[must_use]
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// At least one case was played, and all passed.
    #[must_use]
    pub fn good(&self) -> bool {
        !self.outcomes.is_empty() && self.outcomes.iter().all(|outcome| outcome.pass)
    }

    /// One line per case, then the counts.
    #[must_use]
    pub fn table(&self) -> String {
        let wide = self.outcomes.iter().map(|outcome| outcome.case.len()).max().unwrap_or(0);
        let mut text = String::new();
        // Writing into a text does not fail.
        for Outcome { case, pass, reason } in &self.outcomes {
            let verdict = if *pass { "pass" } else { "FAIL" };
            let line = format!("{verdict}  {case:wide$}  {reason}");
            _ = writeln!(text, "{}", line.trim_end());
        }
        for (case, why) in &self.left_out {
            _ = writeln!(text, "----  {case:wide$}  not played: {why}");
        }
        let passed = self.outcomes.iter().filter(|outcome| outcome.pass).count();
        let failed = self.outcomes.len() - passed;
        _ = writeln!(text, "{passed} passed, {failed} failed, {} not played", self.left_out.len());
        text
    }

    /// `[{"case", "pass", "reason"}]`; cases that were not played are not in it.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts and booleans always become JSON.
        let mut text = serde_json::to_string_pretty(&self.outcomes).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_a_case_is_not_good_and_one_failure_spoils_it() {
        let mut report = Report::default();
        assert!(!report.good());
        report.put(Outcome { case: "a".into(), pass: true, reason: String::new() });
        report.leave_out("c", "needs x".into());
        assert!(report.good());
        report.put(Outcome { case: "b".into(), pass: false, reason: "status 500".into() });
        assert!(!report.good());
        assert_eq!(
            report.table(),
            "pass  a\nFAIL  b  status 500\n----  c  not played: needs x\n1 passed, 1 failed, 1 not played\n"
        );
        let read: Vec<Outcome> = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(read, report.outcomes());
    }
}
