//! Agencies that are away, and agencies whose answer is lost: tried again by the schedule, never done twice.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::Row;

use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Shown to urban agency, ONEE and water basin agency.
const CONDITIONS: [&str; 2] = ["near-watercourse", "new-connection"];
/// `flow.retry_initial_ms` of these worlds and `flow.retry_factor`; each delay is spread by a quarter.
const RETRY_INITIAL_MS: f64 = 300.0;
const RETRY_FACTOR: f64 = 3.0;

async fn outage(gateway: &Gateway, agency: &str, mode: Option<&str>) {
    gateway.control("outage", json!({"agency": agency, "on": mode.is_some(), "mode": mode})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_is_away_is_tried_again_by_the_schedule_and_delays_no_other() {
    let gateway = Gateway::start("away", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    outage(&gateway, "onee", Some("unavailable")).await;
    commune.submit("PCT-1", "building", &CONDITIONS).await;
    for agency in ["urban-agency", "water-basin"] {
        commune.expect_of("PCT-1", agency, "consultation.answered").await;
    }
    let onee = "SELECT COALESCE(max(failures), 0)::bigint FROM consultation WHERE agency = 'onee'";
    until("four tries", async || (gateway.count(onee).await >= 4).then_some(())).await;
    // The next try stands in the database, on the wall clock, in the future or just due.
    let planned = "SELECT count(*) FROM timer WHERE NOT legal AND due_at > now() - interval '5 seconds'";
    until("the next try is planned", async || (gateway.count(planned).await > 0).then_some(())).await;
    tries_keep_the_schedule(&gateway).await;
    assert!(gateway.ledger("agency=onee&action=consultation-accepted").await.is_empty());
    assert!(commune.told("PCT-1", "file.reviewed").is_empty(), "reviewed without ONEE");

    outage(&gateway, "onee", None).await;
    commune.expect_of("PCT-1", "onee", "consultation.answered").await;
    commune.expect("PCT-1", "file.reviewed").await;
    assert_eq!(gateway.ledger("agency=onee&action=consultation-accepted").await.len(), 1);
    assert!(gateway.ledger("action=duplicate").await.is_empty());
}

/// Each pause is at least the schedule's, less its spread of a quarter.
async fn tries_keep_the_schedule(gateway: &Gateway) {
    let rows = sqlx::query(
        "SELECT EXTRACT(EPOCH FROM at)::float8 * 1000 AS at FROM exchange WHERE agency = 'onee' ORDER BY id",
    )
    .fetch_all(&gateway.pool)
    .await
    .unwrap();
    let at: Vec<f64> = rows.iter().map(|row| row.get("at")).collect();
    assert!(at.len() >= 4, "{at:?}");
    for (failures, pair) in at.windows(2).take(3).enumerate() {
        let least = 0.74 * RETRY_INITIAL_MS * RETRY_FACTOR.powi(i32::try_from(failures).unwrap());
        assert!(
            pair[1] - pair[0] >= least,
            "try {failures} came after {} ms, not {least}",
            pair[1] - pair[0]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_an_answer_is_lost_the_agency_is_asked_by_our_reference_before_anything_is_sent_again() {
    let gateway = Gateway::start("doubt", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // It does its work, and the connection breaks before its answer is complete.
    outage(&gateway, "onee", Some("swallow")).await;
    commune.submit("PCT-1", "building", &CONDITIONS).await;
    let doubts = "SELECT COALESCE(max(failures), 0)::bigint FROM consultation WHERE agency = 'onee'";
    until("a try in doubt", async || (gateway.count(doubts).await >= 2).then_some(())).await;
    assert_eq!(gateway.ledger("agency=onee&action=consultation-accepted").await.len(), 1);
    outage(&gateway, "onee", None).await;
    commune.expect_of("PCT-1", "onee", "consultation.answered").await;
    assert_eq!(said(&gateway, "onee", "create/").await.len(), 1, "sent a second time");
    let asked = said(&gateway, "onee", "get/").await;
    assert!(asked.iter().any(|attempt| *attempt > 1), "never asked by our reference: {asked:?}");

    commune.expect("PCT-1", "file.reviewed").await;
    outage(&gateway, "barid-bank", Some("swallow")).await;
    commune.assess("PCT-1").await;
    let doubts = "SELECT COALESCE(max(failures), 0)::bigint FROM fee";
    until("an order in doubt", async || (gateway.count(doubts).await >= 1).then_some(())).await;
    outage(&gateway, "barid-bank", None).await;
    commune.expect("PCT-1", "payment.confirmed").await;
    for (agency, action) in [
        ("onee", "consultation-accepted"),
        ("barid-bank", "order-created"),
        ("barid-bank", "payment-captured"),
    ] {
        let entries = gateway.ledger(&format!("agency={agency}&action={action}")).await;
        assert_eq!(entries.len(), 1, "{agency} {action}: {entries:?}");
    }
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty());
}

/// An adapter that is away is no agency that is silent: what waits in its queue reaches the agency once.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_queue_of_an_adapter_is_not_asked_for_again() {
    let settings = vec![("flow.watchdog_ms", 6_000), ("alarm.queue_interval_ms", 1_000)];
    let mut gateway = Gateway::start("queued", Options { settings, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    gateway.roles.get_mut("adapter-onee").unwrap().kill().await;
    commune.submit("PCT-1", "building", &CONDITIONS).await;
    commune.expect_of("PCT-1", "water-basin", "consultation.answered").await;
    // Each time a watchdog is put off its time moves on.
    let watchdog = "SELECT COALESCE(max(extract(epoch FROM due_at) * 1000), 0)::bigint FROM timer t
                    JOIN consultation c ON t.key = 'watchdog:' || c.id WHERE c.agency = 'onee'";
    let mut seen = BTreeSet::new();
    until("the watchdog is put off three times", async || {
        seen.insert(gateway.count(watchdog).await);
        (seen.len() > 3).then_some(())
    })
    .await;
    let attempts = "SELECT max(attempt)::bigint FROM consultation WHERE agency = 'onee'";
    assert_eq!(gateway.count(attempts).await, 1, "asked again while the first request waits");

    gateway.run("adapter-onee");
    commune.expect_of("PCT-1", "onee", "consultation.answered").await;
    assert_eq!(said(&gateway, "onee", "create/").await, [1]);
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty());
}

/// The attempts in which something of this kind was said to an agency about a consultation.
async fn said(gateway: &Gateway, agency: &str, what: &str) -> Vec<i32> {
    sqlx::query_scalar(
        "SELECT attempt FROM exchange WHERE agency = $1 AND position($2 in what) > 0 ORDER BY id",
    )
    .bind(agency)
    .bind(what)
    .fetch_all(&gateway.pool)
    .await
    .unwrap()
}
