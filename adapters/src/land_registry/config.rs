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
    /// `parcel_endpoint`: address of the cadastre's WFS; absent: drawings are not asked for.
    pub(super) parcel_endpoint: Option<String>,
    /// `parcel_identity`, default true: its answers repeat our identity headers and carry the hash of the query.
    pub(super) parcel_identity: bool,
    /// `parcels_drawn_max`, default 20: of one file, from the first.
    pub(super) parcels_drawn_max: usize,
    /// `parcel_attempts_max`, default 3: so often an opinion waits for a cadastre that cannot be asked.
    pub(super) parcel_attempts_max: u32,
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
            parcel_endpoint: reader.address_opt("parcel_endpoint")?,
            parcel_identity: reader.flag_or("parcel_identity", true)?,
            parcels_drawn_max: usize::try_from(reader.number_or("parcels_drawn_max", 20, 1, 100)?)
                .unwrap_or(100),
            parcel_attempts_max: u32::try_from(reader.number_or("parcel_attempts_max", 3, 1, 100)?)
                .unwrap_or(100),
            area_tolerance_permille: reader.number_or("area_tolerance_permille", 20, 0, 1000)?,
            http: HttpSettings::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(config)
    }
}
