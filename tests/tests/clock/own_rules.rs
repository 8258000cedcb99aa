//! A gateway on the real clock with rules of its own, and a day off to put into its calendar.

use std::path::PathBuf;

use toml::Value as Toml;

use crate::support::{Gateway, Options};

/// Tuesday 10 November is off.
const DAY_OFF: &str = r#"
[[exceptional]]
date = 2026-11-10
name = { fr = "Congé", ar = "عطلة", en = "Day off" }
source = "a decision of this test"
"#;

/// A legal day as long as a real one: no limit passes while the test runs.
pub(crate) fn real_days() -> Options {
    Options { legal_day_ms: 86_400_000, ..Options::default() }
}

/// A gateway of which these roles take their rules from a folder of its own.
pub(crate) async fn gateway(name: &str, following: &[&str]) -> (Gateway, PathBuf) {
    let mut gateway = Gateway::lay(name, real_days()).await;
    let rules = gateway.layout.dir.join("rules");
    std::fs::create_dir_all(rules.join("calendar")).unwrap();
    let folder = rules.canonicalize().unwrap().to_string_lossy().into_owned();
    for role in following {
        gateway.set(role, "gateway.config_dir", Toml::String(folder.clone()));
    }
    gateway.go().await;
    (gateway, rules)
}

/// The file of a calendar with the day off, which no role has been given yet.
pub(crate) fn day_off(gateway: &Gateway) -> PathBuf {
    let file = gateway.layout.dir.canonicalize().unwrap().join("exceptional.toml");
    std::fs::write(&file, DAY_OFF).unwrap();
    file
}
