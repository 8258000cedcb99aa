//! Documents lead somewhere: every path that a Markdown file names exists, and so does every test that
//! ARCHITECTURE.md says keeps an invariant.

use crate::tree::Tree;
use crate::{exactly, none};

/// Tops of the repository: a name in backticks that begins so is a path.
const TOPS: &[&str] =
    &["gateway/", "adapters/", "schemas/", "config/", "tests/", "deploy/", ".ci/", ".cargo/"];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files("", ".md") {
        for target in links(text).into_iter().chain(paths(text)) {
            if !exists(tree, path, target) {
                faults.push(format!("{path}: `{target}` leads nowhere"));
            }
        }
    }
    faults
}

/// Targets of `[text](target)` inside the repository.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|t| !t.contains("://") && !t.starts_with('#') && !t.starts_with("mailto:")).collect()
}

/// Names in single backticks that are paths, without patterns.
fn paths(text: &str) -> Vec<&str> {
    let outside_blocks = text.split("```").step_by(2);
    let quoted = outside_blocks.flat_map(|part| part.split('`').skip(1).step_by(2));
    quoted
        .filter(|name| TOPS.iter().any(|top| name.starts_with(top)))
        .filter(|name| !name.contains(['*', '<', '{', ' ', '…']))
        .collect()
}

fn exists(tree: &Tree, from: &str, target: &str) -> bool {
    let target = target.split('#').next().unwrap_or_default();
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = if folder.is_empty() { target.to_owned() } else { format!("{folder}/{target}") };
    tree.has(&plain(&beside)) || tree.has(&plain(target))
}

/// A path without `.` and `..`.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_path_in_a_document_leads_somewhere() {
    none(&faults(Tree::repository()));
    let planted = Tree::of(&[
        (
            "deploy/local/README.md",
            "[up](../../README.md) [gone](gone.md) `deploy/local` `deploy/nowhere` `tests/*.rs`",
        ),
        ("README.md", "[web](https://example.org) [here](#here)\n```\n`config/x`\n```\n"),
    ]);
    exactly(&faults(&planted), &["`gone.md` leads nowhere", "`deploy/nowhere` leads nowhere"]);
}

/// Tests named in ARCHITECTURE.md as `crate::…::name` that do not exist.
fn invariants(tree: &Tree) -> Vec<String> {
    let text = tree.text("ARCHITECTURE.md").unwrap_or_default();
    let named = text.split('`').skip(1).step_by(2).filter_map(|name| name.strip_prefix("test "));
    named
        .filter(|name| {
            let declared = format!("fn {name}(");
            !tree.files("", ".rs").any(|(_, source)| source.contains(&declared))
        })
        .map(|name| format!("ARCHITECTURE.md: the test `{name}` does not exist"))
        .collect()
}

#[test]
fn every_test_that_keeps_an_invariant_exists() {
    none(&invariants(Tree::repository()));
    let planted =
        Tree::of(&[("ARCHITECTURE.md", "`test is_there` `test is_gone`"), ("a.rs", "fn is_there() {}")]);
    exactly(&invariants(&planted), &["`is_gone`"]);
}

/// A program that a document shows is a file that is run: the two are the same.
fn shown(tree: &Tree) -> Vec<String> {
    let text = tree.text("README.md").unwrap_or_default();
    let mut faults = Vec::new();
    for (path, program) in tree.files("deploy/examples/", ".py") {
        if !text.contains(&format!("```python\n{program}```")) {
            faults.push(format!("README.md does not show {path} as it is"));
        }
    }
    faults
}

#[test]
fn the_programs_that_are_shown_are_those_that_run() {
    none(&shown(Tree::repository()));
    let planted = Tree::of(&[
        ("README.md", "```python\nimport a\n```"),
        ("deploy/examples/a.py", "import a\n"),
        ("deploy/examples/b.py", "import b\n"),
    ]);
    exactly(&shown(&planted), &["b.py as it is"]);
}

/// Commands `make …` in documents that the Makefile does not have.
fn targets(tree: &Tree) -> Vec<String> {
    let makefile = tree.text("Makefile").unwrap_or_default();
    let known = |target: &str| makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    let mut faults = Vec::new();
    for (path, text) in tree.files("", ".md") {
        let lines = text.lines().flat_map(|line| line.split('`')).map(str::trim);
        for target in lines.filter_map(|line| line.strip_prefix("make ")?.split(' ').next()) {
            if !known(target) {
                faults.push(format!("{path}: the Makefile has no `{target}`"));
            }
        }
    }
    faults
}

#[test]
fn every_command_of_make_exists() {
    none(&targets(Tree::repository()));
    let planted = Tree::of(&[
        ("Makefile", "demo: build\n\tx\n"),
        ("README.md", "`make demo SEED=1` and `make fly`\n```sh\nmake swim  # soon\n```\nmakes sense"),
    ]);
    exactly(&targets(&planted), &["no `fly`", "no `swim`"]);
}
