//! The cadastre: WFS 2.0 `GetFeature` for the parcels of a title, under the identity headers of the exchange.

use std::collections::HashMap;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha512};

use super::super::agency::Agency;
use super::super::draw::uniform;
use super::super::locked;
use super::super::xml::tag;
use super::Shared;
use super::drawing::{self, Shape};

const STORED_QUERY: &str = "urn:ma:wasl:land-registry:parcel-by-title:1";
/// Headers that the answer repeats.
const IDENTITY: [&str; 4] = ["x-road-client", "x-road-service", "x-road-userid", "x-road-id"];
/// Area of a title that was never asked about by SOAP, in hundredths of a square metre.
const AREA_UNKNOWN: u64 = 40_000;

/// `GET /wfs`.
pub(super) async fn feature(
    State(registry): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let asked: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
        .collect();
    let reasons = [faults_of_query(&asked), faults_of_identity(&registry, &headers)].concat();
    if !reasons.is_empty() {
        registry.office.violation(Agency::LandRegistry, "", &reasons);
        return exception(StatusCode::BAD_REQUEST, "InvalidParameterValue", &reasons.join("; "));
    }
    let title = asked.get("title").cloned().unwrap_or_default();
    let point = uniform(registry.office.settings.seed, Agency::LandRegistry, &title, "drawing");
    let shape = Shape::drawn(point);
    let mut answer = if shape == Shape::Exception {
        // A business fault in a 200, as such servers do.
        exception(StatusCode::OK, "InvalidParameterValue", "Titre non numérisé")
    } else {
        let area = locked(&registry.areas).get(&title).copied().unwrap_or(AREA_UNKNOWN);
        xml(StatusCode::OK, drawing::collection(shape, &title, area))
    };
    let hash = BASE64_STANDARD.encode(Sha512::digest(&query));
    for name in IDENTITY {
        if let Some(value) = headers.get(name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    if let Ok(hash) = hash.parse() {
        answer.headers_mut().insert("x-road-request-hash", hash);
    }
    answer
}

fn faults_of_query(asked: &HashMap<String, String>) -> Vec<String> {
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|said| said.eq_ignore_ascii_case(value));
    let title = asked.get("title").is_some_and(|title| (1..=64).contains(&title.chars().count()));
    [
        (is("service", "WFS"), "service is not WFS"),
        (is("version", "2.0.0"), "version is not 2.0.0"),
        (is("request", "GetFeature"), "request is not GetFeature"),
        (
            asked.get("storedquery_id").map(String::as_str) == Some(STORED_QUERY),
            "storedquery_id is not known",
        ),
        (title, "title is absent or too long"),
    ]
    .into_iter()
    .filter(|(good, _)| !good)
    .map(|(_, reason)| format!("WFS: {reason}"))
    .collect()
}

fn faults_of_identity(registry: &Shared, headers: &HeaderMap) -> Vec<String> {
    let agreed = &registry.office.secrets.land_registry;
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The same subsystem answers both services.
    let subsystem: Vec<&str> = agreed.service.split('/').take(4).collect();
    let commune = said("x-road-userid").strip_prefix("MA").unwrap_or_default();
    let digits = commune.len() == 9 && commune.bytes().all(|byte| byte.is_ascii_digit());
    [
        (said("x-road-client") == agreed.client, "X-Road-Client is not the one agreed"),
        (
            said("x-road-service") == format!("{}/Parcel/v1", subsystem.join("/")),
            "X-Road-Service is not ours",
        ),
        (digits, "X-Road-UserId is not MA and a commune's code"),
        (said("x-road-id").contains(".parcel-"), "X-Road-Id names no parcel"),
    ]
    .into_iter()
    .filter(|(good, _)| !good)
    .map(|(_, reason)| format!("WFS: {reason}"))
    .collect()
}

fn xml(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/gml+xml; version=3.2")], text).into_response()
}

fn exception(status: StatusCode, code: &str, text: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ows:ExceptionReport xmlns:ows=\
         \"http://www.opengis.net/ows/1.1\" version=\"2.0.0\"><ows:Exception exceptionCode=\"{code}\">{}\
         </ows:Exception></ows:ExceptionReport>",
        tag("ows:ExceptionText", text)
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], text).into_response()
}
