//! Settings of the urban agency's adapter: the table `[adapter]` of `config/agencies/urban-agency.toml`.

use crate::transport::document_links::DocumentLinks;
use crate::transport::http::HttpSettings;
use crate::transport::oauth2::Credentials;
use crate::transport::settings::SettingsReader;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// Base address with the API's major version, e.g. `https://api.example/v1`.
    pub(super) base_url: String,
    /// Our id at the agency: header `Id-Acteur-Appelant` and field `idActeurEmetteur`.
    pub(super) caller_id: String,
    /// Token address and who we are there.
    pub(super) credentials: Credentials,
    /// Where the agency fetches documents; absent: no links are sent.
    pub(super) documents: Option<DocumentLinks>,
    /// Notifications asked for in one reading, 1 to 100.
    pub(super) page_items_max: u64,
    /// A nomenclature is read again after this time.
    pub(super) nomenclature_keep_ms: u64,
    /// One that could not be read is asked for again after this time.
    pub(super) nomenclature_retry_ms: u64,
    /// HTTP client.
    pub(super) http: HttpSettings,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let credentials = Credentials {
            token_url: reader.address("token_url")?,
            client_id: reader.text("client_id")?,
            client_secret: reader.secret_file("client_secret_file")?,
            scope: reader.text_or("scope", "consultations")?,
            renew_early_ms: reader.number_or("token_renew_early_ms", 60_000, 0, 3_600_000)?,
        };
        let base_url = reader.address("base_url")?;
        let caller_id = reader.text("caller_id")?;
        let documents = DocumentLinks::read(&mut reader)?;
        let page_items_max = reader.number_or("page_items_max", 50, 1, 100)?;
        let nomenclature_keep_ms = reader.number_or("nomenclature_keep_ms", 3_600_000, 1000, 604_800_000)?;
        let nomenclature_retry_ms = reader.number_or("nomenclature_retry_ms", 60_000, 100, 3_600_000)?;
        let http = HttpSettings::read(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            base_url,
            caller_id,
            credentials,
            documents,
            page_items_max,
            nomenclature_keep_ms,
            nomenclature_retry_ms,
            http,
        })
    }
}
