//! The samples of messages that communes and provinces send, as the broker delivers them.

use std::path::PathBuf;

use serde_json::Value;
use wasl_schemas::command::CommandName;

/// A message.
#[derive(Clone)]
pub(crate) struct Sample {
    /// Name of its file, without the ending.
    pub(crate) stem: String,
    pub(crate) name: CommandName,
    pub(crate) body: String,
    pub(crate) data: Value,
    pub(crate) user: String,
    pub(crate) routing_key: String,
}

/// Every sample in structured mode that is a command, by name.
pub(crate) fn all() -> Vec<Sample> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/samples/valid");
    let mut files: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().filter_map(|file| read(file)).collect()
}

fn read(file: &std::path::Path) -> Option<Sample> {
    let body = std::fs::read_to_string(file).unwrap();
    let mut whole: Value = serde_json::from_str(&body).unwrap();
    let kind = whole["type"].as_str()?.strip_prefix("ma.wasl.")?.strip_suffix(".v1")?;
    let name = CommandName::from_short(kind)?;
    let source = whole["source"].as_str()?;
    let (user, route) = match source.strip_prefix("/communes/") {
        Some(code) => (format!("commune-{code}"), format!("commune.{code}")),
        None => {
            let code = source.strip_prefix("/provinces/")?;
            (format!("province-{code}"), format!("province.{code}"))
        }
    };
    Some(Sample {
        stem: file.file_stem()?.to_str()?.to_owned(),
        name,
        routing_key: format!("{route}.{}", name.as_str()),
        user,
        data: whole["data"].take(),
        body,
    })
}
