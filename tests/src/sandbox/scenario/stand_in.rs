//! What stands before every agency: outages and the faults of one request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::spoil::{self, OVERSIZE_BYTES};
use super::{HEADER, Scenario};
use crate::sandbox::agency::Agency;
use crate::sandbox::config::body_bytes_max;
use crate::sandbox::office::{Office, Outage};

/// Lets a request pass to its agency, or plays what was asked for.
pub(in crate::sandbox) async fn stand_in(
    State(office): State<Arc<Office>>,
    request: Request,
    next: Next,
) -> Response {
    let open = |agency: &Agency| office.settings.agencies.contains(agency);
    let Some(agency) = Agency::of_path(request.uri().path()).filter(open) else {
        return next.run(request).await;
    };
    match office.outage(agency) {
        None => {}
        Some(Outage::Unavailable) => return try_later(StatusCode::SERVICE_UNAVAILABLE, "1"),
        Some(Outage::Hang) => return std::future::pending().await,
        Some(Outage::Swallow) => return cut(next.run(request).await),
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, body_bytes_max(agency)).await else {
        office.violation(agency, "", &["the body is too big, or was cut".to_owned()]);
        return too_big(agency);
    };
    let asked = parts.headers.get(HEADER).and_then(|value| value.to_str().ok());
    let faults = office.scenarios.of_request(agency, asked, &bytes);
    let request = Request::from_parts(parts, Body::from(bytes));
    if faults.is_empty() {
        return next.run(request).await;
    }
    tracing::info!(agency = agency.key(), ?faults, "faults on purpose");
    let has = |fault| faults.contains(&fault);
    if has(Scenario::Slow) {
        tokio::time::sleep(Duration::from_millis(office.settings.slow_ms)).await;
    }
    if has(Scenario::Hang) {
        return std::future::pending().await;
    }
    let early = [
        (Scenario::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Scenario::Busy, StatusCode::TOO_MANY_REQUESTS),
    ];
    if let Some((_, status)) = early.into_iter().find(|(fault, _)| has(*fault)) {
        return try_later(status, "1");
    }
    if has(Scenario::Unauthorised) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge, error_body(agency, "JETON-INVALIDE")).into_response();
    }
    if has(Scenario::Fault) {
        return fault(agency);
    }
    let answer = next.run(request).await;
    if has(Scenario::Cut) { cut(answer) } else { spoiled(agency, &faults, answer).await }
}

async fn spoiled(agency: Agency, faults: &[Scenario], answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, OVERSIZE_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let bytes = spoil::answer(agency, faults, bytes.to_vec());
    parts.headers.remove(header::CONTENT_LENGTH);
    if faults.contains(&Scenario::Garbage) {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn try_later(status: StatusCode, seconds: &'static str) -> Response {
    (status, [(header::RETRY_AFTER, seconds)]).into_response()
}

/// The connection breaks before the answer is complete.
fn cut(answer: Response) -> Response {
    drop(answer);
    let broken = futures_util::stream::once(async {
        Err::<bytes::Bytes, _>(std::io::Error::other("broken on purpose"))
    });
    Body::from_stream(broken).into_response()
}

fn error_body(agency: Agency, code: &str) -> String {
    match agency {
        Agency::UrbanAgency => {
            let error = json!({"cdErreur": code, "txChemin": null, "txMessage": "Erreur provoquée"});
            json!({"erreurs": [error], "idRequete": "sandbox"}).to_string()
        }
        _ => String::new(),
    }
}

fn too_big(agency: Agency) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::PAYLOAD_TOO_LARGE, kind, error_body(agency, "CORPS-TROP-GRAND")).into_response()
}

/// The fault of the receiver in the agency's own protocol.
fn fault(agency: Agency) -> Response {
    const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
    const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
    let (kind, body) = match agency {
        Agency::Onee => (
            "application/soap+xml; charset=utf-8",
            format!(
                "<env:Envelope xmlns:env=\"{SOAP_12}\"><env:Body><env:Fault><env:Code><env:Value>env:Receiver\
                 </env:Value></env:Code><env:Reason><env:Text xml:lang=\"fr\">Service indisponible</env:Text>\
                 </env:Reason></env:Fault></env:Body></env:Envelope>"
            ),
        ),
        Agency::LandRegistry => (
            "text/xml; charset=utf-8",
            format!(
                "<soap:Envelope xmlns:soap=\"{SOAP_11}\"><soap:Body><soap:Fault><faultcode>soap:Server\
                 </faultcode><faultstring>Service indisponible</faultstring></soap:Fault></soap:Body>\
                 </soap:Envelope>"
            ),
        ),
        _ => ("application/json", error_body(agency, "ERREUR-INTERNE")),
    };
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, kind)], body).into_response()
}
