//! What a person sees who mistypes a key.

use std::path::PathBuf;

use super::{ConfigError, Settings};

struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wasl-config-{}.toml", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn load(text: &str) -> Result<Settings, ConfigError> {
    let file = File::new(text);
    Settings::load_with(std::slice::from_ref(&file.0), [])
}

fn fault(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

fn load_env(name: &str, value: &str) -> Result<Settings, ConfigError> {
    Settings::load_with(&[], [(name.to_owned(), value.to_owned())])
}

#[test]
fn the_defaults_are_exactly_the_keys_of_the_sections() {
    // Every struct denies unknown fields and requires all of them, so either side missing one fails here.
    let settings = Settings::load_with(&[], []).unwrap();
    assert_eq!(settings.gateway.config_dir, None);
    assert!(settings.clock.legal().unwrap().is_real());
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_the_nearest_known_one() {
    let file = File::new("[broker]\nprefech_count = 5\n");
    let sentence = Settings::load_with(std::slice::from_ref(&file.0), []).unwrap_err().to_string();
    assert_eq!(
        sentence,
        format!(
            "{}: unknown key `broker.prefech_count`; the nearest known key is `broker.prefetch_count`",
            file.0.display()
        )
    );
    assert!(
        fault("[brokr]\nurl = \"x\"\n").ends_with("unknown key `brokr`; the nearest known key is `broker`")
    );
    assert!(fault("[http]\nprefetch_count = 1\n").contains("`broker.prefetch_count`"));
    assert!(fault("[log]\nzzzz = 1\n").ends_with("unknown key `log.zzzz`"));
}

#[test]
fn a_wrong_type_is_named_with_its_key() {
    assert!(
        fault("[broker]\nheartbeat_s = \"20\"\n")
            .ends_with("`broker.heartbeat_s` must be a whole number, not a text")
    );
    assert!(fault("broker = 5\n").ends_with("`broker` must be a section, not a whole number"));
    assert!(fault("[broker]\nheartbeat_s = -1\n").contains("heartbeat_s"));
    assert!(fault("[log]\nformat = \"xml\"\n").contains("xml"));
    assert!(fault("[log\n").contains("line 1 is not TOML"));
}

#[test]
fn the_environment_wins_over_files_and_the_later_file_over_the_earlier() {
    let first = File::new("[broker]\nheartbeat_s = 30\nbatch_linger_ms = 1\n");
    let second = File::new("[broker]\nheartbeat_s = 40\n");
    let files = [first.0.clone(), second.0.clone()];
    let settings = Settings::load_with(&files, []).unwrap();
    assert_eq!((settings.broker.heartbeat_s, settings.broker.batch_linger_ms), (40, 1));
    let env = [("WASL__BROKER__HEARTBEAT_S".to_owned(), "50".to_owned())];
    assert_eq!(Settings::load_with(&files, env).unwrap().broker.heartbeat_s, 50);
}

#[test]
fn variables_are_checked_like_keys_of_files() {
    let unknown = load_env("WASL__BROKER__HARTBEAT_S", "5").unwrap_err().to_string();
    assert_eq!(
        unknown,
        "environment variable WASL__BROKER__HARTBEAT_S: unknown key `broker.hartbeat_s`; \
         the nearest known key is `broker.heartbeat_s`"
    );
    let wrong = load_env("WASL__BROKER__HEARTBEAT_S", "soon").unwrap_err().to_string();
    assert!(wrong.ends_with("`broker.heartbeat_s` must be a whole number, not this text"), "{wrong}");
    let list = load_env("WASL__AGENCIES__ENABLED", r#"["onee"]"#).unwrap();
    assert_eq!(list.agencies.enabled, ["onee"]);
    assert!(load_env("WASL__BROKER", "x").is_err());
    assert!(load_env("WASL__BROKER__URL__X", "x").is_err());
}

#[test]
fn values_out_of_range_are_refused_without_repeating_an_address() {
    assert!(
        fault("[broker]\nconfirm_window_count = 0\n")
            .starts_with("broker.confirm_window_count: must be at least 1")
    );
    let sentence = fault("[broker]\nurl = \"htp://u:hunter2@h\"\n");
    assert!(sentence.starts_with("broker.url: must be an address that begins with amqp://"), "{sentence}");
    assert!(!sentence.contains("hunter2"));
    assert!(fault("[broker]\nprefetch_count = 10\n").contains("broker.batch_messages_max"));
    let back = "[[clock.segments]]\nwall_ms = 0\nlegal = \"2026-11-02T00:00:00Z\"\nspeed = -1.0\n";
    assert!(fault(back).starts_with("clock.segments: segment 0"));
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let shown = super::show::hide_password("amqp://wasl:hunter2@127.0.0.1:5672/%2f");
    assert_eq!(shown, "amqp://wasl:***@127.0.0.1:5672/%2f");
    assert_eq!(super::show::hide_password("var/documents"), "var/documents");
}
