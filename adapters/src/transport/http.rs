//! One HTTP client per agency: its own roots, no redirects, no proxy, timeouts, a cap on every body, a limit
//! on concurrency; and the one place where a failure is sorted into "surely not arrived" and "in doubt".

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, Identity, Method};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use wasl_schemas::agency::{Exchange, Outcome};

use super::settings::{SettingsReader, read_text};

/// Longest `Retry-After` that is believed: one day.
const RETRY_AFTER_MS_MAX: u64 = 24 * 3600 * 1000;
/// Largest reason text kept from an error.
const REASON_CHARS_MAX: usize = 300;

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
            roots_pem,
            identity_pem,
        })
    }
}

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
}

impl Call {
    /// A reading: GET, no body.
    #[must_use]
    pub fn get(url: String, what: impl Into<String>) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method: Method::GET, url, what: what.into(), headers, body, safe: true }
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
        Self { method: Method::POST, url, what: what.into(), headers, body: body.into(), safe: false }
    }

    /// Marks a POST that only reads (a search, a poll).
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.safe = true;
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

/// Why there is no answer to work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It surely did nothing; try again.
    Transient {
        /// Why.
        reason: String,
        /// The agency's own wish.
        retry_after_ms: Option<u64>,
    },
    /// The agency refuses it, or it can never be sent.
    Refused {
        /// The agency's code, or ours.
        code: String,
        /// In the agency's words.
        reason: String,
    },
    /// It may have arrived; ask before sending again.
    InDoubt {
        /// Why.
        reason: String,
    },
}

impl Trouble {
    /// A transient trouble without a wish.
    #[must_use]
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient { reason: reason.into(), retry_after_ms: None }
    }

    /// A lost or unusable answer: in doubt, unless nothing could have changed at the agency.
    #[must_use]
    pub fn lost(safe: bool, reason: impl Into<String>) -> Self {
        if safe { Self::transient(reason) } else { Self::InDoubt { reason: reason.into() } }
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Transient { reason, retry_after_ms } => Self::TryLater { reason, retry_after_ms },
            Trouble::Refused { code, reason } => Self::Refused { code, reason },
            Trouble::InDoubt { reason } => Self::InDoubt { reason },
        }
    }
}

/// What a status says by itself, before anybody looks into the body: `None` for 2xx and for the 4xx that an
/// adapter reads. 429, 500 and 503 did nothing or may be repeated; another 5xx may come from something between
/// us and an agency that acted, so it is in doubt. A redirect is never followed.
#[must_use]
pub fn trouble_of_status(answer: &Answer, safe: bool, now: Timestamp) -> Option<Trouble> {
    let status = answer.status;
    let later = || {
        let retry_after_ms = answer.retry_after_ms(now);
        Some(Trouble::Transient { reason: format!("HTTP {status}"), retry_after_ms })
    };
    match status {
        408 | 429 | 500 | 503 => later(),
        502 | 504 if safe => later(),
        300..=399 => Some(Trouble::Refused {
            code: "http.redirect".to_owned(),
            reason: format!("HTTP {status}: redirects are not followed"),
        }),
        500..=599 => Some(Trouble::lost(safe, format!("HTTP {status}"))),
        _ => None,
    }
}

/// The client of one agency.
pub struct HttpClient {
    client: Client,
    permits: Semaphore,
    body_bytes_max: usize,
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
        let permits = Semaphore::new(settings.concurrency_max);
        Ok(Self { client, permits, body_bytes_max: settings.body_bytes_max })
    }

    /// Sends a call and reads its whole answer, whatever its status. Never retries.
    ///
    /// # Errors
    /// [`Trouble::Transient`] when no byte of it can have reached the agency (or when it changes nothing),
    /// [`Trouble::InDoubt`] otherwise.
    pub async fn send(&self, call: Call, journal: &mut Vec<Exchange>) -> Result<Answer, Trouble> {
        let _permit = self.permits.acquire().await.map_err(|_| Trouble::transient("the client is closed"))?;
        let (at, begun) = (Timestamp::now(), Instant::now());
        let (what, safe, sent) = (call.what.clone(), call.safe, call.body.clone());
        let got = self.exchange(call).await;
        journal.push(entry(what, at, begun, &sent, got.as_ref()));
        got.map_err(|failure| failure.into_trouble(safe))
    }

    async fn exchange(&self, call: Call) -> Result<Answer, Failure> {
        let request = self.client.request(call.method, &call.url).headers(call.headers).body(call.body);
        let mut response = request.send().await.map_err(Failure::Http)?;
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
        match self {
            Self::Http(e) if e.is_connect() => "not connected",
            Self::Http(e) if e.is_timeout() => "timeout",
            Self::Http(_) => "answer lost",
            Self::TooBig { .. } => "answer too big",
        }
    }

    fn into_trouble(self, safe: bool) -> Trouble {
        match self {
            Self::Http(e) if e.is_builder() => {
                Trouble::Refused { code: "request.invalid".to_owned(), reason: chain(&e) }
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

fn entry(
    what: String,
    at: Timestamp,
    begun: Instant,
    sent: &Bytes,
    got: Result<&Answer, &Failure>,
) -> Exchange {
    let (status, received) = match got {
        Ok(answer) => (answer.status.to_string(), Some(&answer.body)),
        Err(failure) => (failure.word().to_owned(), None),
    };
    Exchange {
        what,
        at,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        sent_bytes: sent.len() as u64,
        received_bytes: received.map_or(0, |body| body.len() as u64),
        status,
        sha256: hex(&Sha256::digest(received.unwrap_or(sent))),
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::testing::{Say, TestServer};

    fn client(settings: &HttpSettings) -> HttpClient {
        HttpClient::new(settings, &["http://127.0.0.1"]).unwrap()
    }

    async fn post(client: &HttpClient, url: String) -> Result<Answer, Trouble> {
        client.send(Call::post(url, "POST x", "text/plain", "hello"), &mut Vec::new()).await
    }

    #[tokio::test]
    async fn an_answer_over_the_cap_or_too_late_is_in_doubt() {
        let server = TestServer::start(|_, _| Say::new(200, vec![b'x'; 5000])).await;
        let small = HttpSettings { body_bytes_max: 4096, ..HttpSettings::default() };
        let trouble = post(&client(&small), server.address.clone()).await.unwrap_err();
        assert!(matches!(trouble, Trouble::InDoubt { .. }), "{trouble:?}");
        let exact = HttpSettings { body_bytes_max: 5000, ..HttpSettings::default() };
        assert_eq!(post(&client(&exact), server.address.clone()).await.unwrap().body.len(), 5000);

        // A listener that never accepts: the kernel takes the bytes, nobody answers.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hurried = HttpSettings { request_timeout_ms: 100, ..HttpSettings::default() };
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut journal = Vec::new();
        let call = Call::post(url, "POST x", "text/plain", "hello");
        let trouble = client(&hurried).send(call, &mut journal).await.unwrap_err();
        assert!(matches!(trouble, Trouble::InDoubt { .. }), "{trouble:?}");
        assert_eq!(journal[0].status, "timeout");
    }

    #[tokio::test]
    async fn redirects_are_answers_and_are_not_followed() {
        let server = TestServer::start(|_, _| Say::new(307, "").header("location", "/other")).await;
        let answer = post(&client(&HttpSettings::default()), server.address.clone()).await.unwrap();
        assert_eq!(answer.status, 307);
        assert_eq!(server.seen().len(), 1);
        let trouble = trouble_of_status(&answer, false, Timestamp::now());
        assert!(matches!(trouble, Some(Trouble::Refused { .. })));
    }

    #[tokio::test]
    async fn concurrency_stays_within_its_limit() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
        let server = TestServer::start(move |_, _| {
            peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            Say::new(200, "")
        })
        .await;
        let client = Arc::new(client(&HttpSettings { concurrency_max: 2, ..HttpSettings::default() }));
        let held = client.permits.acquire_many(2).await.unwrap();
        let waiting = {
            let (client, url) = (Arc::clone(&client), server.address.clone());
            tokio::spawn(async move { post(&client, url).await })
        };
        tokio::task::yield_now().await;
        assert_eq!(server.seen().len(), 0, "no permit, no call");
        drop(held);
        assert_eq!(waiting.await.unwrap().unwrap().status, 200);
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_a_day() {
        let now: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let wait = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            Answer { status: 503, headers, body: Bytes::new() }.retry_after_ms(now)
        };
        assert_eq!(wait("120"), Some(120_000));
        assert_eq!(wait("Sun, 22 Nov 2026 07:00:30 GMT"), Some(30_000));
        assert_eq!(wait("Sun, 22 Nov 2020 07:00:30 GMT"), Some(0));
        assert_eq!(wait("999999999999"), Some(RETRY_AFTER_MS_MAX));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn https_needs_its_own_roots() {
        let said = HttpClient::new(&HttpSettings::default(), &["https://a.example"]).err().unwrap();
        assert!(said.starts_with("`roots_file` is missing"), "{said}");
    }
}
