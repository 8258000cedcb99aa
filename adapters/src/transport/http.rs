//! One HTTP client per agency: its own roots, no redirects, no proxy, timeouts, a cap on every body, a limit
//! on concurrency; and the one place where a failure is sorted into "surely not arrived" and "in doubt".

mod log;
mod pace;
mod settings;
mod tls;
mod trouble;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::tls::TlsInfo;
use reqwest::{Certificate, Client, Identity, Method};
use tokio::sync::Semaphore;
use wasl_schemas::agency::Exchange;
use wasl_schemas::line::{CertificateNote, CertificateUse};

use self::log::Entry;
use self::pace::Pace;
use super::certificates::{CertificateBook, in_pem};
use super::clock::wall_now;

pub use log::hex;
pub use settings::HttpSettings;
pub use trouble::{Trouble, trouble_of_status};

/// Longest `Retry-After` that is believed: one day.
const RETRY_AFTER_MS_MAX: u64 = 24 * 3600 * 1000;
/// Largest reason text kept from an error.
const REASON_CHARS_MAX: usize = 300;

/// What is sent.
#[derive(Debug, Clone)]
pub struct Call {
    /// Verb.
    pub method: Method,
    /// Absolute address.
    pub url: String,
    /// For the journal: `POST /v1/consultations`. No personal data, no secret.
    pub what: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Nothing changes at the agency, so a lost answer leaves no doubt: asking again is harmless.
    pub safe: bool,
    /// Its bodies carry a secret (a token, a password): they are never kept for the wire log.
    pub secret: bool,
}

impl Call {
    /// A reading: GET, no body.
    #[must_use]
    pub fn get(url: String, what: impl Into<String>) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method: Method::GET, url, what: what.into(), headers, body, safe: true, secret: false }
    }

    /// A POST with a body; it changes something unless `reading` is called on it.
    #[must_use]
    pub fn post(
        url: String,
        what: impl Into<String>,
        media_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        let (what, body) = (what.into(), body.into());
        Self { method: Method::POST, url, what, headers, body, safe: false, secret: false }
    }

    /// Marks a POST that only reads (a search, a poll).
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.safe = true;
        self
    }

    /// Marks a call whose bodies are never kept.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Adds a header. Values that no header can carry are a fault of configuration and are refused when sent.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when the value has characters that a header cannot have.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result<Self, Trouble> {
        let mut value = HeaderValue::from_str(value).map_err(|_| Trouble::Refused {
            code: "request.header-invalid".to_owned(),
            reason: format!("the value of header {name} cannot be sent"),
        })?;
        value.set_sensitive(name == reqwest::header::AUTHORIZATION);
        self.headers.insert(name, value);
        Ok(self)
    }
}

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, at most `body_bytes_max`.
    pub body: Bytes,
}

impl Answer {
    /// The agency's wish to be left alone (RFC 9110 §10.2.3: seconds or a date), in milliseconds, at most a day.
    #[must_use]
    pub fn retry_after_ms(&self, now: Timestamp) -> Option<u64> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => seconds.saturating_mul(1000),
            Err(_) => {
                let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
                u64::try_from(until.as_millisecond() - now.as_millisecond()).unwrap_or(0)
            }
        };
        Some(wait.min(RETRY_AFTER_MS_MAX))
    }
}

/// The client of one agency.
pub struct HttpClient {
    client: Client,
    permits: Semaphore,
    pace: Pace,
    body_bytes_max: usize,
    wire_body_bytes_max: usize,
    certificates: CertificateBook,
}

impl HttpClient {
    /// Builds the client. `addresses` are those that it will call, so that a missing root is found now.
    ///
    /// # Errors
    /// One sentence that says what to mend.
    pub fn new(settings: &HttpSettings, addresses: &[&str]) -> Result<Self, String> {
        // Harmless when the program has installed it already; a library's test has no `main`.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let needs_roots = addresses.iter().any(|address| address.starts_with("https:"));
        if needs_roots && settings.roots_pem.is_none() {
            return Err(
                "`roots_file` is missing: an https agency needs its own trusted authorities".to_owned()
            );
        }
        let roots = match &settings.roots_pem {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|e| format!("`roots_file`: {e}"))?,
            None => Vec::new(),
        };
        let mut builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tls_info(true)
            .tls_certs_only(roots)
            .user_agent(concat!("wasl/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .timeout(Duration::from_millis(settings.request_timeout_ms))
            // Shorter than what servers keep: a connection closed under our feet would be "in doubt".
            .pool_idle_timeout(Duration::from_secs(5));
        if let Some(pem) = &settings.identity_pem {
            let identity = Identity::from_pem(pem).map_err(|e| format!("`client_identity_file`: {e}"))?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|e| format!("the HTTP client cannot be built: {e}"))?;
        let pem = |purpose, pem: &Option<Vec<u8>>| pem.as_ref().map(|pem| in_pem(purpose, pem));
        let own = [
            pem(CertificateUse::Client, &settings.identity_pem),
            pem(CertificateUse::Root, &settings.roots_pem),
        ];
        Ok(Self {
            client,
            permits: Semaphore::new(settings.concurrency_max),
            pace: Pace::new(settings.requests_per_s_max),
            body_bytes_max: settings.body_bytes_max,
            wire_body_bytes_max: settings.wire_body_bytes_max,
            certificates: CertificateBook::new(own.into_iter().flatten().flatten().collect()),
        })
    }

    /// The certificates of the settings, and those that servers have shown.
    #[must_use]
    pub fn certificates(&self) -> Vec<CertificateNote> {
        self.certificates.notes()
    }

    /// Sends a call and reads its whole answer, whatever its status. Never retries.
    ///
    /// # Errors
    /// [`Trouble::Transient`] when no byte of it can have reached the agency (or when it changes nothing),
    /// [`Trouble::InDoubt`] otherwise.
    pub async fn send(&self, call: Call, journal: &mut Vec<Exchange>) -> Result<Answer, Trouble> {
        let _permit = self.permits.acquire().await.map_err(|_| Trouble::transient("the client is closed"))?;
        self.pace.turn().await;
        let safe = call.safe;
        let entry = Entry {
            what: call.what.clone(),
            at: wall_now(),
            begun: Instant::now(),
            sent: call.body.clone(),
            keep_bytes_max: if call.secret { 0 } else { self.wire_body_bytes_max },
        };
        crate::crash_point!("http.before");
        let got = self.exchange(call).await;
        crate::crash_point!("http.after");
        journal.push(match &got {
            Ok(answer) => entry.done(answer.status.to_string(), Some(&answer.body)),
            Err(failure) => entry.done(failure.word().to_owned(), None),
        });
        got.map_err(|failure| failure.into_trouble(safe))
    }

    async fn exchange(&self, call: Call) -> Result<Answer, Failure> {
        let request = self.client.request(call.method, &call.url).headers(call.headers).body(call.body);
        let mut response = request.send().await.map_err(Failure::Http)?;
        if let Some(shown) = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate) {
            self.certificates.saw(shown);
        }
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Failure::Http)? {
            if body.len() + chunk.len() > self.body_bytes_max {
                return Err(Failure::TooBig { status, max: self.body_bytes_max });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

enum Failure {
    Http(reqwest::Error),
    TooBig { status: u16, max: usize },
}

impl Failure {
    fn word(&self) -> &'static str {
        if let Some(code) = self.tls_code() {
            return code;
        }
        match self {
            Self::Http(e) if e.is_connect() => "not connected",
            Self::Http(e) if e.is_timeout() => "timeout",
            Self::Http(_) => "answer lost",
            Self::TooBig { .. } => "answer too big",
        }
    }

    /// A certificate is the reason: theirs or ours.
    fn tls_code(&self) -> Option<&'static str> {
        match self {
            Self::Http(error) => tls::code(error),
            Self::TooBig { .. } => None,
        }
    }

    fn into_trouble(self, safe: bool) -> Trouble {
        let tls_code = self.tls_code();
        match self {
            Self::Http(e) if e.is_builder() => {
                Trouble::Refused { code: "request.invalid".to_owned(), reason: chain(&e) }
            }
            Self::Http(e) if let Some(code) = tls_code => {
                Trouble::transient(format!("{code}: {}", chain(&e)))
            }
            // Name, TCP or TLS failed: the request itself was never written.
            Self::Http(e) if e.is_connect() => Trouble::transient(format!("not connected: {}", chain(&e))),
            Self::Http(e) if e.is_timeout() => Trouble::lost(safe, "no answer within the time limit"),
            Self::Http(e) => Trouble::lost(safe, format!("the answer was lost: {}", chain(&e))),
            Self::TooBig { status, max } => {
                Trouble::lost(safe, format!("HTTP {status}: the answer is larger than {max} bytes"))
            }
        }
    }
}

/// The innermost cause, without the address (it may carry a signed link).
fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = if std::error::Error::source(error).is_some() {
        cause.to_string()
    } else {
        "request failed".to_owned()
    };
    text.chars().take(REASON_CHARS_MAX).collect()
}
