//! The settings of one agency: table `[adapter]` of its file in `agencies/`.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{ConfigError, Settings};

/// The files of `config/agencies/`, by their names without `.toml`.
const COMPILED_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/agencies.rs"));

/// The table `[adapter]`, and where it was read.
#[derive(Debug, Clone)]
pub struct AgencySettings {
    /// The file, for words to the operator.
    pub place: String,
    /// What the adapter reads.
    pub table: Table,
}

/// The table `[adapter]` of `<kind>.toml`: from `agencies.directory`, else from `gateway.config_dir`, else the
/// one compiled in. A file is whole by itself: keys that it leaves out have the adapter's own defaults.
///
/// # Errors
/// A file that cannot be read, is not TOML, or has anything beside the table `[adapter]`.
pub fn agency_settings(settings: &Settings, kind: &str) -> Result<AgencySettings, ConfigError> {
    let own = settings.agencies.directory.iter().cloned();
    let shared = settings.gateway.config_dir.iter().map(|dir| dir.join("agencies"));
    let found: Option<PathBuf> =
        own.chain(shared).map(|dir| dir.join(format!("{kind}.toml"))).find(|path| path.exists());
    if let Some(path) = found {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ConfigError::unreadable(&path, error.to_string()))?;
        let table = adapter_table(&path, &text)?;
        return Ok(AgencySettings { place: path.display().to_string(), table });
    }
    let place = format!("agencies/{kind}.toml as compiled in");
    let table = match COMPILED_IN.iter().find(|(name, _)| *name == kind) {
        Some((_, text)) => adapter_table(Path::new(&place), text)?,
        None => Table::new(),
    };
    Ok(AgencySettings { place, table })
}

fn adapter_table(path: &Path, text: &str) -> Result<Table, ConfigError> {
    let mut file: Table =
        text.parse().map_err(|error: toml::de::Error| ConfigError::unreadable(path, error.message()))?;
    let table = match file.remove("adapter") {
        Some(Value::Table(table)) => table,
        Some(_) => return Err(ConfigError::unreadable(path, "`adapter` must be a section")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_adapter_has_its_settings_compiled_in() {
        let settings = Settings::load_with(&[], []).unwrap();
        for kind in wasl_adapters::registry::kinds() {
            assert!(!agency_settings(&settings, kind).unwrap().table.is_empty(), "{kind}");
        }
    }

    #[test]
    fn anything_beside_the_section_is_refused() {
        let fault = adapter_table(Path::new("x.toml"), "[adaptor]\na = 1\n").unwrap_err().to_string();
        assert_eq!(fault, "x.toml: unknown key `adaptor`; the nearest known key is `adapter`");
    }
}
