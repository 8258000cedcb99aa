//! Style sheet, script and icon: compiled in, nothing from elsewhere.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

const ASSETS: [(&str, &str, &str); 3] = [
    ("wasl.css", "text/css; charset=utf-8", include_str!("../../../templates/wasl.css")),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../../../templates/live.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../../templates/icon.svg")),
];

/// One of them.
pub async fn show(Path(name): Path<String>) -> Result<Response, Problem> {
    let (_, media_type, text) =
        ASSETS.iter().find(|(known, ..)| *known == name).ok_or_else(Problem::not_found)?;
    Ok(([(CONTENT_TYPE, *media_type), (CACHE_CONTROL, "public, max-age=60")], *text).into_response())
}
