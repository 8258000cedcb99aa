//! Against servers on loopback.

mod mutual_tls;

use super::*;
use crate::transport::testing::{Say, TestServer};

fn client(settings: &HttpSettings) -> HttpClient {
    HttpClient::new(settings, &["http://127.0.0.1"]).unwrap()
}

async fn post(client: &HttpClient, url: String) -> Result<Answer, Trouble> {
    client.send(Call::post(url, "POST x", "text/plain", "hello"), &mut Vec::new()).await
}

#[tokio::test]
async fn an_answer_over_the_cap_or_too_late_is_in_doubt() {
    let server = TestServer::start(|_, _| Say::new(200, vec![b'x'; 5000])).await;
    let small = HttpSettings { body_bytes_max: 4096, ..HttpSettings::default() };
    let trouble = post(&client(&small), server.address.clone()).await.unwrap_err();
    assert!(matches!(trouble, Trouble::InDoubt { .. }), "{trouble:?}");
    let exact = HttpSettings { body_bytes_max: 5000, ..HttpSettings::default() };
    assert_eq!(post(&client(&exact), server.address.clone()).await.unwrap().body.len(), 5000);

    // A listener that never accepts: the kernel takes the bytes, nobody answers.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hurried = HttpSettings { request_timeout_ms: 100, ..HttpSettings::default() };
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut journal = Vec::new();
    let call = Call::post(url, "POST x", "text/plain", "hello");
    let trouble = client(&hurried).send(call, &mut journal).await.unwrap_err();
    assert!(matches!(trouble, Trouble::InDoubt { .. }), "{trouble:?}");
    assert_eq!(journal[0].status, "timeout");
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let server = TestServer::start(|_, _| Say::new(307, "").header("location", "/other")).await;
    let answer = post(&client(&HttpSettings::default()), server.address.clone()).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(server.seen().len(), 1);
    // The agency has not refused anything: the address is wrong, and 303 may be said after the work was done.
    let trouble = |status| trouble_of_status(&Answer { status, ..answer.clone() }, false, wall_now());
    for (status, in_doubt) in [(301, false), (302, true), (303, true), (307, false), (308, false)] {
        let trouble = trouble(status).unwrap();
        assert_eq!(matches!(trouble, Trouble::InDoubt { .. }), in_doubt, "{status}: {trouble:?}");
        assert_eq!(matches!(trouble, Trouble::Transient { .. }), !in_doubt, "{status}: {trouble:?}");
    }
}

#[tokio::test]
async fn concurrency_stays_within_its_limit() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = TestServer::start(move |_, _| {
        peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::yield_now();
        inside.fetch_sub(1, Ordering::SeqCst);
        Say::new(200, "")
    })
    .await;
    let client = Arc::new(client(&HttpSettings { concurrency_max: 2, ..HttpSettings::default() }));
    let held = client.permits.acquire_many(2).await.unwrap();
    let waiting = {
        let (client, url) = (Arc::clone(&client), server.address.clone());
        tokio::spawn(async move { post(&client, url).await })
    };
    tokio::task::yield_now().await;
    assert_eq!(server.seen().len(), 0, "no permit, no call");
    drop(held);
    assert_eq!(waiting.await.unwrap().unwrap().status, 200);
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[test]
fn retry_after_is_seconds_or_a_date_and_at_most_a_day() {
    let now: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
    let wait = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        Answer { status: 503, headers, body: Bytes::new() }.retry_after_ms(now)
    };
    assert_eq!(wait("120"), Some(120_000));
    assert_eq!(wait("Sun, 22 Nov 2026 07:00:30 GMT"), Some(30_000));
    assert_eq!(wait("Sun, 22 Nov 2020 07:00:30 GMT"), Some(0));
    assert_eq!(wait("999999999999"), Some(RETRY_AFTER_MS_MAX));
    assert_eq!(wait("soon"), None);
}

#[test]
fn https_needs_its_own_roots() {
    let said = HttpClient::new(&HttpSettings::default(), &["https://a.example"]).err().unwrap();
    assert!(said.starts_with("`roots_file` is missing"), "{said}");
}
