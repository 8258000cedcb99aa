//! The lines to the agencies: what was said on them and who may read it, what is known of their state, and that one of
//! them cannot hold up another.

use std::time::{Duration, Instant};

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Shown to urban agency, ONEE and water basin agency.
const CONDITIONS: [&str; 2] = ["near-watercourse", "new-connection"];
/// Files of one round.
const FILES: usize = 40;
/// How much longer the slowest of the others may take while one agency hangs. The aim is 10 %; two cores that run
/// everything at once, the test too, need room for their own noise.
const SLOWER_MAX: f64 = 1.5;
/// Below this a difference says nothing.
const NOISE_MS: f64 = 400.0;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_shown_and_its_bodies_to_those_alone_who_were_given_the_right() {
    let gateway = Gateway::start("lines", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("PCT-1", "building", &CONDITIONS).await;
    commune.expect("PCT-1", "file.reviewed").await;

    let (status, file) = gateway.read_as("ministry", "/api/v1/files/PCT-1").await;
    assert_eq!(status, StatusCode::OK);
    let exchanges = file["exchanges"].as_array().unwrap();
    // What came by the feed stands in the log as well as what was asked for.
    for (agency, what) in [
        ("urban-agency", "POST consultations"),
        ("urban-agency", "GET avis/{id}"),
        ("onee", "SOAP create/ServiceRequest"),
        ("water-basin", "PUT out/"),
    ] {
        let said = |e: &&Value| e["agency"] == agency && e["what"].as_str().unwrap().starts_with(what);
        assert!(exchanges.iter().any(|e| said(&e)), "{agency} {what}: {exchanges:?}");
    }
    let sent = exchanges.iter().find(|e| e["what"] == "POST consultations").unwrap();
    assert_eq!((&sent["status"], &sent["has_body"]), (&json!("201"), &json!(true)));
    let token = exchanges.iter().find(|e| e["what"] == "POST token");
    assert!(token.is_none_or(|e| e["has_body"] == false), "{token:?}");

    let path = format!("/api/v1/files/PCT-1/exchanges/{}", sent["id"]);
    for nobody in ["ministry", "operator", "souani"] {
        assert_eq!(gateway.read_as(nobody, &path).await.0, StatusCode::NOT_FOUND, "{nobody}");
    }
    assert_eq!(gateway.count("SELECT count(*) FROM exchange_reading").await, 0);
    let (status, body) = gateway.read_as("auditor", &path).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body["sent"].as_str().unwrap().contains("noConsultationExterne"), "{body}");
    assert!(body["received"].as_str().unwrap().contains("idConsultation"), "{body}");
    let read = "SELECT count(*) FROM exchange_reading WHERE reader = 'auditor'";
    assert_eq!(gateway.count(read).await, 1);

    the_lines_are_told(&gateway).await;
    a_rewound_feed_does_no_harm(&gateway).await;
}

async fn the_lines_are_told(gateway: &Gateway) {
    let lines = until("all lines are reported about", async || {
        let (_, lines) = gateway.read_as("operator", "/api/v1/lines").await;
        let closed = lines.as_array()?.iter().filter(|line| line["breaker"] == "closed").count();
        (closed >= 5).then_some(lines)
    })
    .await;
    assert!(lines.as_array().unwrap().iter().all(|line| line["operator_needed"] == 0), "{lines}");
    assert_eq!(gateway.read_as("souani", "/api/v1/lines").await.0, StatusCode::NOT_FOUND);
    let drift = until("the fields that are left unread are listed", async || {
        let (_, drift) = gateway.read_as("operator", "/api/v1/agencies/urban-agency/drift").await;
        drift.as_array().filter(|all| !all.is_empty()).cloned()
    })
    .await;
    for line in &drift {
        assert_eq!((&line["kind"], &line["usual"]), (&json!("unread"), &json!(true)), "news: {line}");
    }
    let page =
        gateway.get_as("operator", "/lines?lang=en").header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Circuit breaker"));
}

async fn a_rewound_feed_does_no_harm(gateway: &Gateway) {
    let events = "SELECT count(*) FROM event";
    let (before, version) =
        (gateway.count(events).await, "SELECT version FROM feed WHERE agency = 'urban-agency'");
    let (good, said) = gateway.wasl(&["feed", "rewind", "urban-agency", "notifications"]).await;
    assert!(good, "{said}");
    let rewound = gateway.count(version).await;
    until("the feed is read again", async || (gateway.count(version).await > rewound).then_some(())).await;
    let end = "SELECT count(*) FROM feed WHERE agency = 'urban-agency' AND cursor <> ''";
    until("to where it was", async || (gateway.count(end).await == 1).then_some(())).await;
    assert_eq!(gateway.count(events).await, before, "what came twice has changed something");
}

/// Submits a round of files and waits until the two agencies that are well have all of theirs; the milliseconds from
/// the registration to the sending, sorted.
async fn round(gateway: &Gateway, commune: &mut Commune, prefix: &str) -> Vec<f64> {
    for number in 0..FILES {
        commune.submit(&format!("{prefix}-{number}"), "building", &CONDITIONS).await;
    }
    let sql = "SELECT EXTRACT(EPOCH FROM sent.recorded_at - came.recorded_at)::float8 * 1000
         FROM file f JOIN consultation c ON c.file_id = f.id AND c.agency IN ('urban-agency', 'water-basin')
         JOIN event came ON came.file_id = f.id AND came.sequence = 1
         JOIN event sent ON sent.file_id = f.id AND sent.name = 'consultation-sent'
              AND sent.data::jsonb @> jsonb_build_object('consultation', c.id)
         WHERE f.reference LIKE $1";
    let mut took: Vec<f64> = until("the others have all of theirs", async || {
        let rows: Vec<f64> =
            sqlx::query_scalar(sql).bind(format!("{prefix}-%")).fetch_all(&gateway.pool).await.unwrap();
        (rows.len() >= 2 * FILES).then_some(rows)
    })
    .await;
    took.sort_by(f64::total_cmp);
    took
}

fn p99(sorted: &[f64]) -> f64 {
    sorted[(sorted.len() * 99).div_ceil(100) - 1]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_hangs_delays_no_other_and_its_queue_pauses() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("hanging", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // The first round warms everything up: connections, tokens, caches of the database.
    let _ = round(&gateway, &mut commune, "WARM").await;
    let well = round(&gateway, &mut commune, "WELL").await;

    gateway.control("outage", json!({"agency": "onee", "on": true, "mode": "hang"})).await;
    let begin = Instant::now();
    let hanging = round(&gateway, &mut commune, "HANG").await;
    let (before, after) = (p99(&well), p99(&hanging));
    eprintln!(
        "p99 of the others: {before:.0} ms while all are well, {after:.0} ms while one hangs ({:+.1} %), {FILES} files \
         in {} ms",
        (after / before - 1.0) * 100.0,
        begin.elapsed().as_millis()
    );
    assert!(after <= (before * SLOWER_MAX).max(before + NOISE_MS), "{before:.0} ms became {after:.0} ms");
    let sent = "SELECT count(*) FROM consultation WHERE agency = 'onee' AND status = 'planned'";
    assert!(gateway.count(sent).await > 0, "the agency did not hang");

    // Its own queue: after eight calls without an answer the breaker opens, and what waits stays in the queue.
    let open = "SELECT count(*) FROM agency_line WHERE agency = 'onee' AND breaker = 'open'";
    until("the breaker opens", async || (gateway.count(open).await == 1).then_some(())).await;
    gateway.control("outage", json!({"agency": "onee", "on": false})).await;
    until("the probe closes it and everything goes out", async || {
        (gateway.count(sent).await == 0 && gateway.count(open).await == 0).then_some(())
    })
    .await;
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty());
    assert!(begin.elapsed() < Duration::from_secs(600));
}

/// Invariant: what an agency has said never waits behind what it is still to be asked, and no empty queue keeps the
/// probe of the breaker from one that is not empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_has_a_queue_of_its_own_and_its_reading_is_probe_enough() {
    let mut gateway = Gateway::start("feeds", Options::default()).await;
    let version = "SELECT version FROM feed WHERE agency = 'urban-agency'";
    gateway.control("outage", json!({"agency": "urban-agency", "on": true})).await;
    // Nothing is asked of the agency meanwhile: the readings alone open the breaker, and close it.
    let open = "SELECT count(*) FROM agency_line WHERE agency = 'urban-agency' AND breaker = 'open'";
    until("the breaker opens", async || (gateway.count(open).await == 1).then_some(())).await;
    let read = gateway.count(version).await;
    gateway.control("outage", json!({"agency": "urban-agency", "on": false})).await;
    until("the feed is read again", async || (gateway.count(version).await > read).then_some(())).await;
    until("the breaker closes", async || (gateway.count(open).await == 0).then_some(())).await;

    gateway.roles.get_mut("adapter-urban-agency").unwrap().kill().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for number in 0..3 {
        commune.submit(&format!("PCT-{number}"), "building", &[]).await;
    }
    until("requests and a reading wait, each in its queue", async || {
        let requests = waiting(&gateway, "review.urban-agency").await;
        (requests == 3 && waiting(&gateway, "review.urban-agency.feeds").await == 1).then_some(())
    })
    .await;
}

/// Messages that wait in a queue.
async fn waiting(gateway: &Gateway, queue: &str) -> u32 {
    let mut url = gateway.servers.amqp.clone();
    url.set_path(&gateway.name);
    let connection = Connection::connect(url.as_str(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap().message_count()
}
