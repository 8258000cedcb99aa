//! The adapters as they are shipped, with links to documents, and with the secrets that the samples were made with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::{Table, Value};
use wasl_adapters::port::Adapter;
use wasl_adapters::registry;

/// Of the samples' security header (`adapters/src/onee/README.md`).
const ONEE_PASSWORD: &str = "exemple";
/// Of the worked example of the HASH (`adapters/src/barid_bank/README.md`).
pub(crate) const STORE_KEY: &str = "TEST|store\\key-2026";

/// The adapter of a kind; its addresses lead nowhere.
pub(crate) fn built(kind: &str) -> Arc<dyn Adapter> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../config/agencies/{kind}.toml"));
    let mut table: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let Some(Value::Table(mut keys)) = table.remove("adapter") else { panic!("{kind}: [adapter]") };
    // Where documents are announced with a link, the link is the dearest part of the announcement.
    if matches!(kind, "urban-agency" | "onee" | "water-basin") {
        keys.insert("documents_url".to_owned(), "https://wasl.example.ma/documents".into());
        keys.insert("documents_link_secret_file".to_owned(), "".into());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("secrets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (key, value) in keys.iter_mut().filter(|(key, _)| key.ends_with("_file")) {
        let file = folder.join(key);
        std::fs::write(&file, secret(key)).unwrap();
        *value = Value::String(file.display().to_string());
    }
    let built = registry::build(kind, "the benchmark", &keys).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    built
}

fn secret(key: &str) -> &'static str {
    match key {
        "callback_password_file" => ONEE_PASSWORD,
        "store_key_file" => STORE_KEY,
        _ => "good for nothing, but long enough to be taken",
    }
}
