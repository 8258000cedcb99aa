//! Settings of ONEE's adapter: the table `[adapter]` of `config/agencies/onee.toml`.

use std::sync::Arc;

use wasl_schemas::line::{CertificateNote, CertificateUse};

use crate::transport::certificates::in_pem;
use crate::transport::document_links::DocumentLinks;
use crate::transport::http::HttpSettings;
use crate::transport::settings::{SettingsReader, read_text};
use crate::transport::soap::Version;
use crate::transport::wsse::Credentials;
use crate::transport::xmldsig::{SigningKey, Trust};

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
    /// `signing_identity_file`: certificate and key with which we sign. Absent: nothing is signed.
    pub(super) signing: Option<Arc<SigningKey>>,
    /// `callback_certificates_file`, or `callback_authorities_file` with `callback_certificate_name`: whose signature
    /// an event must bear. Absent: none is asked for.
    pub(super) trust: Option<Trust>,
    /// `replies_signed`, default `false`: replies bear a signature too, ONEE's and ours.
    pub(super) replies_signed: bool,
    /// Certificates of signatures, ours and theirs, whose ends are watched.
    pub(super) certificates: Vec<CertificateNote>,
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
        let mut certificates = Vec::new();
        let config = Self {
            endpoint: reader.address("endpoint")?,
            version,
            source: reader.text_or("source", "wasl")?,
            ours: credentials(table, &mut reader, "username", "password_file")?,
            theirs: credentials(table, &mut reader, "callback_username", "callback_password_file")?,
            signing: signing(&mut reader, &mut certificates)?,
            trust: trust(&mut reader, &mut certificates)?,
            replies_signed: reader.flag_or("replies_signed", false)?,
            certificates,
            documents: DocumentLinks::read(&mut reader)?,
            http: HttpSettings::read(&mut reader)?,
        };
        reader.finish()?;
        if config.replies_signed && (config.signing.is_none() || config.trust.is_none()) {
            return Err("`replies_signed` needs `signing_identity_file` and whose signature is believed \
                        (`callback_certificates_file`)"
                .to_owned());
        }
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

fn signing(
    reader: &mut SettingsReader<'_>,
    seen: &mut Vec<CertificateNote>,
) -> Result<Option<Arc<SigningKey>>, String> {
    let key = "signing_identity_file";
    let Some(path) = reader.path_opt(key)? else { return Ok(None) };
    let pem = read_text(key, &path)?;
    let signing =
        SigningKey::from_pem(pem.as_bytes()).map_err(|why| format!("`{key}`: {}: {why}", path.display()))?;
    seen.extend(in_pem(CertificateUse::Client, pem.as_bytes()));
    Ok(Some(Arc::new(signing)))
}

fn trust(reader: &mut SettingsReader<'_>, seen: &mut Vec<CertificateNote>) -> Result<Option<Trust>, String> {
    let (pinned, issued) = ("callback_certificates_file", "callback_authorities_file");
    let name_key = "callback_certificate_name";
    let paths = (reader.path_opt(pinned)?, reader.path_opt(issued)?);
    let name = reader.text_opt(name_key)?;
    let (key, path, name) = match (paths, name) {
        ((None, None), None) => return Ok(None),
        ((Some(path), None), None) => (pinned, path, None),
        ((None, Some(path)), Some(name)) => (issued, path, Some(name)),
        ((Some(_), Some(_)), _) => return Err(format!("`{pinned}` and `{issued}`: give one of them")),
        _ => return Err(format!("`{issued}` and `{name_key}` go together, without `{pinned}`")),
    };
    let pem = read_text(key, &path)?;
    let read = match &name {
        Some(name) => Trust::issued(pem.as_bytes(), name),
        None => Trust::pinned(pem.as_bytes()),
    };
    let purpose = if name.is_some() { CertificateUse::Root } else { CertificateUse::Signer };
    seen.extend(in_pem(purpose, pem.as_bytes()));
    read.map(Some).map_err(|why| format!("`{key}`: {}: {why}", path.display()))
}
