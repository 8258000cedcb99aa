//! Settings of the bank's adapter: the table `[adapter]` of `config/agencies/barid-bank.toml`.

use super::camt::Reading;
use crate::transport::hash_v3::Quirks;
use crate::transport::http::HttpSettings;
use crate::transport::settings::{Secret, SettingsReader};

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// Base address; `/iso/…` and `/fim/api` stand below it.
    pub(super) base_url: String,
    /// API user: HTTP Basic on `/iso/…`, `Name` in CC5.
    pub(super) api_user: String,
    /// API password.
    pub(super) api_password: Secret,
    /// Merchant number: `InitgPty`, `ClientId`, `clientid`.
    pub(super) merchant_id: String,
    /// Name in `InitgPty`.
    pub(super) merchant_name: String,
    /// Store key of the HASH.
    pub(super) store_key: Secret,
    /// BIC of the bank: creditor's agent, and the payer's while theirs is not known.
    pub(super) bank_bic: String,
    /// How the card scheme's HASH differs from version 3, where it does.
    pub(super) quirks: Quirks,
    /// How references are read in statements.
    pub(super) reading: Reading,
    /// Documents of a feed that are read at a time.
    pub(super) feed_documents_max: u64,
    /// HTTP client.
    pub(super) http: HttpSettings,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let config = Self {
            base_url: reader.address("base_url")?,
            api_user: reader.text("api_user")?,
            api_password: reader.secret_file("api_password_file")?,
            merchant_id: reader.text("merchant_id")?,
            merchant_name: reader.text_or("merchant_name", "wasl")?,
            store_key: reader.secret_file("store_key_file")?,
            bank_bic: reader.text_or("bank_bic", "ABBMMAMC")?,
            quirks: Quirks::read(&reader.text_or("hash_quirks", "")?)?,
            reading: Reading { order_prefix: reader.text_or("order_prefix", "")? },
            feed_documents_max: reader.number_or("feed_documents_max", 20, 1, 200)?,
            http: HttpSettings::read(&mut reader)?,
        };
        reader.finish()?;
        let bic = config.bank_bic.as_bytes();
        if !matches!(bic.len(), 8 | 11) || !bic.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err("`bank_bic` must be a BIC: 8 or 11 capital letters and digits (ISO 9362)".to_owned());
        }
        if config.api_user.contains(':') {
            return Err("`api_user` cannot hold a colon (RFC 7617)".to_owned());
        }
        Ok(config)
    }
}
