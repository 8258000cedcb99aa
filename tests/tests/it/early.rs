//! New files have a queue of their own: what is said about a file may be read before the file is.

use serde_json::json;

use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// More new files than the core takes in at a time.
const FILES: usize = 700;
/// The last of them, about which more is said at once.
const OVERTAKEN: usize = 20;

/// Invariant: what overtakes its file waits for it, and is done in the order in which it was said.
#[tokio::test(flavor = "multi_thread")]
async fn what_overtakes_its_file_waits_for_it_and_is_done_in_order() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let mut gateway = Gateway::start("early", options).await;
    gateway.roles.get_mut("core").unwrap().kill().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for number in 0..FILES {
        commune.submit(&format!("E-{number:03}"), "repair", &[]).await;
    }
    for number in FILES - OVERTAKEN..FILES {
        let reference = format!("E-{number:03}");
        commune.assess(&reference).await;
        let withdrawn = json!({ "withdrawn_at": commune.clock.now() });
        commune.say("file.withdrawn", &reference, &withdrawn).await;
    }
    gateway.run("core");
    let withdrawn = "SELECT count(*) FROM file WHERE withdrawn_at IS NOT NULL";
    let all = i64::try_from(OVERTAKEN).unwrap();
    until("all are withdrawn", async || (gateway.count(withdrawn).await == all).then_some(())).await;
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 0);
    // The fee was assessed before the withdrawal, or it would have been refused.
    assert_eq!(gateway.count("SELECT count(*) FROM fee").await, all);
    let kept =
        gateway.count("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM early_seq_seq").await;
    assert!(kept > 0, "nothing has overtaken its file: the test has seen nothing");
    assert_eq!(gateway.count("SELECT count(*) FROM early").await, 0);
    let whole = i64::try_from(FILES).unwrap();
    until("every file is there", async || {
        (gateway.count("SELECT count(*) FROM file").await == whole).then_some(())
    })
    .await;
}

/// Invariant: what is about no file is refused as soon as that is certain, though new files wait.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_no_file_is_refused_and_holds_nothing_up() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("early-unknown", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("K-1", "repair", &[]).await;
    commune.expect("K-1", "file.registered").await;
    commune.decide("NOBODY", "granted").await;
    commune.decide("K-1", "granted").await;
    commune.expect("K-1", "decision.recorded").await;
    let refused = commune.expect_that("the refusal", |event| event["subject"] == "NOBODY").await;
    assert_eq!(refused["data"]["faults"][0]["code"], "file.unknown");
    assert_eq!(gateway.count("SELECT count(*) FROM early").await, 0);
    // Known later, it may be said again under the same id.
    commune.submit("NOBODY", "repair", &[]).await;
    commune.expect("NOBODY", "file.registered").await;
    commune.decide("NOBODY", "granted").await;
    commune.expect("NOBODY", "decision.recorded").await;
}

/// Invariant: what is kept is looked for however long its transaction takes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_by_a_slow_transaction_is_not_forgotten() {
    let options = Options {
        legal_day_ms: 600_000,
        settings: vec![("database.lock_timeout_ms", 60_000)],
        ..Options::default()
    };
    let gateway = Gateway::start("early-slow", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // It may be looked for, and cannot be written.
    let mut lock = gateway.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE early IN SHARE MODE").execute(&mut *lock).await.unwrap();
    commune.decide("NOBODY", "granted").await;
    let stopped = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("its writing waits", async || (gateway.count(stopped).await == 1).then_some(())).await;
    // The lease is renewed less often than what is kept is looked for.
    for _ in 0..3 {
        let renewed = "SELECT (extract(epoch FROM renewed_at) * 1000)::bigint FROM lease";
        let before = gateway.count(renewed).await;
        until("the lease is renewed", async || (gateway.count(renewed).await != before).then_some(())).await;
    }
    lock.commit().await.unwrap();
    let refused = commune.expect_that("the refusal", |event| event["subject"] == "NOBODY").await;
    assert_eq!(refused["data"]["faults"][0]["code"], "file.unknown");
}
