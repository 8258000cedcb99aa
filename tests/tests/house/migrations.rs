//! Migrations: each has a number of its own, and a released one is never changed, so a change is a new file.

use crate::tree::Tree;
use crate::{exactly, none};

const FOLDER: &str = "gateway/server/migrations/";

fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before = String::new();
    for (path, _) in tree.files(FOLDER, "") {
        let name = path.trim_start_matches(FOLDER);
        let number = name.split('_').next().unwrap_or_default().to_owned();
        if number.len() != 4 || !number.bytes().all(|b| b.is_ascii_digit()) || !name.ends_with(".sql") {
            faults.push(format!("{path}: `NNNN_what_it_does.sql`"));
        } else if number == before {
            faults.push(format!("{path}: another migration has the number {number}"));
        }
        before = number;
    }
    faults
}

#[test]
fn every_migration_has_a_number_of_its_own() {
    none(&faults(Tree::repository()));
    let paths = ["0001_a.sql", "0002_b.sql", "0002_c.sql", "3_d.sql"].map(|name| format!("{FOLDER}{name}"));
    exactly(
        &faults(&Tree::of(&paths.each_ref().map(|path| (path.as_str(), "")))),
        &["0002_c.sql: another", "3_d.sql: `NNNN"],
    );
}
