//! What operators see and settle besides parked messages: why a file waits, requests in doubt, what is held back, and
//! that the events tell everything.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::operator::{PARKED, publish, stray};
use crate::support::gateway::{SOUANI, text};
use crate::support::messages::file;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_why_it_waits_and_a_paused_agency_gets_nothing_until_it_is_resumed() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("operator-why", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let (good, said) =
        gateway.wasl_as("operator", &["agency", "pause", "onee", "--reason", "works on the line"]).await;
    assert!(good && said.contains("done"), "{said}");
    commune.submit("PCT-1", "building", &["new-connection"]).await;
    commune.expect("PCT-1", "file.registered").await;
    let sent = "SELECT count(*) FROM consultation WHERE status <> 'planned'";
    until("the others are asked", async || (gateway.count(sent).await >= 1).then_some(())).await;
    assert!(gateway.ledger("agency=onee&action=consultation-accepted").await.is_empty());

    let why = async |caller: &str| gateway.read_as(caller, "/api/v1/files/PCT-1/waiting").await.1;
    let of_onee = |why: &Value| {
        let waits = why["waits"].as_array().unwrap();
        waits.iter().find(|wait| wait["agency"] == "onee").cloned().unwrap_or_else(|| panic!("{why}"))
    };
    for caller in ["operator", "souani", "ministry"] {
        let wait = of_onee(&why(caller).await);
        let told = (&wait["step"], &wait["paused"], &wait["can"], &wait["attempt"]);
        assert_eq!(told, (&json!("sending"), &json!(true), &json!("resume"), &json!(1)), "{caller}");
        assert!(!text(&wait, "/words/can").is_empty());
    }
    assert_eq!(gateway.read_as("other", "/api/v1/files/PCT-1/waiting").await.0, StatusCode::NOT_FOUND);
    let (good, said) = gateway.wasl(&["file", "why", "PCT-1", "--lang", "fr"]).await;
    assert!(good && said.contains("ONEE") && said.contains("en pause"), "{said}");
    let (_, held) = gateway.read_as("operator", "/api/v1/held").await;
    assert_eq!(
        (&held["paused"][0]["agency"], &held["paused"][0]["by"]),
        (&json!("onee"), &json!("operator"))
    );
    assert!(held["paused"][0]["held"].as_i64().unwrap() >= 1, "{held}");

    let (good, said) =
        gateway.wasl_as("second", &["agency", "resume", "onee", "--reason", "the line is mended"]).await;
    assert!(good, "{said}");
    until("what waited goes out", async || {
        let asked = gateway.ledger("agency=onee&action=consultation-accepted").await;
        (asked.len() == 1).then_some(())
    })
    .await;

    // An agency that fails: the fault in plain words, and when it is tried again.
    gateway.control("outage", json!({"agency": "onee", "on": true})).await;
    commune.submit("PCT-2", "building", &["new-connection"]).await;
    let wait = until("a try has failed", async || {
        let (_, why) = gateway.read_as("operator", "/api/v1/files/PCT-2/waiting").await;
        let waits = why["waits"].as_array()?.clone();
        waits.into_iter().find(|wait| wait["agency"] == "onee" && wait["failures"].as_i64() > Some(0))
    })
    .await;
    assert!(!text(&wait, "/words/fault").is_empty() && !text(&wait, "/words/next").is_empty(), "{wait}");
    let page = gateway
        .get_as("ministry", "/files/PCT-2?lang=en")
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert!(page.text().await.unwrap().contains("Why this file waits"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_doubt_is_settled_by_two_people_and_kept_in_the_file() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("operator-release", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let (good, said) =
        gateway.wasl_as("operator", &["agency", "pause", "onee", "--reason", "for the test"]).await;
    assert!(good, "{said}");
    commune.submit("PCT-1", "building", &["new-connection"]).await;
    commune.expect("PCT-1", "file.registered").await;
    let sql = "SELECT id FROM consultation WHERE agency = 'onee'";
    let consultation: uuid::Uuid =
        until("it is planned", async || sqlx::query_scalar(sql).fetch_optional(&gateway.pool).await.unwrap())
            .await;
    // What the adapter says of an agency that can neither refuse a duplicate nor be asked.
    in_doubt(&gateway, consultation).await;
    let waiting = until("it waits for operators", async || {
        let (_, waiting) = gateway.read_as("operator", "/api/v1/waiting").await;
        waiting.as_array().filter(|all| all.len() == 1).cloned()
    })
    .await;
    assert_eq!((&waiting[0]["reference"], &waiting[0]["agency"]), (&json!("PCT-1"), &json!("onee")));
    let id = consultation.to_string();
    let (good, said) = gateway.wasl_as("operator", &["request", "list-waiting"]).await;
    assert!(good && said.contains(&id), "{said}");
    let (_, why) = gateway.read_as("souani", "/api/v1/files/PCT-1/waiting").await;
    assert_eq!((&why["waits"][0]["step"], &why["waits"][0]["can"]), (&json!("operator"), &json!("release")));

    let reason = ["--reason", "ONEE has it under this number"];
    let arguments = ["request", "release", "PCT-1", &id, "--as", "done", "--agency-reference", "ONEE-77"];
    let (good, said) = gateway.wasl_as("operator", &[&arguments[..], &reason[..]].concat()).await;
    assert!(good, "{said}");
    let act = said.split_whitespace().next().unwrap().to_owned();
    assert_eq!(gateway.approve(&act).await["status"], "done");
    let sent = commune
        .expect_that("consultation.sent of ONEE", |event| {
            event["type"] == "ma.wasl.consultation.sent.v1" && event["data"]["agency"] == "onee"
        })
        .await;
    assert_eq!(sent["data"]["agency_reference"], "ONEE-77");
    let kept = "SELECT count(*) FROM event WHERE name = 'operator-released' AND data::jsonb @>
         '{\"asked_by\": \"operator\", \"approved_by\": \"second\", \"release\": \"done\",
           \"reason\": \"ONEE has it under this number\"}'";
    assert_eq!(gateway.count(kept).await, 1);
    // Settled: a second release applies to nothing.
    let (good, said) = gateway.wasl_as("operator", &[&arguments[..], &reason[..]].concat()).await;
    assert!(!good && said.contains("operator.not-possible"), "{said}");
    let (good, said) = gateway.wasl(&["file", "verify", "PCT-1"]).await;
    assert!(good, "{said}");
}

async fn in_doubt(gateway: &Gateway, consultation: uuid::Uuid) {
    let outcome = json!({
        "message": "outcome", "id": uuid::Uuid::now_v7().to_string(), "agency": "onee",
        "consultation": consultation, "request": "consult", "attempt": 1, "via": "request",
        "outcome": { "outcome": "in-doubt", "reason":
            "operator-needed: it may have arrived, and the agency can neither be asked nor refuse a duplicate" },
        "exchanges": [],
    });
    publish(gateway, "in-doubt", &outcome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_gateway_takes_nothing_new_in_and_an_event_is_told_again_under_its_id() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("operator-drain", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("PCT-1", "repair", &[]).await;
    let told = commune.expect("PCT-1", "file.registered").await;
    commune.heard.clear();
    let (good, said) = gateway
        .wasl_as("operator", &["event", "redeliver", "PCT-1", "1", "--reason", "the commune lost it"])
        .await;
    assert!(good, "{said}");
    let again = commune.expect("PCT-1", "file.registered").await;
    assert_eq!(again, told, "the same words under the same id");
    let (good, said) =
        gateway.wasl_as("operator", &["event", "redeliver", "PCT-1", "99", "--reason", "no such"]).await;
    assert!(!good && said.contains("operator.not-possible"), "{said}");

    let (good, said) =
        gateway.wasl_as("operator", &["drain", "begin", "--reason", "maintenance", "--wait-s", "60"]).await;
    assert!(good && said.contains("dry"), "{said}");
    let data = file(SOUANI, "PCT-2", "repair", &[], commune.clock.now());
    commune.say("file.submitted", "PCT-2", &data).await;
    // A message to the core on another queue is read all the same; so the next look is not too early.
    stray(&gateway, "00000000-0000-4000-8000-000000000009", 9).await;
    until("answers are still read", async || (gateway.count(PARKED).await == 1).then_some(())).await;
    assert!(commune.hear(Duration::from_millis(500)).await.is_none(), "it was taken in");
    assert_eq!(gateway.count("SELECT count(*) FROM file").await, 1);
    let (good, _) = gateway.wasl_as("second", &["drain", "end", "--reason", "it is over"]).await;
    assert!(good);
    commune.expect("PCT-2", "file.registered").await;
    let (good, said) = gateway.wasl_as("second", &["drain", "status"]).await;
    assert!(!good && said.contains("takes in"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_tell_everything_that_is_stored_and_a_difference_is_found_and_mended() {
    let gateway = Gateway::start("operator-rebuild", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("PCT-1", "building", &["new-connection"]).await;
    commune.submit("PCT-2", "repair", &[]).await;
    commune.expect("PCT-1", "file.reviewed").await;
    commune.expect("PCT-2", "file.registered").await;
    let rebuild = async |more: &[&str]| gateway.wasl(&[&["rebuild"], more].concat()).await;
    let (good, said) = rebuild(&["--check"]).await;
    assert!(good && said.contains("everything is what the events tell"), "{said}");

    let stamps = "SELECT md5(string_agg(to_jsonb(c)::text, '|' ORDER BY id))::text FROM consultation c";
    let before: String = sqlx::query_scalar(stamps).fetch_one(&gateway.pool).await.unwrap();
    for wrong in [
        "UPDATE file SET status = 'delivered' WHERE reference = 'PCT-2'",
        "UPDATE consultation SET opinion = 'unfavourable' WHERE agency = 'urban-agency'",
        "DELETE FROM consultation WHERE agency = 'onee'",
    ] {
        sqlx::query(wrong).execute(&gateway.pool).await.unwrap();
    }
    let (good, said) = rebuild(&["--check"]).await;
    assert!(!good && said.contains("file status of") && said.contains("consultation row"), "{said}");
    assert!(said.contains("consultation opinion of"), "{said}");
    let (good, said) = rebuild(&["--check", "--file", "PCT-2"]).await;
    assert!(!good && said.contains("1 files: 1 differences"), "{said}");
    let (good, said) = rebuild(&[]).await;
    assert!(good && said.contains("mended"), "{said}");
    let (good, said) = rebuild(&["--check"]).await;
    assert!(good, "{said}");
    let after: String = sqlx::query_scalar(stamps).fetch_one(&gateway.pool).await.unwrap();
    assert_eq!(before, after, "even the times that only a step knew");
}
