//! Only `time.rs` does arithmetic on dates: elsewhere a day could be counted without the calendar.

use std::fs;
use std::path::{Path, PathBuf};

/// Ways in which jiff adds, subtracts and steps through dates.
const FORBIDDEN: [&str; 6] =
    [".tomorrow()", ".yesterday()", "ToSpan", "jiff::Span", "Span::new()", "DateDifference"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The lines before the file's own test module.
fn offences(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().filter(|line| FORBIDDEN.iter().any(|way| line.contains(way))).collect()
}

#[test]
fn no_other_module_counts_days() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let (time, others): (Vec<_>, Vec<_>) = files.iter().partition(|path| path.ends_with("src/time.rs"));
    assert!(others.len() > 30, "the sources were not found");
    // The words are those that the one module uses itself.
    assert!(time.iter().all(|path| !offences(&fs::read_to_string(path).unwrap()).is_empty()));
    for path in others {
        let text = fs::read_to_string(path).unwrap();
        assert!(offences(&text).is_empty(), "{}: {:?}", path.display(), offences(&text));
    }
}
