//! The guard of silence: what the broker had confirmed before the limit is read before the limit is told.
//!
//! Invariant: a decision that is confirmed before the legal instant is recorded, and no right by silence is
//! acquired against it, however long it stands unread in `intake`; a right against which nothing stands is
//! acquired as soon as the queues have been read.

use reqwest::Method;
use serde_json::json;

use crate::support::gateway::{MONDAY, SOUANI};
use crate::support::messages::{file, minutes_before};
use crate::support::servers::{manage, manage_json};
use crate::support::{Commune, Gateway, Options, wait};

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_stands_unread_at_the_limit_is_not_overtaken_by_silence() {
    let options = Options {
        legal_day_ms: 400,
        slow_ms: 15_000,
        settings: vec![("database.lock_timeout_ms", 60_000)],
        ..Options::default()
    };
    let gateway = Gateway::start("guard", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // Both acts end on Tuesday 17 November; the declaration runs on, and its reminders wait for nothing.
    for (reference, permit) in [("RF-1", "repair"), ("RF-2", "repair"), ("SD-1", "activity-declaration")] {
        let mut data = file(SOUANI, reference, permit, &[], commune.clock.now());
        data["receipt"]["issued_at"] = json!(MONDAY);
        commune.say("file.submitted", reference, &data).await;
    }
    commune.submit("RF-0", "repair", &[]).await;
    let withdrawal = json!({"withdrawn_at": minutes_before(commune.clock.now(), 1)});
    commune.say("file.withdrawn", "RF-0", &withdrawal).await;
    let withdrawn = "SELECT count(*) FROM file WHERE status = 'withdrawn'";
    wait::until("withdrawn", async || (gateway.count(withdrawn).await == 1).then_some(())).await;

    // A file that nothing concerns any more is locked; a message about it stops the reading of `intake`.
    let mut lock = gateway.pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM file WHERE reference = 'RF-0' FOR UPDATE").execute(&mut *lock).await.unwrap();
    commune.say("file.withdrawn", "RF-0", &withdrawal).await;
    let stopped = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    wait::until("intake stands still", async || (gateway.count(stopped).await == 1).then_some(())).await;
    // In time, and confirmed by the broker; but it stands behind.
    commune.decide("RF-1", "granted").await;

    commune
        .expect_that("a reminder after the limit of the two acts", |event| {
            let left = event["data"]["days_left"].as_i64();
            event["subject"] == "SD-1"
                && event["type"] == "ma.wasl.deadline.approaching.v1"
                && left.is_some_and(|days| days <= 40)
        })
        .await;
    let told = "SELECT count(*) FROM event WHERE name IN ('right-acquired', 'deadline-passed')";
    assert_eq!(gateway.count(told).await, 0, "told while a decision stood unread");

    lock.commit().await.unwrap();
    commune.expect("RF-1", "decision.recorded").await;
    let right = commune.expect("RF-2", "right.acquired").await;
    assert_eq!(right["data"]["acquired_at"], "2026-11-18T00:00:00Z");
    assert_eq!(right["data"].get("despite"), None, "nothing waited: {right}");
    assert!(commune.told("RF-1", "right.acquired").is_empty());
    assert!(commune.told("RF-1", "deadline.passed").is_empty(), "decided before its limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_that_is_lost_is_followed_by_another() {
    let options = Options {
        legal_day_ms: 400,
        slow_ms: 15_000,
        settings: vec![("flow.marker_again_ms", 500), ("alarm.marker_interval_ms", 3_600_000)],
        ..Options::default()
    };
    let gateway = Gateway::start("guard-lost", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // No marker comes to `answers`, as after a queue that was deleted.
    let path = format!("api/bindings/{}/e/wasl.marker/q/answers", gateway.name);
    let key = manage_json(&gateway.servers, &path).await[0]["properties_key"].as_str().unwrap().to_owned();
    let gone = manage(&gateway.servers, Method::DELETE, &format!("{path}/{key}"), None).await;
    assert!(gone.is_success(), "{gone}");
    let mut data = file(SOUANI, "RL-1", "repair", &[], commune.clock.now());
    data["receipt"]["issued_at"] = json!(MONDAY);
    commune.say("file.submitted", "RL-1", &data).await;
    let sent = format!("api/exchanges/{}/wasl.marker", gateway.name);
    wait::until("three markers were sent", async || {
        let exchange = manage_json(&gateway.servers, &sent).await;
        (exchange["message_stats"]["publish_in"].as_u64() >= Some(3)).then_some(())
    })
    .await;
    let told = "SELECT count(*) FROM event WHERE name = 'right-acquired'";
    assert_eq!(gateway.count(told).await, 0, "told although `answers` is not known to be read");

    let again = json!({"routing_key": "", "arguments": {}});
    let bound = manage(&gateway.servers, Method::POST, &path, Some(again)).await;
    assert!(bound.is_success(), "{bound}");
    let right = commune.expect("RL-1", "right.acquired").await;
    assert_eq!(right["data"]["acquired_at"], "2026-11-18T00:00:00Z");
}
