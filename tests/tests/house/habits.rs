//! Habits: sizes, marks of unfinished work, silenced lints, paths of somebody's machine.

use crate::source::{Blank, blank, lines_with};
use crate::tree::Tree;
use crate::{exactly, none};

/// Longest source file, in lines. The habit is 100 to 200.
const LINES_MAX: usize = 400;
/// Longest story, in lines: `flow/mod.rs` is read on one screen.
const STORY_LINES_MAX: usize = 60;
/// The story.
const STORY: &str = "gateway/server/src/flow/mod.rs";

fn sizes(tree: &Tree) -> Vec<String> {
    let long = |(path, text): (&str, &str)| {
        let most = if path == STORY { STORY_LINES_MAX } else { LINES_MAX };
        let lines = text.lines().count();
        (lines > most).then(|| format!("{path} has {lines} lines, at most {most}: split it by idea"))
    };
    [".rs", ".sh", ".py", ".sql"].iter().flat_map(|ending| tree.files("", ending)).filter_map(long).collect()
}

#[test]
fn a_file_is_one_idea() {
    none(&sizes(Tree::repository()));
    let planted =
        Tree::of(&[("a.rs", &"\n".repeat(401)), ("b.rs", &"\n".repeat(400)), (STORY, &"\n".repeat(61))]);
    exactly(&sizes(&planted), &["a.rs has 401", "flow/mod.rs has 61"]);
}

/// What must not stand in code, and what to do.
const REFUSED: &[(&str, &str)] = &[
    ("#[allow(", "`#[expect(…, reason = \"…\")]`, which tells when it is needed no more"),
    ("#![allow(", "`#![expect(…, reason = \"…\")]`, which tells when it is needed no more"),
    ("#[ignore", "a test runs or is not there"),
    ("todo!", "finish it, or leave it out and say so in README.md"),
    ("unimplemented!", "finish it, or leave it out and say so in README.md"),
    ("dbg!", "a log line, with ids and codes only"),
    ("unsafe", "no unsafe code"),
];

fn habits(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files("", ".rs") {
        let code = blank(text, Blank::CommentsAndStrings);
        for (word, instead) in REFUSED {
            let named = lines_with(&code, word).into_iter();
            faults.extend(named.map(|line| format!("{path}:{line}: `{word}`: {instead}")));
        }
    }
    faults
}

#[test]
fn nothing_is_silenced_ignored_or_half_done() {
    none(&habits(Tree::repository()));
    let planted =
        Tree::of(&[("a.rs", "#[allow(dead_code)]\nfn f() { todo!() } // dbg!\n#[ignore]\n#[expect(x)]")]);
    exactly(&habits(&planted), &["a.rs:1: `#[allow(`", "a.rs:3: `#[ignore`", "a.rs:2: `todo!`"]);
}

/// Marks of work that was put off, and paths of one machine.
const MARKS: &[&str] = &["TODO", "FIXME", "XXX", "HACK", "/home/", "/root/", "/Users/", "/work/", "C:\\"];

/// A path of a machine begins at the mark: `$base/home/x` does not.
fn begins_there(text: &str, line: usize, mark: &str) -> bool {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}');
    !mark.starts_with('/') || line.match_indices(mark).any(|(at, _)| !line[..at].ends_with(inside))
}

fn marks(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files("", "") {
        if path.starts_with("tests/tests/house/") {
            continue;
        }
        for mark in MARKS {
            let named = lines_with(text, mark).into_iter().filter(|line| begins_there(text, *line, mark));
            faults.extend(
                named.map(|line| {
                    format!("{path}:{line}: `{mark}`: the repository speaks of the product alone")
                }),
            );
        }
        // A number of an issue says nothing to who has no list of issues.
        let numbered = |line: &&str| {
            let line = line.to_lowercase();
            ["issue ", "issue #", "issues #"].iter().any(|word| {
                let after = line.split_once(word).map(|(_, after)| after);
                after.is_some_and(|a| a.starts_with(|c: char| c.is_ascii_digit() || c == '#'))
            })
        };
        faults.extend(
            text.lines()
                .filter(numbered)
                .map(|line| format!("{path}: `{}`: say the reason itself", line.trim())),
        );
    }
    faults
}

#[test]
fn the_repository_speaks_of_the_product_alone() {
    none(&marks(Tree::repository()));
    let planted = Tree::of(&[
        ("a.md", "see issue 12\nissue of a permit\n# TODO"),
        ("b.sh", "cd /root/x; ls issued $1/home/x"),
    ]);
    exactly(&marks(&planted), &["a.md:3: `TODO`", "a.md: `see issue 12`", "b.sh:1: `/root/`"]);
}
