//! Alarms: each has an alert, each alert a page and a test of its own, each page an alert; every metric that an alert asks
//! for is one that the code has; every alarm has its words on the live page.

use std::collections::BTreeSet;

use crate::tree::Tree;
use crate::{exactly, none};

const NAMES: &str = "gateway/server/src/observe/alarm/name.rs";
const METRICS: &str = "gateway/server/src/observe/metrics.rs";
const RULES: &str = "deploy/prometheus/rules.yml";
const RULE_TESTS: &str = "deploy/prometheus/rules.test.yml";
const PAGES: &str = "deploy/runbooks/";

fn faults(tree: &Tree) -> Vec<String> {
    let rules = tree.text(RULES).unwrap_or_default();
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    let mut faults = Vec::new();
    for name in names(tree) {
        if !alerts.iter().any(|alert| alert.contains(&format!("name=\"{name}\""))) {
            faults.push(format!("{RULES}: no alert for the alarm `{name}`"));
        }
        if tree.text(&page(&name)).is_none() {
            faults.push(format!("{}: the alarm `{name}` has no page", page(&name)));
        }
        for lang in ["fr", "ar", "en"] {
            let texts = tree.text(&format!("config/texts/{lang}.toml")).unwrap_or_default();
            let section = texts.split("[alarm]\n").nth(1).unwrap_or_default();
            if !section
                .lines()
                .take_while(|line| !line.starts_with('['))
                .any(|line| line.starts_with(&format!("{name} = ")))
            {
                faults.push(format!("config/texts/{lang}.toml: no words for the alarm `{name}`"));
            }
        }
    }
    faults.extend(alerts.iter().flat_map(|alert| of_alert(tree, alert)));
    let named: BTreeSet<&str> = alerts.iter().filter_map(|alert| runbook(alert)).collect();
    let pages = tree.files(PAGES, ".md").map(|(path, _)| path).filter(|path| !path.ends_with("README.md"));
    let pages: Vec<&str> = pages.collect();
    faults.extend(
        pages
            .iter()
            .copied()
            .filter(|path| !named.contains(path))
            .map(|path| format!("{path}: no alert leads here")),
    );
    let index = tree.text(&format!("{PAGES}README.md")).unwrap_or_default();
    let listed = |path: &&str| index.contains(&format!("({})", path.trim_start_matches(PAGES)));
    faults.extend(
        pages
            .iter()
            .copied()
            .filter(|path| !listed(path))
            .map(|path| format!("{PAGES}README.md does not list {path}")),
    );
    faults.extend(metrics(tree, rules));
    faults
}

/// What an alert must have.
fn of_alert(tree: &Tree, alert: &str) -> Vec<String> {
    let name = alert.lines().next().unwrap_or_default();
    let mut faults = Vec::new();
    for part in ["expr: ", "for: ", "severity: ", "summary: ", "description: "] {
        if !alert.contains(part) {
            faults.push(format!("{RULES}: {name} has no `{}`", part.trim_end_matches(": ")));
        }
    }
    if runbook(alert).is_none_or(|page| tree.text(page).is_none()) {
        faults.push(format!("{RULES}: {name} has no `runbook` that is there"));
    }
    // Seen to fire, and seen not to.
    let tests = tree.text(RULE_TESTS).unwrap_or_default();
    let looks: Vec<&str> = tests.split(&format!("alertname: {name}\n")).skip(1).collect();
    let fires = looks.iter().filter(|rest| rest.trim_start().starts_with("exp_alerts:")).count();
    if fires == 0 || fires == looks.len() {
        faults.push(format!("{RULE_TESTS}: {name} is not seen to fire and not to fire"));
    }
    faults
}

fn runbook(alert: &str) -> Option<&str> {
    alert.lines().find_map(|line| line.trim().strip_prefix("runbook: "))
}

fn page(name: &str) -> String {
    format!("{PAGES}{name}.md")
}

/// The names of the alarms, as the code writes them.
fn names(tree: &Tree) -> Vec<String> {
    let text = tree.text(NAMES).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""));
    // What several of them share is no name.
    let lines = lines.filter(|(variant, _)| variant.bytes().all(|b| b.is_ascii_alphanumeric()));
    lines.filter_map(|(_, name)| Some(name.split_once('"')?.0.to_owned())).collect()
}

/// Metrics that rules, their tests and the pages name and that the code does not have.
fn metrics(tree: &Tree, rules: &str) -> Vec<String> {
    let text = tree.text(METRICS).unwrap_or_default();
    let mut known = BTreeSet::new();
    for call in text.split(".register").skip(1) {
        let Some(name) = call.split('"').nth(1) else { continue };
        let unit = if call.starts_with("_with_unit") { "_seconds" } else { "" };
        for end in ["", "_total", "_info", "_bucket", "_sum", "_count"] {
            known.insert(format!("wasl_{name}{unit}{end}"));
        }
    }
    let pages = tree.files(PAGES, ".md").chain(tree.text(RULE_TESTS).map(|text| (RULE_TESTS, text)));
    let mut faults = Vec::new();
    for (path, text) in pages.chain([(RULES, rules)]) {
        // `wasl_api` and `wasl_core` are the roles of the database.
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let named: BTreeSet<&str> = words
            .filter(|w| w.starts_with("wasl_") && !["wasl_", "wasl_api", "wasl_core"].contains(w))
            .collect();
        let unknown = named.into_iter().filter(|word| !known.contains(*word));
        faults.extend(unknown.map(|word| format!("{path}: the code has no metric `{word}`")));
    }
    faults
}

#[test]
fn every_alarm_has_an_alert_and_every_alert_a_page_and_a_test() {
    assert!(names(Tree::repository()).len() >= 12, "the names are read: {:?}", names(Tree::repository()));
    none(&faults(Tree::repository()));
}

#[test]
fn an_alarm_without_its_alert_and_an_alert_without_its_page_are_seen() {
    let texts = "[alarm]\nold = \"x\"\nlost = \"x\"\n[b]\n";
    let alert = |name: &str| {
        format!(
            "- alert: {name}\n  expr: wasl_alarm{{name=\"old\"}} == 1\n  for: 1m\n  severity: info\n  summary: s\n  \
             description: d\n  runbook: deploy/runbooks/old.md\n"
        )
    };
    let rules = format!(
        "{}{}",
        alert("Old"),
        alert("Gone").replace("old.md", "gone.md").replace("wasl_alarm", "wasl_fog")
    );
    let planted = Tree::of(&[
        (NAMES, "Self::Old => \"old\",\nSelf::Lost => \"lost\","),
        (METRICS, "r.register(\"alarm\", \"\");\nr.register_with_unit(\"age\", \"\")"),
        (RULES, &rules),
        (RULE_TESTS, "alertname: Old\n  exp_alerts:\nalertname: Old\nalertname: Gone\n"),
        ("deploy/runbooks/old.md", "wasl_age_seconds"),
        ("deploy/runbooks/idle.md", ""),
        ("deploy/runbooks/README.md", "[a](old.md) [b](idle.md)"),
        ("config/texts/fr.toml", texts),
        ("config/texts/ar.toml", texts),
        ("config/texts/en.toml", "[alarm]\nold = \"x\"\n[b]\nlost = \"y\"\n"),
    ]);
    let found = [
        "no alert for the alarm `lost`",
        "the alarm `lost` has no page",
        "en.toml: no words for the alarm `lost`",
        "Gone has no `runbook`",
        "Gone is not seen to fire",
        "idle.md: no alert leads here",
        "no metric `wasl_fog`",
    ];
    exactly(&faults(&planted), &found);
}
