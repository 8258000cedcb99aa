//! A wrong configuration: the program refuses to start, with one sentence that names the key and the nearest one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::servers::{root, wasl};

/// A folder of its own for the settings of one case.
fn folder(name: &str) -> PathBuf {
    let folder = root().join("target/test/wrong-settings").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Starts a role with a settings file and expects its one sentence.
async fn refused(name: &str, role: &str, settings: &str) -> String {
    let file = folder(name).join("wasl.toml");
    std::fs::write(&file, settings).unwrap();
    refused_with(name, role, &file, &[]).await
}

async fn refused_with(name: &str, role: &str, file: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = tokio::process::Command::new(wasl());
    command.args(["serve", "--role", role, "--config"]).arg(file).current_dir(root()).kill_on_drop(true);
    command.envs(variables.iter().copied());
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{name}: it starts all the same")).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{name}: {:?} {said}", output.status);
    let sentences: Vec<&str> = said.lines().filter(|line| line.starts_with("wasl: ")).collect();
    assert_eq!(sentences.len(), 1, "{name}: {said}");
    sentences[0].to_owned()
}

fn names(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "`{word}` is not in: {sentence}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let said = refused("key", "core", "[broker]\nprefech_count = 5\n").await;
    names(&said, &["wasl.toml", "`broker.prefech_count`", "`broker.prefetch_count`"]);
    let said = refused("section", "api", "[borker]\nurl = \"amqp://localhost\"\n").await;
    names(&said, &["`borker`", "`broker`"]);
    let file = folder("variable").join("wasl.toml");
    std::fs::write(&file, "").unwrap();
    let said = refused_with("variable", "core", &file, &[("WASL__FLOW__RETRY_FACTR", "2")]).await;
    names(&said, &["WASL__FLOW__RETRY_FACTR", "`flow.retry_factor`"]);
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused() {
    let said = refused("type", "core", "[broker]\nprefetch_count = \"many\"\n").await;
    names(&said, &["`broker.prefetch_count`", "a whole number"]);
    let said = refused("address", "core", "[database]\nurl = \"mysql://localhost/wasl\"\n").await;
    names(&said, &["database.url", "postgres://"]);
    let said = refused("zero", "core", "[flow]\ntimer_tick_ms = 0\n").await;
    names(&said, &["flow.timer_tick_ms"]);
    let said = refused("agency", "core", "[agencies]\nenabled = [\"urban-agency\", \"onne\"]\n").await;
    names(&said, &["agencies.enabled", "`onne`", "`onee`"]);
}

/// A copy of the configuration with one thing changed in `procedures.toml`.
async fn refused_rules(name: &str, from: &str, to: &str) -> String {
    let folder = folder(name);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(root().join("config"))
        .arg(folder.join("config"))
        .status();
    assert!(copied.unwrap().success());
    let rules = folder.join("config/procedures.toml");
    let text = std::fs::read_to_string(&rules).unwrap();
    assert!(text.contains(from), "{name}: `{from}` is not in procedures.toml");
    std::fs::write(&rules, text.replacen(from, to, 1)).unwrap();
    let file = folder.join("wasl.toml");
    let config_dir = folder.join("config");
    std::fs::write(&file, format!("[gateway]\nconfig_dir = \"{}\"\n", config_dir.display())).unwrap();
    refused_with(name, "core", &file, &[]).await
}

#[tokio::test]
async fn rules_that_cannot_hold_are_refused_by_their_name() {
    let said = refused_rules("steps", "\"commission\", limit = 15", "\"commission\", limit = 16").await;
    names(&said, &["procedures.toml", "`building-large-2023`", "steps", "31", "30"]);
    let said = refused_rules("reviewer", "agency = \"onee\"", "agency = \"onne\"").await;
    names(&said, &["procedures.toml", "`onne`", "`onee`"]);
    let said = refused_rules("rule-key", "silence_is_approval =", "silence_is_aproval =").await;
    names(&said, &["procedures.toml", "`silence_is_aproval`", "`silence_is_approval`"]);
    let said = refused_rules("gap", "valid_to = 2023-07-13", "valid_to = 2023-07-10").await;
    names(&said, &["procedures.toml", "2023-07-10", "2023-07-13"]);
}

#[tokio::test]
async fn an_adapter_with_wrong_settings_does_not_start() {
    let folder = folder("adapter");
    std::fs::write(folder.join("onee.toml"), "[adapter]\nendpont = \"http://127.0.0.1:1/\"\n").unwrap();
    let file = folder.join("wasl.toml");
    std::fs::write(&file, format!("[agencies]\ndirectory = \"{}\"\n", folder.display())).unwrap();
    let said = refused_with("adapter", "adapter:onee", &file, &[]).await;
    names(&said, &[folder.join("onee.toml").to_str().unwrap(), "`endpont`", "`endpoint`"]);
}
