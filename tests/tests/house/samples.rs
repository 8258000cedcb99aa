//! Samples of the agencies' messages, schemas and XSDs: each is read by something. (Those of the communes' messages
//! are held by wasl-schemas, which reads all of them.)

use crate::tree::Tree;
use crate::{exactly, none};

fn faults(tree: &Tree) -> Vec<String> {
    let rust = ["adapters/src/", "tests/src/", "tests/tests/", "schemas/src/", "schemas/tests/"];
    let sources: String = rust
        .iter()
        .flat_map(|under| tree.files(under, ".rs"))
        // A schema may be imported by another.
        .chain(tree.files("schemas/xsd/", ".xsd"))
        .map(|(_, text)| text)
        .collect();
    let held = ["schemas/samples/agencies/", "schemas/xsd/", "schemas/json/"];
    let files = held.iter().flat_map(|under| tree.files(under, ""));
    files
        .filter_map(|(path, _)| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            // Names that carry a reference are built from their beginning and end.
            let parts: Vec<&str> = stem.split("_0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f_").collect();
            (!parts.iter().all(|part| sources.contains(part)))
                .then(|| format!("{path} is read by no test and no program: use it or remove it"))
        })
        .collect()
}

#[test]
fn every_sample_is_used() {
    none(&faults(Tree::repository()));
    let planted = Tree::of(&[
        ("schemas/samples/agencies/onee/lonely.xml", ""),
        ("schemas/samples/agencies/onee/known.xml", ""),
        ("adapters/src/onee/tests.rs", "sample(\"onee/known.xml\")"),
    ]);
    exactly(&faults(&planted), &["onee/lonely.xml"]);
}
