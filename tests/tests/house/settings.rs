//! `config/wasl.toml` is the handbook of the settings: each key has a comment above it, or belongs to the few keys
//! under one comment. Numbers say their unit.

use crate::tree::Tree;
use crate::{exactly, none};

/// Keys that may share one comment.
const GROUP_MAX: usize = 4;
/// How a number's name ends.
const UNITS: &[&str] = &["_ms", "_s", "_max", "_count", "_factor", "_days", "_bytes", "_percent"];

fn faults(toml: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut commented, mut group) = (false, 0);
    for (number, line) in toml.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') {
            (commented, group) = (true, 0);
        } else if line.is_empty() || line.starts_with('[') {
            (commented, group) = (false, 0);
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            group += 1;
            if !commented || group > GROUP_MAX {
                faults.push(format!("config/wasl.toml:{}: `{key}` has no comment of its own", number + 1));
            }
            let is_number = value.starts_with(|c: char| c.is_ascii_digit());
            if is_number && !UNITS.iter().any(|unit| key.ends_with(unit)) {
                faults.push(format!("config/wasl.toml:{}: `{key}` does not say its unit", number + 1));
            }
        }
    }
    faults
}

#[test]
fn every_setting_is_explained_and_says_its_unit() {
    none(&faults(Tree::repository().text("config/wasl.toml").unwrap()));
    let planted = "[a]\nbare = \"x\"\n# Known.\nwait_ms = 1\nwait = 2\n\n# Lost.\n\nlate_s = 3";
    exactly(&faults(planted), &["2: `bare` has no", "5: `wait` does not say", "9: `late_s` has no"]);
}
