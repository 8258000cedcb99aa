//! `/documents/{sha256}`: a document is put once by the commune that owns it, and fetched by its owner or through
//! a signed link that expires. It is on disk before the answer.

pub mod links;
pub mod media;
pub mod store;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio_util::io::ReaderStream;
use wasl_schemas::id::Sha256Hex;
use wasl_schemas::problem::Code;

pub use self::links::Links;
pub use self::store::DocumentStore;
use self::store::PutError;
use super::app::Shared;
use super::auth::Caller;
use super::problem::Problem;
use super::query::Asked;
use crate::clock::wall_now;
use crate::store::read::documents::{self, StoredDocument};

/// Takes a document of a commune: streamed, capped, hashed, its type checked, on disk before the answer.
/// 201 when it is new for the commune, 200 when it had put it before.
pub async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let commune = caller.commune().ok_or_else(Problem::not_found)?;
    let sha256 = Sha256Hex::try_new(sha256).map_err(|_| Problem::query("sha256"))?;
    let media_type = declared(&headers)?;
    let most = app.settings().documents.document_bytes_max;
    let length =
        headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if length.is_some_and(|bytes| bytes > most) {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    let idle = Duration::from_millis(app.settings().http.request_timeout_ms);
    let stored = app.documents.put(&sha256, media_type, body.into_data_stream(), idle).await?;
    let size_bytes = i64::try_from(stored).unwrap_or(i64::MAX);
    let document = StoredDocument { media_type: media_type.to_owned(), size_bytes };
    let new = documents::insert(&app.pool, sha256.as_str(), commune, &document).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/documents/{sha256}");
    let body = json!({ "sha256": sha256, "media_type": media_type, "size_bytes": size_bytes });
    Ok((status, [(LOCATION, location)], Json(body)).into_response())
}

/// The declared media type, when it is one that is taken; without its parameters.
fn declared(headers: &HeaderMap) -> Result<&'static str, Problem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    media::taken(essence).ok_or(Problem::new(Code::DocumentTypeRefused))
}

/// The query of a signed link.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkQuery {
    expires: Option<i64>,
    signature: Option<String>,
}

/// Gives a document to its owner, or to who holds a link that is signed and has not expired.
pub async fn get(
    State(app): State<Shared>,
    Path(sha256): Path<String>,
    Asked(query): Asked<LinkQuery>,
    caller: Option<Caller>,
) -> Result<Response, Problem> {
    let sha256 = Sha256Hex::try_new(sha256).map_err(|_| Problem::not_found())?;
    let commune = match (query.expires, &query.signature, &caller) {
        (Some(expires), Some(signature), _) => {
            let now_s = wall_now().as_second();
            app.links
                .verify(&sha256, expires, signature, now_s)
                .then_some(None)
                .ok_or_else(Problem::not_found)?
        }
        (None, None, Some(caller)) => Some(caller.commune().ok_or_else(Problem::not_found)?),
        (None, None, None) => return Err(Problem::new(Code::AuthMissing)),
        _ => return Err(Problem::query("signature")),
    };
    let document =
        documents::find(&app.pool, sha256.as_str(), commune).await?.ok_or_else(Problem::not_found)?;
    let file = app.documents.read(&sha256).await.map_err(|error| {
        tracing::error!(%sha256, %error, "a document that is in the table is not on disk");
        Problem::new(Code::Internal)
    })?;
    Ok(answer(&sha256, &document, Body::from_stream(ReaderStream::new(file))))
}

fn answer(sha256: &Sha256Hex, document: &StoredDocument, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&document.media_type);
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(document.size_bytes));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{sha256}\"")) {
        headers.insert(ETAG, tag);
    }
    response
}

impl From<PutError> for Problem {
    fn from(error: PutError) -> Self {
        match error {
            PutError::TooLarge => Self::new(Code::BodyTooLarge),
            PutError::HashDiffers => Self::new(Code::DocumentHashDiffers),
            PutError::TypeDiffers => Self::new(Code::DocumentTypeRefused),
            PutError::Body => {
                Self { status: Some(StatusCode::BAD_REQUEST), ..Self::new(Code::EnvelopeMalformed) }
            }
            PutError::Disk(error) => {
                tracing::error!(%error, "a document cannot be written");
                Self::unavailable()
            }
        }
    }
}
