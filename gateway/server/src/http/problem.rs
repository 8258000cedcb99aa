//! Faults over HTTP: `application/problem+json` (RFC 9457) with a code of the catalogue, in the caller's
//! language. A handler gives back a [`Problem`]; the guard around it writes the body, because only there the
//! language is known.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wasl_schemas::problem::Code;

use super::lang::Lang;
use crate::store::StoreError;

/// Media type of the body.
pub const CONTENT_TYPE_PROBLEM: &str = "application/problem+json";

/// Seconds after which a caller may try again when something is away.
const RETRY_AFTER_S: u64 = 5;

/// A fault as an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its code; status, texts and advice stand on its page.
    pub code: Code,
    /// Where: a query parameter or a header, never its value.
    pub pointer: Option<String>,
    /// Status, where it is not the one of the page.
    pub status: Option<StatusCode>,
}

/// The body (RFC 9457, section 3), with `code`, `pointer` and `retry` as extensions.
#[derive(Debug, Serialize)]
struct Body9457<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    retry: bool,
}

impl Problem {
    /// The fault of a code.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, pointer: None, status: None }
    }

    /// A query parameter that is unknown or malformed.
    #[must_use]
    pub fn query(parameter: &str) -> Self {
        Self { code: Code::QueryInvalid, pointer: Some(parameter.to_owned()), status: None }
    }

    /// What does not exist, or is not the caller's.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Something that the gateway stands on is away.
    #[must_use]
    pub const fn unavailable() -> Self {
        Self::new(Code::Unavailable)
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let of_page = self.code.page().status.and_then(|status| StatusCode::from_u16(status).ok());
        self.status.or(of_page).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The whole answer in one language.
    #[must_use]
    pub fn render(&self, lang: Lang) -> Response {
        let (page, status) = (self.code.page(), self.status());
        let body = Body9457 {
            r#type: format!("urn:wasl:problem:{}", self.code.as_str()),
            title: lang.phrase(page.title),
            status: status.as_u16(),
            detail: lang.phrase(page.text),
            code: self.code.as_str(),
            pointer: self.pointer.as_deref(),
            retry: page.retry,
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, Body::from(json)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE_PROBLEM));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wasl\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Only carries the fault to the guard, which renders it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database is not available");
                Self::unavailable()
            }
            other => {
                tracing::error!(error = %other, "a read failed");
                Self::new(Code::Internal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_is_said_in_each_language_with_its_code_and_advice() {
        for (lang, title) in [(Lang::Fr, "Introuvable"), (Lang::Ar, "غير موجود"), (Lang::En, "Not found")]
        {
            let response = Problem::not_found().render(lang);
            assert_eq!(response.status(), 404);
            assert_eq!(response.headers()[CONTENT_TYPE], CONTENT_TYPE_PROBLEM);
            assert_eq!(response.headers()[CONTENT_LANGUAGE], lang.tag());
            let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!((body["title"].as_str(), body["status"].as_u64()), (Some(title), Some(404)));
            assert_eq!((body["code"].as_str(), body["retry"].as_bool()), (Some("not-found"), Some(false)));
            assert_eq!(body["type"], "urn:wasl:problem:not-found");
        }
    }

    #[test]
    fn what_is_away_says_when_to_come_back() {
        let response = Problem::unavailable().render(Lang::En);
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(RETRY_AFTER));
        let unknown = Problem::new(Code::AuthMissing).render(Lang::En);
        assert_eq!(unknown.status(), 401);
        assert!(unknown.headers().contains_key(WWW_AUTHENTICATE));
    }
}
