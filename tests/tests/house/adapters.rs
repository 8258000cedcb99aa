//! Every agency has the same shape, so that who knows one folder knows all.

use crate::tree::Tree;
use crate::{exactly, none};

/// What each folder in `adapters/src/` has.
const FILES: &[&str] = &["mod.rs", "config.rs", "wire.rs", "map.rs", "call.rs", "tests.rs", "README.md"];
/// Longest table of contents, in lines.
const MOD_LINES_MAX: usize = 60;
/// Folders that are no agency.
const SHARED: &[&str] = &["transport", "faults"];

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    let agencies = tree.folders("adapters/src/").into_iter().filter(|name| !SHARED.contains(name));
    for folder in agencies {
        let kind = folder.replace('_', "-");
        let at = |file: &str| format!("adapters/src/{folder}/{file}");
        let needed = FILES.iter().map(|file| at(file)).chain([
            format!("config/agencies/{kind}.toml"),
            format!("schemas/samples/agencies/{kind}"),
            format!("tests/src/sandbox/{folder}"),
        ]);
        faults.extend(needed.filter(|path| !tree.has(path)).map(|path| format!("{path} is missing")));
        if tree.text(&at("mod.rs")).is_some_and(|text| text.lines().count() > MOD_LINES_MAX) {
            faults
                .push(format!("{} is longer than {MOD_LINES_MAX} lines: a table of contents", at("mod.rs")));
        }
        let readme = tree.text(&at("README.md")).unwrap_or_default().to_lowercase().replace('\n', " ");
        if !(readme.contains("modelled on") && readme.contains("no public specification")) {
            faults.push(format!(
                "{}: say what it is modelled on, and that no public specification exists",
                at("README.md")
            ));
        }
        let registered =
            tree.text("adapters/src/registry.rs").is_some_and(|t| t.contains(&format!("kind: \"{kind}\"")));
        if !registered {
            faults.push(format!("{kind} has no line in adapters/src/registry.rs"));
        }
    }
    faults
}

#[test]
fn every_agency_has_the_same_files() {
    assert!(Tree::repository().folders("adapters/src/").len() >= 6);
    none(&faults(Tree::repository()));
}

#[test]
fn a_folder_that_is_not_whole_is_seen() {
    let whole = FILES
        .iter()
        .map(|file| (format!("adapters/src/post_office/{file}"), "modelled on x; no public specification"));
    let mut files: Vec<(String, &str)> = whole.collect();
    files.push(("config/agencies/post-office.toml".to_owned(), ""));
    files.push(("schemas/samples/agencies/post-office/a.xml".to_owned(), ""));
    files.push(("adapters/src/transport/http.rs".to_owned(), ""));
    let planted: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    exactly(&faults(&Tree::of(&planted)), &["sandbox/post_office is missing", "post-office has no line"]);
}
