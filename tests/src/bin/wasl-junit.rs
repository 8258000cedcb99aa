//! `wasl-junit FILE`: passes the output of `cargo test` through and writes it as a JUnit report.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::path::PathBuf;

use anyhow::Context;

/// One test binary and its tests: name, and whether it passed.
#[derive(Default)]
struct Suite {
    name: String,
    tests: Vec<(String, bool)>,
}

fn main() -> anyhow::Result<()> {
    let file: PathBuf =
        std::env::args_os().nth(1).context("usage: wasl-junit FILE < output of cargo test")?.into();
    let mut suites: Vec<Suite> = Vec::new();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(out, "{line}")?;
        read(&line, &mut suites);
    }
    out.flush()?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&file, report(&suites)).with_context(|| format!("cannot write {}", file.display()))
}

fn read(line: &str, suites: &mut Vec<Suite>) {
    let line = line.trim();
    if let Some(running) = line.strip_prefix("Running ") {
        suites.push(Suite { name: running.to_owned(), tests: Vec::new() });
    } else if let Some((name, verdict)) =
        line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
    {
        if suites.is_empty() {
            suites.push(Suite::default());
        }
        let passed = match verdict {
            "ok" => true,
            "FAILED" => false,
            // `ignored` and `has been running for …` are no verdict.
            _ => return,
        };
        if let Some(suite) = suites.last_mut() {
            suite.tests.push((name.to_owned(), passed));
        }
    }
}

fn report(suites: &[Suite]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for suite in suites.iter().filter(|suite| !suite.tests.is_empty()) {
        let failed = suite.tests.iter().filter(|(_, passed)| !passed).count();
        // Writing into a text does not fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\">",
            escape(&suite.name),
            suite.tests.len()
        );
        for (name, passed) in &suite.tests {
            let name = escape(name);
            let _ = match passed {
                true => writeln!(xml, "    <testcase name=\"{name}\"/>"),
                false => writeln!(xml, "    <testcase name=\"{name}\"><failure/></testcase>"),
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_and_failed_tests_are_reported_by_binary() {
        let mut suites = Vec::new();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/wasl-1)",
            "running 2 tests",
            "test flow::a ... ok",
            "test flow::b<c> ... FAILED",
            "test flow::d has been running for over 60 seconds",
        ] {
            read(line, &mut suites);
        }
        let xml = report(&suites);
        assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
        assert!(xml.contains("<testcase name=\"flow::b&lt;c&gt;\"><failure/>"), "{xml}");
    }
}
