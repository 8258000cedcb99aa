//! Fault codes: each has a page (wasl-schemas keeps that), and each page's code is said by something.

use crate::source::{Blank, blank, is_test};
use crate::tree::Tree;
use crate::{exactly, none};

const CATALOGUE: &str = "schemas/src/problem/code.rs";

fn faults(tree: &Tree) -> Vec<String> {
    let catalogue = tree.text(CATALOGUE).unwrap_or_default();
    let sources: String = ["schemas/src/", "gateway/", "adapters/src/"]
        .iter()
        .flat_map(|under| tree.files(under, ".rs"))
        .filter(|(path, _)| *path != CATALOGUE && !is_test(path))
        .map(|(_, text)| blank(text, Blank::Comments))
        .collect();
    let line = |line: &str| {
        let (variant, text) = line.trim().strip_suffix(',')?.split_once(" => ")?;
        let code = text.strip_prefix('"')?.strip_suffix('"')?;
        let name = format!("Code::{variant}");
        let ends = |at: usize| !sources[at..].starts_with(|c: char| c.is_alphanumeric());
        let said = sources.match_indices(&name).any(|(at, _)| ends(at + name.len()))
            || sources.contains(&format!("\"{code}\""));
        (!said).then(|| format!("{code} has a page, but nothing says it: use it or remove both"))
    };
    let list = catalogue.split("catalogue! {").nth(1).unwrap_or_default();
    list.lines().take_while(|line| !line.starts_with('}')).filter_map(line).collect()
}

#[test]
fn every_fault_code_is_said_by_something() {
    none(&faults(Tree::repository()));
    let planted = Tree::of(&[
        (CATALOGUE, "catalogue! {\n    A => \"a.one\",\n    B => \"b.two\",\n    C => \"c.three\",\n}\n"),
        ("gateway/server/src/x.rs", "Fault::new(Code::A, \"\"), Code::Bee // Code::B"),
        ("adapters/src/y.rs", "alarm: \"c.three\""),
    ]);
    exactly(&faults(&planted), &["b.two has a page"]);
}
