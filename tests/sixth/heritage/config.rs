//! Settings: the table `[adapter]` of `config/agencies/heritage.toml`.

use crate::transport::http::HttpSettings;
use crate::transport::settings::SettingsReader;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// Where it is asked.
    pub(super) endpoint: String,
    /// HTTP client.
    pub(super) http: HttpSettings,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let config = Self { endpoint: reader.address("endpoint")?, http: HttpSettings::read(&mut reader)? };
        reader.finish()?;
        Ok(config)
    }
}
