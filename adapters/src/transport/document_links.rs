//! Links by which an agency fetches a file's documents: signed, and good for a limited time.
//!
//! The gateway's document store checks them: HMAC-SHA256, in lower-case hexadecimal, over
//! `GET /documents/<sha256>`, a line feed and the end in seconds since 1970 (wall clock).

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use wasl_schemas::id::Sha256Hex;

use super::http::hex;
use super::settings::{Secret, SettingsReader};

/// Shortest secret that the document store takes, in bytes.
const SECRET_BYTES_MIN: usize = 32;

/// Makes links.
#[derive(Debug, Clone)]
pub struct DocumentLinks {
    base_url: String,
    secret: Secret,
    ttl_s: i64,
}

impl DocumentLinks {
    /// Links below `base_url` (with `/documents`, no slash at the end), good for `ttl_s` seconds.
    #[must_use]
    pub const fn new(base_url: String, secret: Secret, ttl_s: i64) -> Self {
        Self { base_url, secret, ttl_s }
    }

    /// Takes `documents_url`, `documents_link_secret_file` and `documents_link_ttl_s` (default 7 days). Without
    /// an address documents are announced without links.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn read(reader: &mut SettingsReader<'_>) -> Result<Option<Self>, String> {
        const SECRET_FILE: &str = "documents_link_secret_file";
        let base_url = reader.address_opt("documents_url")?;
        let ttl_s = reader.number_or("documents_link_ttl_s", 604_800, 60, 31_536_000)?;
        let Some(base_url) = base_url else {
            let unused = reader.text_opt(SECRET_FILE)?;
            return match unused {
                Some(_) => Err(format!("`documents_url` is missing, but `{SECRET_FILE}` is given")),
                None => Ok(None),
            };
        };
        let secret = reader.secret_file(SECRET_FILE)?;
        if secret.reveal().len() < SECRET_BYTES_MIN {
            return Err(format!("`{SECRET_FILE}` must hold at least {SECRET_BYTES_MIN} bytes"));
        }
        Ok(Some(Self::new(base_url, secret, i64::try_from(ttl_s).unwrap_or(i64::MAX))))
    }

    /// The link of a document, sent at `now`.
    #[must_use]
    pub fn link(&self, sha256: &Sha256Hex, now: Timestamp) -> String {
        let expires_s = now.as_second().saturating_add(self.ttl_s);
        let signature = self.signature(sha256, expires_s);
        format!("{}/{sha256}?expires={expires_s}&signature={signature}", self.base_url)
    }

    fn signature(&self, sha256: &Sha256Hex, expires_s: i64) -> String {
        // HMAC takes keys of any length, so this never falls back.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.reveal().trim().as_bytes()) else {
            return String::new();
        };
        mac.update(format!("GET /documents/{sha256}\n{expires_s}").as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_signed_as_the_document_store_checks_it() {
        let sha256 = Sha256Hex::try_new("a".repeat(64)).unwrap();
        let links = DocumentLinks::new("http://h/documents".to_owned(), Secret::new("s".repeat(32)), 600);
        let link = links.link(&sha256, Timestamp::from_second(400).unwrap());
        // Computed with another implementation (Python's hmac) over `GET /documents/aaa…a`, line feed, `1000`.
        let signature = "980d931a2e2bf3cc5bee63ea36b8227734a9f80937257861663b58f8b653fc0f";
        assert_eq!(link, format!("http://h/documents/{sha256}?expires=1000&signature={signature}"));
    }

    #[test]
    fn an_address_without_a_secret_is_refused() {
        let table: toml::Table = "documents_url = 'http://h/documents'".parse().unwrap();
        let said = DocumentLinks::read(&mut SettingsReader::new(&table)).unwrap_err();
        assert_eq!(said, "`documents_link_secret_file` is missing");
        let table: toml::Table = "documents_link_secret_file = 'x'".parse().unwrap();
        assert!(DocumentLinks::read(&mut SettingsReader::new(&table)).is_err());
        assert!(DocumentLinks::read(&mut SettingsReader::new(&toml::Table::new())).unwrap().is_none());
    }
}
