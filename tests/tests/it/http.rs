//! The HTTP interface over a running gateway: who sees what, documents, faults in the caller's language, figures.

use futures_util::StreamExt;
use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::ask::http;
use crate::support::gateway::{SOUANI, text};
use crate::support::wait::PATIENCE;
use crate::support::{Commune, Gateway, Options};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_and_what_is_not_theirs_does_not_exist() {
    let gateway = Gateway::start("http", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("PCT-1", "building", &["new-connection"]).await;
    commune.expect("PCT-1", "file.reviewed").await;
    scopes(&gateway).await;
    documents(&gateway).await;
    faults_in_arabic(&gateway).await;
    metrics(&gateway).await;
    live(&gateway, &mut commune).await;
}

async fn scopes(gateway: &Gateway) {
    for caller in ["ministry", "souani"] {
        let (status, file) = gateway.read_as(caller, "/api/v1/files/PCT-1").await;
        assert_eq!(status, StatusCode::OK, "{caller}: {file}");
        assert_eq!((text(&file, "/reference"), text(&file, "/commune")), ("PCT-1", SOUANI));
        let (_, page) = gateway.read_as(caller, "/api/v1/files").await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{caller}: {page}");
    }
    let (status, hidden) = gateway.read_as("other", "/api/v1/files/PCT-1").await;
    let (missing_status, missing) = gateway.read_as("other", "/api/v1/files/PCT-9").await;
    assert_eq!((status, missing_status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(hidden, missing, "another commune's file must look like one that does not exist");
    let (_, page) = gateway.read_as("other", "/api/v1/files").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 0, "{page}");
    // An operator sees the plumbing and no file; nobody sees anything without a token.
    assert_eq!(gateway.read_as("operator", "/api/v1/files/PCT-1").await.0, StatusCode::NOT_FOUND);
    let url = format!("http://{}/api/v1/files/PCT-1", gateway.ports.http);
    let anonymous = http().get(&url).send().await.unwrap();
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let stranger = http().get(&url).bearer_auth("nobody's").send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

/// A document is its hash: put by its commune, read by nobody else, refused when its content differs.
async fn documents(gateway: &Gateway) {
    let content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
    let hash: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let put = async |caller: &str, hash: &str, body: &'static [u8]| {
        let url = format!("http://{}/documents/{hash}", gateway.ports.http);
        let request = http().put(url).bearer_auth(&gateway.tokens[caller]);
        request.header("content-type", "application/pdf").body(body).send().await.unwrap()
    };
    assert_eq!(put("souani", &hash, content).await.status(), StatusCode::CREATED);
    assert_eq!(put("souani", &hash, content).await.status(), StatusCode::OK);
    let path = format!("/documents/{hash}");
    let own = gateway.get_as("souani", &path).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    assert_eq!(own.bytes().await.unwrap().as_ref(), content);
    for caller in ["other", "ministry"] {
        let answer = gateway.get_as(caller, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{caller}");
    }
    let another = hash.replace(|c: char| c.is_ascii_digit(), "a");
    let differs = put("souani", &another, content).await;
    assert_eq!(differs.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(text(&differs.json().await.unwrap(), "/code"), "document.hash-differs");
    assert_eq!(put("ministry", &hash, content).await.status(), StatusCode::NOT_FOUND);
}

/// RFC 9457, in the language that was asked for.
async fn faults_in_arabic(gateway: &Gateway) {
    let request = gateway.get_as("souani", "/api/v1/files/PCT-9").header("accept-language", "ar");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["content-language"], "ar");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], 404);
    for pointer in ["/title", "/detail"] {
        let arabic = text(&problem, pointer).chars().any(|c| ('\u{600}'..'\u{700}').contains(&c));
        assert!(arabic, "{pointer}: {problem}");
    }
}

/// OpenMetrics: each line a comment or `name{labels} value`, ended by `# EOF`.
async fn metrics(gateway: &Gateway) {
    let url = format!("http://{}/metrics", gateway.ports.http);
    let body = http().get(url).send().await.unwrap().text().await.unwrap();
    assert!(body.ends_with("# EOF\n"), "{body}");
    let mut samples = 0;
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(name.starts_with(|c: char| c.is_ascii_alphabetic()), "{line}");
        assert_eq!(name.contains('{'), name.ends_with('}'), "{line}");
        samples += 1;
    }
    assert!(samples > 10, "{body}");
}

/// Server-sent events: the whole page first, then what has changed.
async fn live(gateway: &Gateway, commune: &mut Commune) {
    let url = format!("http://{}/live?lang=ar", gateway.ports.http);
    let request = http().get(url).timeout(PATIENCE).send().await.unwrap();
    assert_eq!(request.headers()["content-type"], "text/event-stream");
    let mut stream = request.bytes_stream();
    let mut heard = String::new();
    while heard.matches("\n\n").count() < 1 {
        heard.push_str(&String::from_utf8_lossy(&stream.next().await.unwrap().unwrap()));
    }
    let data = heard.lines().find_map(|line| line.strip_prefix("data:")).unwrap();
    let fragments: Value = serde_json::from_str(data.trim()).unwrap();
    assert!(fragments.as_object().unwrap().len() > 2, "{fragments}");
    commune.submit("PCT-2", "building", &["new-connection"]).await;
    while heard.matches("data:").count() < 2 {
        heard.push_str(&String::from_utf8_lossy(&stream.next().await.unwrap().unwrap()));
    }
}
