//! The settings of one agency: table `[adapter]` of its file in `agencies/`.

use std::path::PathBuf;

use toml::{Table, Value};

use super::{ConfigError, Settings};

/// The table `[adapter]` of `<kind>.toml`: from `agencies.directory`, else from `gateway.config_dir`, else empty,
/// so that every key has its default.
///
/// # Errors
/// A file that cannot be read, is not TOML, or has anything beside the table `[adapter]`.
pub fn agency_settings(settings: &Settings, kind: &str) -> Result<Table, ConfigError> {
    let own = settings.agencies.directory.iter().cloned();
    let shared = settings.gateway.config_dir.iter().map(|dir| dir.join("agencies"));
    let found: Option<PathBuf> =
        own.chain(shared).map(|dir| dir.join(format!("{kind}.toml"))).find(|p| p.exists());
    let Some(path) = found else { return Ok(Table::new()) };
    let text =
        std::fs::read_to_string(&path).map_err(|error| ConfigError::unreadable(&path, error.to_string()))?;
    let mut file: Table =
        text.parse().map_err(|error: toml::de::Error| ConfigError::unreadable(&path, error.message()))?;
    let table = match file.remove("adapter") {
        Some(Value::Table(table)) => table,
        Some(_) => return Err(ConfigError::unreadable(&path, "`adapter` must be a section")),
        None => Table::new(),
    };
    match file.keys().next() {
        Some(key) => Err(ConfigError::UnknownKey {
            place: path.display().to_string(),
            key: key.clone(),
            nearest: Some("adapter".to_owned()),
        }),
        None => Ok(table),
    }
}
