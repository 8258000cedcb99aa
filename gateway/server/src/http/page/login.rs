//! Signing in with a browser, on a laptop: `?token=` once, then an HttpOnly cookie that counts for reading only.

use axum::extract::Request;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::auth::Right;
use crate::http::guard::{COOKIE_NAME, Guarded, secure};

/// How long a browser keeps the cookie, in seconds.
const COOKIE_AGE_S: u32 = 12 * 3600;

/// When the request brings a known token in its query: the cookie, and the same address without the token.
/// A token that is not known is left to the guard, which says so.
pub(in crate::http) fn sign_in(guarded: &Guarded, request: &Request) -> Option<Response> {
    if request.method() != Method::GET
        || !matches!(
            guarded.right,
            Right::Page | Right::Files | Right::Lines | Right::Operate | Right::Waiting
        )
    {
        return None;
    }
    let query = request.uri().query()?;
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    let plain = !token.is_empty()
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !plain || guarded.app.tokens.caller(token).is_none() {
        return None;
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("token=")).collect();
    let mut place = request.uri().path().to_owned();
    if !rest.is_empty() {
        place = format!("{place}?{}", rest.join("&"));
    }
    let secure_flag =
        if guarded.app.settings().http.public_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE_NAME}={token}; Path=/; Max-Age={COOKIE_AGE_S}; HttpOnly; SameSite=Strict{secure_flag}"
    );
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(&place).ok()?);
    response.headers_mut().insert(SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    secure(&mut response);
    Some(response)
}
