//! OAuth 2.0 client credentials (RFC 6749 §4.4): one token per agency, kept until shortly before it ends,
//! fetched by one caller at a time however many wait for it.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use wasl_schemas::agency::Exchange;

use super::clock::wall_now;
use super::http::{Call, HttpClient, Trouble, trouble_of_status};
use super::settings::Secret;

/// Life of a token whose answer does not say it (the RFC leaves it open).
const LIFE_UNSTATED_S: u64 = 300;

/// Who we are at the token address.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Token address.
    pub token_url: String,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Secret,
    /// Scope asked for.
    pub scope: String,
    /// A token is renewed this long before its end, in milliseconds.
    pub renew_early_ms: u64,
}

struct Token {
    value: Secret,
    good_until: Instant,
}

/// The token and its single refresh.
pub struct TokenSource {
    credentials: Credentials,
    kept: Mutex<Option<Token>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

#[derive(Deserialize, Default)]
struct TokenFault {
    #[serde(default)]
    error: Option<String>,
}

impl TokenSource {
    /// Nothing is fetched yet.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, kept: Mutex::new(None) }
    }

    /// The token, fetched when there is none that lives on. Callers that come meanwhile wait for the same one.
    ///
    /// # Errors
    /// [`Trouble::Transient`] when the token address cannot answer or refuses our credentials.
    pub async fn token(&self, http: &HttpClient, journal: &mut Vec<Exchange>) -> Result<Secret, Trouble> {
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.good_until) {
            return Ok(token.value.clone());
        }
        let token = self.fetch(http, journal).await?;
        let value = token.value.clone();
        *kept = Some(token);
        Ok(value)
    }

    /// Forgets a token that the agency refused; another one that was fetched meanwhile stays.
    pub async fn forget(&self, refused: &Secret) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|token| token.value == *refused) {
            *kept = None;
        }
    }

    async fn fetch(&self, http: &HttpClient, journal: &mut Vec<Exchange>) -> Result<Token, Trouble> {
        let asked_at = Instant::now();
        // A second token does no harm, so a lost answer is no doubt: `reading`.
        let call = Call::post(self.credentials.token_url.clone(), "POST token", FORM, self.form())
            .reading()
            .secret();
        let answer = http.send(call, journal).await?;
        if let Some(trouble) = trouble_of_status(&answer, true, wall_now()) {
            return Err(trouble);
        }
        if answer.status != 200 {
            let fault: TokenFault = serde_json::from_slice(&answer.body).unwrap_or_default();
            let code = fault.error.unwrap_or_else(|| format!("http-{}", answer.status));
            // Our own registration is at fault, not the file: it waits until an operator has mended it.
            return Err(Trouble::transient(format!("the token address refused our credentials: {code}")));
        }
        let token: TokenAnswer = serde_json::from_slice(&answer.body)
            .map_err(|e| Trouble::transient(format!("the token cannot be read: {e}")))?;
        if !token.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(Trouble::transient("the token is not a bearer token"));
        }
        let life_ms = token.expires_in.unwrap_or(LIFE_UNSTATED_S).saturating_mul(1000);
        // A token that lives shorter than the margin is still used once.
        let usable_ms = life_ms.saturating_sub(self.credentials.renew_early_ms).max(1);
        let good_until = asked_at + Duration::from_millis(usable_ms.min(LIFE_MS_MAX));
        Ok(Token { value: Secret::new(token.access_token), good_until })
    }

    fn form(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.credentials.client_id)
            .append_pair("client_secret", self.credentials.client_secret.reveal())
            .append_pair("scope", &self.credentials.scope)
            .finish()
    }
}

/// Media type of the token request.
const FORM: &str = "application/x-www-form-urlencoded";
/// A token is fetched anew at least once a day.
const LIFE_MS_MAX: u64 = 24 * 3600 * 1000;
