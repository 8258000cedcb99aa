//! Settings of ONEE's adapter: the table `[adapter]` of `config/agencies/onee.toml`.

use crate::transport::document_links::DocumentLinks;
use crate::transport::http::HttpSettings;
use crate::transport::settings::SettingsReader;
use crate::transport::soap::Version;
use crate::transport::wsse::Credentials;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// `endpoint`: the one address for every verb.
    pub(super) endpoint: String,
    /// `soap_version`, default `1.2`; or `1.1`.
    pub(super) version: Version,
    /// `source`, default `wasl`: our name in `Header/Source`.
    pub(super) source: String,
    /// `username` and `password_file`: who we are at ONEE. Absent: no security header is sent.
    pub(super) ours: Option<Credentials>,
    /// `callback_username` and `callback_password_file`: who ONEE is here. Absent: events are refused.
    pub(super) theirs: Option<Credentials>,
    /// `documents_…`: where the agency fetches documents; absent: no links are sent.
    pub(super) documents: Option<DocumentLinks>,
    /// HTTP client.
    pub(super) http: HttpSettings,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let version = match reader.text_or("soap_version", "1.2")?.as_str() {
            "1.2" => Version::V12,
            "1.1" => Version::V11,
            _ => return Err("`soap_version` must be `1.2` or `1.1`".to_owned()),
        };
        let config = Self {
            endpoint: reader.address("endpoint")?,
            version,
            source: reader.text_or("source", "wasl")?,
            ours: credentials(table, &mut reader, "username", "password_file")?,
            theirs: credentials(table, &mut reader, "callback_username", "callback_password_file")?,
            documents: DocumentLinks::read(&mut reader)?,
            http: HttpSettings::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(config)
    }
}

/// A user with its password, or neither.
fn credentials(
    table: &toml::Table,
    reader: &mut SettingsReader<'_>,
    user_key: &'static str,
    password_key: &'static str,
) -> Result<Option<Credentials>, String> {
    if !table.contains_key(user_key) && !table.contains_key(password_key) {
        // Asked for all the same, so that both keys are known when another one is misspelt.
        reader.text_opt(user_key)?;
        reader.text_opt(password_key)?;
        return Ok(None);
    }
    let (username, password) = (reader.text(user_key)?, reader.secret_file(password_key)?);
    Ok(Some(Credentials { username, password }))
}
