//! Settings of an agency's HTTP client.

use crate::transport::settings::{SettingsReader, read_text};

/// Settings of the client; every adapter over HTTP has these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// `connect_timeout_ms`, default 3000: name, TCP and TLS.
    pub connect_timeout_ms: u64,
    /// `request_timeout_ms`, default 15 000: the whole exchange, body included.
    pub request_timeout_ms: u64,
    /// `body_bytes_max`, default 5 MiB: of an answer.
    pub body_bytes_max: usize,
    /// `concurrency_max`, default 8: requests at a time.
    pub concurrency_max: usize,
    /// `requests_per_s_max`, default 200: requests that begin within a second.
    pub requests_per_s_max: u64,
    /// `wire_body_bytes_max`, default 32 KiB: bytes of each body that are kept for the wire log; 0 keeps none.
    pub wire_body_bytes_max: usize,
    /// PEM of `roots_file`: the only authorities that are trusted. Needed for `https`.
    pub roots_pem: Option<Vec<u8>>,
    /// PEM of `client_identity_file`: certificate and key shown to the agency.
    pub identity_pem: Option<Vec<u8>>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 3000,
            request_timeout_ms: 15_000,
            body_bytes_max: 5 << 20,
            concurrency_max: 8,
            requests_per_s_max: 200,
            wire_body_bytes_max: 32 << 10,
            roots_pem: None,
            identity_pem: None,
        }
    }
}

impl HttpSettings {
    /// Takes the client's keys.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn read(reader: &mut SettingsReader<'_>) -> Result<Self, String> {
        let mut pem = |key: &'static str| -> Result<Option<Vec<u8>>, String> {
            reader.path_opt(key)?.map(|path| read_text(key, &path).map(String::into_bytes)).transpose()
        };
        let (roots_pem, identity_pem) = (pem("roots_file")?, pem("client_identity_file")?);
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Ok(Self {
            connect_timeout_ms: reader.number_or("connect_timeout_ms", 3000, 10, 60_000)?,
            request_timeout_ms: reader.number_or("request_timeout_ms", 15_000, 10, 300_000)?,
            body_bytes_max: size(reader.number_or("body_bytes_max", 5 << 20, 1024, 256 << 20)?),
            concurrency_max: size(reader.number_or("concurrency_max", 8, 1, 256)?),
            requests_per_s_max: reader.number_or("requests_per_s_max", 200, 1, 10_000)?,
            wire_body_bytes_max: size(reader.number_or("wire_body_bytes_max", 32 << 10, 0, 1 << 20)?),
            roots_pem,
            identity_pem,
        })
    }
}
