//! Crash points and planted mistakes: all of them listed, all of them tried, none of them in the program.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::source::{Blank, blank};
use crate::tree::{Tree, root};
use crate::{exactly, none};

const POINTS: &str = "adapters/src/faults/points.rs";
const PLANTS: &str = "adapters/src/faults/switches.rs";
const CASES: &str = "tests/src/chaos/plants.rs";
/// What the program `wasl` must not contain, and `wasl-faulty` must.
const MARK: &[u8] = b"WASL_CRASH_AT";

/// The names in quotes that follow a call, all those up to its closing parenthesis.
fn names(text: &str, call: &str) -> BTreeSet<String> {
    let arguments = text.split(call).skip(1).filter_map(|rest| rest.split([')', '\n']).next());
    arguments.flat_map(|part| part.split('"').skip(1).step_by(2).map(str::to_owned)).collect()
}

/// The first name in quotes after each call, wherever the line breaks.
fn firsts(text: &str, call: &str) -> BTreeSet<String> {
    let of = |rest: &str| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
    text.split(call).skip(1).filter_map(of).collect()
}

fn used(tree: &Tree, call: &str) -> BTreeSet<String> {
    let sources = tree.files("adapters/src/", ".rs").chain(tree.files("gateway/server/src/", ".rs"));
    let sources = sources.filter(|(path, _)| !path.starts_with("adapters/src/faults/"));
    sources.flat_map(|(_, text)| names(&blank(text, Blank::Comments), call)).collect()
}

fn text(tree: &Tree, path: &str) -> String {
    tree.files(path, "").map(|(_, text)| blank(text, Blank::Comments)).collect()
}

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    let mut compare = |what: &str, there: &BTreeSet<String>, listed: &BTreeSet<String>, list: &str| {
        let missing = there.difference(listed);
        faults.extend(missing.map(|name| format!("{what} {name} is not in {list}: list it")));
        let stale = listed.difference(there);
        faults.extend(stale.map(|name| format!("{list} names {name}, which is no {what}: strike it")));
    };
    let plants = firsts(&text(tree, PLANTS), " plant(");
    compare("crash point", &used(tree, "crash_point!("), &firsts(&text(tree, POINTS), " at("), POINTS);
    compare("mistake", &used(tree, "planted!("), &plants, PLANTS);
    compare("mistake", &plants, &firsts(&text(tree, CASES), "case("), CASES);
    faults
}

#[test]
fn every_crash_point_and_every_planted_mistake_is_listed_and_tried() {
    none(&faults(Tree::repository()));
    let planted = Tree::of(&[
        ("adapters/src/x.rs", "crash_point!(\"a\"); crash_point!(x => \"b\", \"c\"); planted!(\"p\")"),
        (POINTS, "[ at(\"a\", X), at(\n\"b\", X), at(\"d\", X)]"),
        (PLANTS, "[ plant(\"p\", \"\"), plant(\"q\", \"\")]"),
        (CASES, "[ case(\"p\"), case(\"q\")]"),
    ]);
    exactly(
        &faults(&planted),
        &["crash point c is not in", "names d, which is no crash point", "names q, which is no mistake"],
    );
}

/// Whether anything but a build that asks for it has the feature.
fn enabled(metadata: &Metadata) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        let default = package.features.get("default").into_iter().flatten();
        found.extend(
            default.filter(|f| f.contains("faults")).map(|f| format!("{}: default has {f}", package.name)),
        );
        for dependency in &package.dependencies {
            if dependency.features.iter().any(|feature| feature == "faults") {
                found.push(format!("{} asks {} for its faults", package.name, dependency.name));
            }
        }
    }
    found
}

#[test]
fn no_default_and_no_crate_has_the_faults() {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    none(&enabled(&metadata));
    let holders = metadata.workspace_packages().into_iter().filter(|p| p.features.contains_key("faults"));
    let names: BTreeSet<String> = holders.map(|package| package.name.to_string()).collect();
    assert_eq!(names, ["wasl", "wasl-adapters"].map(str::to_owned).into());
}

fn has_the_mark(program: &Path) -> bool {
    let missing =
        |why: std::io::Error| format!("{}: {why}: run `make build faulty` first", program.display());
    let bytes = std::fs::read(program).map_err(missing).unwrap();
    bytes.windows(MARK.len()).any(|part| part == MARK)
}

#[test]
fn the_program_knows_no_fault_and_the_one_for_tests_does() {
    let programs = Path::new(env!("CARGO_BIN_EXE_wasl-sandbox")).parent().unwrap();
    assert!(!has_the_mark(&programs.join("wasl")), "`wasl` was built with the feature `faults`");
    assert!(has_the_mark(&programs.join("wasl-faulty")));
}
