//! Counts of instructions: the comparison with those that are kept names every kind of difference, and what is kept
//! can be read and names what it was made with. The counting itself is `make bench-instructions`.

#[path = "../../../gateway/core/benches/instructions/compare.rs"]
mod compare;

use compare::{Counts, Kept, MOVE_PERCENT_MAX, Tools, findings};

use crate::tree::Tree;
use crate::{exactly, none};

/// Where counts are kept, and what must be counted there.
const KEPT: &[(&str, &[&str])] = &[
    ("gateway/core/benches/instructions/counts.toml", &["check.", "decide.", "deadline."]),
    (
        "adapters/benches/instructions/counts.toml",
        &["urban-agency.", "onee.", "water-basin.", "land-registry.", "barid-bank."],
    ),
];

fn faults(tree: &Tree) -> Vec<String> {
    KEPT.iter().flat_map(|(path, groups)| of_file(tree, path, groups)).collect()
}

fn of_file(tree: &Tree, path: &str, groups: &[&str]) -> Vec<String> {
    let again = "write it anew (make bench-instructions WASL_UPDATE=1)";
    let kept = match toml::from_str::<Kept>(tree.text(path).unwrap_or_default()) {
        Ok(kept) => kept,
        Err(why) => return vec![format!("{path}: {}: {again}", why.message())],
    };
    let Tools { rustc, valgrind, processor } = &kept.made_with;
    let nameless = [rustc, valgrind, processor].iter().any(|tool| tool.is_empty());
    let missing =
        groups.iter().filter(|group| !kept.instructions.keys().any(|name| name.starts_with(**group)));
    let mut faults: Vec<String> =
        missing.map(|group| format!("{path}: nothing of `{group}` is counted: {again}")).collect();
    if nameless {
        faults.push(format!("{path}: says not with what it was made: {again}"));
    }
    faults
}

#[test]
fn counts_are_kept_with_what_they_were_made_with() {
    none(&faults(Tree::repository()));
    let made = |rustc: &str| {
        let tools = format!("[made_with]\nrustc = \"{rustc}\"\nvalgrind = \"v\"\nprocessor = \"p\"\n");
        format!("{tools}[instructions]\n\"check.a\" = 1\n\"decide.b\" = 2\n")
    };
    let planted = Tree::of(&[(KEPT[0].0, &made("")), (KEPT[1].0, "[instructions]\n")]);
    exactly(
        &faults(&planted),
        &["nothing of `deadline.`", "says not with what", "missing field `made_with`"],
    );
}

fn counts(pairs: &[(&str, u64)]) -> Counts {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn said(kept: &[(&str, u64)], now: &[(&str, u64)]) -> Vec<String> {
    findings(&counts(kept), &counts(now)).iter().map(ToString::to_string).collect()
}

#[test]
fn what_moves_within_the_noise_is_no_finding() {
    let kept = [("a", 1000), ("b", 1000), ("c", 1000)];
    none(&said(&kept, &[("a", 1000), ("b", 1050), ("c", 950)]));
    const { assert!(MOVE_PERCENT_MAX <= 5.0, "a rise of more than 5 % must be explained") };
}

#[test]
fn every_difference_is_named_with_both_counts_and_with_what_to_do() {
    let found = said(
        &[("dearer", 1000), ("cheaper", 1000), ("gone", 7), ("same", 5)],
        &[("dearer", 1051), ("cheaper", 900), ("new", 8), ("same", 5)],
    );
    exactly(
        &found,
        &[
            "cheaper has fallen by 10.0 %, from 1000 to 900: write the better one down",
            "dearer has risen by 5.1 %, from 1000 to 1051: mend it, or keep it (WASL_UPDATE=1) and explain in the commit",
            "new is new, with 8",
            "gone is kept with 7 and nothing counts it",
        ],
    );
}

#[test]
fn other_tools_are_named() {
    let kept = Tools { rustc: "1".to_owned(), valgrind: "3".to_owned(), processor: "x".to_owned() };
    none(&kept.differences(&kept));
    let other = Tools { rustc: "2".to_owned(), ..kept.clone() };
    exactly(&kept.differences(&other), &["rustc: kept with `1`, counted with `2`"]);
}
