//! The core is pure: no I/O, no clock, no chance, no global state. (That it depends on nothing that could is kept by
//! `crates`.) What the standard library and its few dependencies would still allow is refused here by name.

use crate::source::{Blank, blank, is_test, lines_with, without_tests};
use crate::tree::Tree;
use crate::{exactly, none};

const CORE: &str = "gateway/core/src/";

/// What must not be named, and why.
const REFUSED: &[(&str, &str)] = &[
    ("SystemTime", "the time is given, in `Context`"),
    ("Instant", "the time is given, in `Context`"),
    ("std::time", "the time is given, in `Context`"),
    ("Timestamp::now", "the time is given, in `Context`"),
    ("Zoned::now", "the time is given, in `Context`"),
    ("std::fs", "what was read is given"),
    ("std::io", "what was read is given"),
    ("std::net", "the rules speak with nobody"),
    ("std::env", "settings are given"),
    ("std::process", "the rules start nothing"),
    ("std::thread", "the rules wait for nothing"),
    ("std::sync::Mutex", "the rules share nothing that changes"),
    ("std::sync::RwLock", "the rules share nothing that changes"),
    ("std::sync::atomic", "the rules share nothing that changes"),
    ("RefCell", "the rules share nothing that changes"),
    ("thread_local", "the rules share nothing that changes"),
    ("static mut", "the rules share nothing that changes"),
    ("now_v7", "ids come in, or follow from what came in (UUIDv5, UUIDv8)"),
    ("new_v4", "ids come in, or follow from what came in (UUIDv5, UUIDv8)"),
    ("now_v1", "ids come in, or follow from what came in (UUIDv5, UUIDv8)"),
    ("async", "the rules wait for nothing"),
    ("HashMap", "its order is chance: `BTreeMap`"),
    ("HashSet", "its order is chance: `BTreeSet`"),
    ("RandomState", "the rules draw nothing"),
    ("f64", "days and centimes are whole"),
    ("f32", "days and centimes are whole"),
];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files(CORE, ".rs").filter(|(path, _)| !is_test(path)) {
        let code = without_tests(&blank(text, Blank::CommentsAndStrings));
        for (word, why) in REFUSED {
            for line in lines_with(&code, word) {
                faults.push(format!("{path}:{line}: `{word}` in the pure core: {why}"));
            }
        }
    }
    faults
}

#[test]
fn the_core_reads_no_clock_no_file_and_no_chance() {
    none(&faults(Tree::repository()));
}

#[test]
fn a_clock_in_the_core_is_seen() {
    let planted = Tree::of(&[
        ("gateway/core/src/a.rs", "/// std::fs\nuse std::time::SystemTime;\nfn instant() {}"),
        ("gateway/core/src/b.rs", "#[cfg(test)]\nmod tests { use std::fs; }\nasync fn f() {}"),
        ("gateway/core/src/tests.rs", "use std::fs;"),
    ]);
    exactly(&faults(&planted), &["a.rs:2: `SystemTime`", "a.rs:2: `std::time`", "b.rs:3: `async`"]);
}
