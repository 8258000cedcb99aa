//! Rights: every route, every role, and nobody.

use axum::body::Body;
use axum::http::Request;
use sha2::{Digest, Sha256};

use super::{Bench, TOKENS, ask, send, text};
use crate::http::auth::{Right, Role};
use crate::http::routes::{self, Route};

/// A path that fits the pattern.
fn path(route: &Route) -> String {
    route
        .path
        .replace("{reference}", "PCT-1%2F2026")
        .replace("{code}", "015110101")
        .replace("{id}", "00000000-0000-0000-0000-000000000001")
        .replace("{sha256}", &"a".repeat(64))
        .replace("{name}", "wasl.css")
        .replace("{agency}", "onee")
        .replace("{kind}", "onee")
        .replace("{id}", "1")
        .replace("{*rest}", "events")
}

fn method(route: &Route) -> &'static str {
    if route.method == "ANY" { "POST" } else { route.method }
}

#[tokio::test]
async fn without_a_token_only_what_is_declared_open_answers() {
    let bench = Bench::new(false);
    let table = routes::public(bench.app.clone()).table().to_vec();
    assert!(table.len() > 25, "the table is whole");
    for route in &table {
        let response = ask(bench.public(), method(route), &path(route), None).await;
        let status = response.status().as_u16();
        match route.right {
            Right::Open => assert!(matches!(status, 200 | 503), "{route:?} {status}"),
            _ => assert_eq!(status, 401, "{route:?}"),
        }
    }
}

#[tokio::test]
async fn a_token_that_nobody_has_is_refused_everywhere_it_is_asked_for() {
    let bench = Bench::new(false);
    for route in routes::public(bench.app.clone()).table().iter().filter(|r| !matches!(r.right, Right::Open))
    {
        let response = ask(bench.public(), method(route), &path(route), Some("guess")).await;
        assert_eq!(response.status(), 401, "{route:?}");
    }
}

#[tokio::test]
async fn a_right_that_a_role_has_not_is_answered_like_a_thing_that_does_not_exist() {
    let bench = Bench::new(false);
    let missing = text(ask(bench.public(), "GET", "/api/v1/nothing", Some("t-ministry")).await).await;
    for route in routes::public(bench.app.clone()).table() {
        for (token, role, _) in TOKENS {
            let role: Role = serde_json::from_value(serde_json::json!(role)).unwrap();
            if route.right.held_by(role) {
                continue;
            }
            let response = ask(bench.public(), method(route), &path(route), Some(token)).await;
            assert_eq!(response.status(), 404, "{route:?} {role:?}");
            assert_eq!(text(response).await, missing, "{route:?} {role:?}");
        }
    }
}

#[tokio::test]
async fn a_right_that_a_role_has_leads_as_far_as_the_database() {
    let bench = Bench::new(false);
    let asked = [
        ("/api/v1/files", "t-commune"),
        ("/api/v1/files/PCT-1%2F2026", "t-region"),
        ("/api/v1/consultations?overdue=true", "t-agency"),
        ("/api/v1/agencies", "t-ministry"),
        ("/api/v1/communes/015110101", "t-commune"),
        ("/api/v1/parked", "t-operator"),
        ("/api/v1/acts", "t-operator"),
        ("/api/v1/held", "t-operator"),
        ("/api/v1/files/PCT-1%2F2026/waiting", "t-operator"),
        ("/operator", "t-operator"),
        ("/api/v1/alarms", "t-operator"),
        ("/api/v1/lines", "t-operator"),
        ("/api/v1/agencies/onee/drift", "t-agency"),
        ("/", "t-ministry"),
    ];
    for (path, token) in asked {
        assert_eq!(ask(bench.public(), "GET", path, Some(token)).await.status(), 503, "{path}");
    }
}

#[tokio::test]
async fn a_commune_sees_no_other_commune() {
    let bench = Bench::new(false);
    let other = ask(bench.public(), "GET", "/api/v1/communes/001511010", Some("t-commune")).await;
    assert_eq!(other.status(), 404);
}

#[tokio::test]
async fn the_aggregated_page_is_public_only_where_the_setting_says_so() {
    let public = Bench::new(true);
    assert_eq!(ask(public.public(), "GET", "/fr", None).await.status(), 503, "only the database is missing");
    assert_eq!(ask(public.public(), "GET", "/files/x", None).await.status(), 401, "files stay closed");
    let closed = Bench::new(false);
    assert_eq!(ask(closed.public(), "GET", "/live", None).await.status(), 401);
}

#[tokio::test]
async fn a_browser_signs_in_once_and_its_cookie_counts_for_reading_only() {
    let bench = Bench::new(false);
    let response = ask(bench.public(), "GET", "/fr?token=t-ministry&x=1", None).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/fr?x=1");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(ask(bench.public(), "GET", "/fr?token=guess", None).await.status(), 401);
    let with_cookie = |method: &str, path: &str, token: &str| {
        let request =
            Request::builder().method(method).uri(path).header("cookie", format!("a=b; wasl_token={token}"));
        send(bench.public(), request.body(Body::empty()).unwrap())
    };
    assert_eq!(with_cookie("GET", "/api/v1/files", "t-ministry").await.status(), 503, "signed in");
    let put = format!("/documents/{}", "a".repeat(64));
    assert_eq!(with_cookie("PUT", &put, "t-commune").await.status(), 401, "not by cookie");
}

/// A form of our own page, and of no other: the browser says which, and no page can.
#[tokio::test]
async fn a_form_counts_with_a_cookie_from_our_own_pages_alone() {
    let bench = Bench::new(false);
    let form = |path: &'static str, site: Option<&'static str>| {
        let mut request = Request::post(path).header("cookie", "wasl_token=t-operator");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        send(bench.public(), request.body(Body::from("kind=pause&agency=onee&reason=because")).unwrap())
    };
    assert_eq!(
        form("/operator/ask", Some("same-origin")).await.status(),
        503,
        "only the database is missing"
    );
    for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
        assert_eq!(form("/operator/ask", site).await.status(), 401, "{site:?}");
    }
    // What programs use takes a token, not a cookie.
    assert_eq!(form("/api/v1/acts", Some("same-origin")).await.status(), 401);
}

#[tokio::test]
async fn parked_bytes_are_for_whom_they_were_given_to_by_name_and_who_sees_the_whole() {
    use crate::http::auth::Tokens;
    let hash: String = Sha256::digest(b"x").iter().map(|b| format!("{b:02x}")).collect();
    let caller = |role: &str, scope: &str, rights: &str| {
        let text = format!(
            r#"{{"{hash}": {{"name": "n", "role": "{role}", "scope": "{scope}", "rights": [{rights}]}}}}"#
        );
        Tokens::parse(&text).unwrap().caller("x").unwrap().has(Right::ParkedBodies)
    };
    let given = r#""wire-bodies""#;
    assert!(caller("operator", "", given) && caller("ministry", "", given));
    assert!(
        !caller("operator", "", "")
            && !caller("commune", "015110106", given)
            && !caller("region", "01", given)
    );
}

#[tokio::test]
async fn people_get_a_page_and_programs_get_problem_json() {
    let bench = Bench::new(false);
    let page = |accept: &str, lang: &str| {
        let request = Request::get("/").header("accept", accept).header("accept-language", lang);
        send(bench.public(), request.body(Body::empty()).unwrap())
    };
    let html = page("text/html", "ar").await;
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
    let html = text(html).await;
    assert!(html.contains(r#"dir="rtl""#) && html.contains("auth.missing"), "{html}");
    let json = page("application/json", "en").await;
    assert_eq!(json.headers()["content-type"], "application/problem+json");
    assert_eq!(json.headers()["content-language"], "en");
}

#[tokio::test]
async fn every_answer_forbids_foreign_resources_and_unknown_methods_are_said() {
    let bench = Bench::new(false);
    for (method, path, status) in
        [("GET", "/healthz", 200), ("GET", "/nothing", 404), ("POST", "/healthz", 405)]
    {
        let response = ask(bench.public(), method, path, None).await;
        assert_eq!(response.status(), status, "{path}");
        let csp = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{csp}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn wrong_queries_are_refused_by_the_name_of_their_parameter() {
    let bench = Bench::new(false);
    for (query, pointer) in
        [("limit=500", "limit"), ("cursor=x", "cursor"), ("filed_from=tomorrow", "filed_from"), ("x=1", "x")]
    {
        let response =
            ask(bench.public(), "GET", &format!("/api/v1/files?{query}"), Some("t-ministry")).await;
        assert_eq!(response.status(), 400, "{query}");
        let problem: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(
            (problem["code"].as_str(), problem["pointer"].as_str()),
            (Some("query.invalid"), Some(pointer))
        );
    }
}

#[tokio::test]
async fn a_document_is_judged_before_the_database_is_asked() {
    let bench = Bench::new(false);
    let put = |kind: &'static str, bytes: &'static [u8], sha256: String| {
        let request = Request::put(format!("/documents/{sha256}"))
            .header("authorization", "Bearer t-commune")
            .header("content-type", kind);
        send(bench.public(), request.body(Body::from(bytes)).unwrap())
    };
    let sha = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let code = |response| async {
        serde_json::from_str::<serde_json::Value>(&text(response).await).unwrap()["code"].clone()
    };
    let pdf = b"%PDF-1.7";
    assert_eq!(code(put("text/html", pdf, sha(pdf)).await).await, "document.type-refused");
    assert_eq!(code(put("image/png", pdf, sha(pdf)).await).await, "document.type-refused");
    assert_eq!(code(put("application/pdf", pdf, sha(b"other")).await).await, "document.hash-differs");
    assert_eq!(code(put("application/pdf", &[b'x'; 101], sha(pdf)).await).await, "body-too-large");
    assert_eq!(
        put("application/pdf", pdf, sha(pdf)).await.status(),
        503,
        "good: only the database is missing"
    );
    assert_eq!(put("application/pdf", pdf, "x".to_owned()).await.status(), 400);
}

#[tokio::test]
async fn partners_reach_callbacks_and_signed_links_and_nothing_else() {
    let bench = Bench::new(false);
    assert_eq!(ask(bench.partners(), "POST", "/callbacks/nobody", None).await.status(), 404);
    for path in ["/api/v1/files", "/", "/metrics", "/readyz"] {
        assert_eq!(ask(bench.partners(), "GET", path, Some("t-ministry")).await.status(), 404, "{path}");
    }
    let id = wasl_schemas::id::Sha256Hex::try_new("a".repeat(64)).unwrap();
    let now = crate::clock::wall_now().as_second();
    let fresh = bench.app.links.link("", &id, now + 60);
    assert_eq!(
        ask(bench.partners(), "GET", &fresh, None).await.status(),
        503,
        "good: only the database is missing"
    );
    let expired = bench.app.links.link("", &id, now - 1);
    assert_eq!(ask(bench.partners(), "GET", &expired, None).await.status(), 404);
    let forged = fresh.replace("signature=", "signature=0");
    assert_eq!(ask(bench.partners(), "GET", &forged, None).await.status(), 404);
}
