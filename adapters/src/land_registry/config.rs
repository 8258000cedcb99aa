//! Settings of the land registry's adapter: the table `[adapter]` of `config/agencies/land-registry.toml`.

use super::identity::Member;
use crate::transport::http::HttpSettings;
use crate::transport::settings::SettingsReader;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// `endpoint`: address of the operation `TitleState`.
    pub(super) endpoint: String,
    /// `client_…`: who we are on the exchange; by default `MA/GOV/DGCT/wasl`.
    pub(super) client: Member,
    /// `service_…`: whom we ask; by default `MA/GOV/ANCFCC/registry`.
    pub(super) service: Member,
    /// `area_tolerance_permille`, default 20: of the registered area.
    pub(super) area_tolerance_permille: u64,
    /// HTTP client.
    pub(super) http: HttpSettings,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let config = Self {
            endpoint: reader.address("endpoint")?,
            client: Member {
                instance: reader.text_or("client_instance", "MA")?,
                class: reader.text_or("client_member_class", "GOV")?,
                code: reader.text_or("client_member_code", "DGCT")?,
                subsystem: reader.text_or("client_subsystem", "wasl")?,
            },
            service: Member {
                instance: reader.text_or("service_instance", "MA")?,
                class: reader.text_or("service_member_class", "GOV")?,
                code: reader.text_or("service_member_code", "ANCFCC")?,
                subsystem: reader.text_or("service_subsystem", "registry")?,
            },
            area_tolerance_permille: reader.number_or("area_tolerance_permille", 20, 0, 1000)?,
            http: HttpSettings::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(config)
    }
}
