//! The contracts, compiled in: OpenAPI for HTTP, AsyncAPI for messages.

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::auth::Right;
use super::routes::Routes;

/// OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../../../../schemas/openapi.json");
/// AsyncAPI 3, as it is written.
pub const ASYNCAPI_YAML: &str = include_str!("../../../../schemas/asyncapi.yaml");
/// The same as JSON.
pub const ASYNCAPI_JSON: &str = include_str!("../../../../schemas/asyncapi.json");

/// Adds the routes of this module.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    routes
        .route(&Method::GET, "/openapi.json", Right::Open, openapi)
        .route(&Method::GET, "/asyncapi.json", Right::Open, asyncapi_json)
        .route(&Method::GET, "/asyncapi.yaml", Right::Open, asyncapi_yaml)
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], OPENAPI).into_response()
}

async fn asyncapi_json() -> Response {
    ([(CONTENT_TYPE, "application/vnd.aai.asyncapi+json;version=3.0.0")], ASYNCAPI_JSON).into_response()
}

async fn asyncapi_yaml() -> Response {
    ([(CONTENT_TYPE, "application/vnd.aai.asyncapi+yaml;version=3.0.0")], ASYNCAPI_YAML).into_response()
}
