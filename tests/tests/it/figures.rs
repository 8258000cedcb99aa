//! The figures that are kept say what a count over all files, consultations and fees says, at any moment: with what
//! stands in the journal, and after it was moved into the sums.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::gateway::{OTHER, SOUANI};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options};

/// What is kept beside what is there, each as one row of JSON.
const PAIRS: &[(&str, &str)] = &[
    (
        "SELECT json_build_array(sum(files), sum(under_review), sum(awaiting), sum(granted), sum(refused), sum(silent),
             sum(acquired), sum(delivered), sum(withdrawn), sum(days)) FROM file_month_figures WHERE commune = $1",
        "SELECT json_build_array(count(*), count(*) FILTER (WHERE open AND reviewed_at IS NULL),
             count(*) FILTER (WHERE open AND reviewed_at IS NOT NULL), count(*) FILTER (WHERE decision = 'granted'),
             count(*) FILTER (WHERE decision = 'refused'),
             count(*) FILTER (WHERE decision IS NULL AND right_acquired_at IS NOT NULL), count(right_acquired_at),
             count(delivered_at),
             count(*) FILTER (WHERE decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NOT NULL),
             COALESCE(sum((decided_at AT TIME ZONE 'UTC')::date - filed), 0))
         FROM (SELECT *, decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL AS open FROM file) f
         WHERE commune = $1",
    ),
    (
        "SELECT json_agg(json_build_array(due, files) ORDER BY due) FROM (SELECT due, sum(files) AS files
             FROM file_due_figures WHERE commune = $1 GROUP BY due HAVING sum(files) <> 0) d",
        "SELECT json_agg(json_build_array(due, files) ORDER BY due) FROM (SELECT due, count(*) AS files FROM file
             WHERE commune = $1 AND decided_at IS NULL AND right_acquired_at IS NULL AND withdrawn_at IS NULL
               AND due IS NOT NULL GROUP BY due) d",
    ),
    (
        "SELECT json_build_array(sum(registered), sum(reviewed), sum(decided), sum(silent), sum(delivered))
             FROM file_hour_figures WHERE commune = $1",
        "SELECT json_build_array(count(*), count(reviewed_at), count(decided_at),
             count(right_acquired_at) FILTER (WHERE decision IS NULL), count(delivered_at)) FROM file WHERE commune = $1",
    ),
    (
        "SELECT json_agg(json_build_array(agency, asked, open, answered) ORDER BY agency) FROM (SELECT agency,
             sum(asked) AS asked, sum(open) AS open, sum(answered) AS answered
             FROM consultation_month_figures WHERE commune = $1 GROUP BY agency) c",
        "SELECT json_agg(json_build_array(agency, asked, open, answered) ORDER BY agency) FROM (SELECT agency,
             count(*) AS asked, count(*) FILTER (WHERE is_awaited(status)) AS open,
             count(*) FILTER (WHERE status = 'answered') AS answered FROM consultation WHERE commune = $1
             GROUP BY agency) c",
    ),
    (
        "SELECT json_agg(json_build_array(status, fees, amount, paid) ORDER BY status) FROM (SELECT status,
             sum(fees) AS fees, sum(amount_centimes) AS amount, sum(paid_centimes) AS paid FROM fee_month_figures
             WHERE commune = $1 GROUP BY status HAVING sum(fees) <> 0) f",
        "SELECT json_agg(json_build_array(status, fees, amount, paid) ORDER BY status) FROM (SELECT status,
             count(*) AS fees, sum(amount_centimes) AS amount, COALESCE(sum(paid_centimes), 0) AS paid FROM fee
             WHERE commune = $1 GROUP BY status) f",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_are_kept_say_what_a_count_over_everything_says() {
    // Hours are forgotten after two legal days: they are to last longer than this test.
    let options = Options { legal_day_ms: 120_000, ..Options::default() };
    let gateway = Gateway::start("figures", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let references: BTreeSet<String> = (0..4).map(|number| format!("KEPT-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    commune.submit("OPEN", "building", &["near-watercourse"]).await;
    Commune::connect(&gateway, OTHER).await.submit("ELSEWHERE", "repair", &[]).await;
    commune.expect("KEPT-0", "file.registered").await;
    alike(&gateway, SOUANI).await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "{left:?}");
    alike(&gateway, SOUANI).await;
    alike(&gateway, OTHER).await;
    until("the journal is moved into the sums by itself", async || {
        (gateway.count("SELECT count(*) FROM file_change").await == 0).then_some(())
    })
    .await;
    alike(&gateway, SOUANI).await;
    let (status, day) = gateway.read_as("ministry", "/api/v1/stats/day").await;
    assert!(status.is_success());
    let files = gateway.count("SELECT count(*) FROM file").await;
    assert_eq!(day["all"]["registered"], files);
}

/// Compares both in one snapshot.
async fn alike(gateway: &Gateway, commune: &str) {
    let mut tx = gateway.pool.begin().await.unwrap();
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *tx).await.unwrap();
    for (kept, counted) in PAIRS {
        let [kept, counted]: [Option<Value>; 2] = [
            sqlx::query_scalar(*kept).bind(commune).fetch_one(&mut *tx).await.unwrap(),
            sqlx::query_scalar(*counted).bind(commune).fetch_one(&mut *tx).await.unwrap(),
        ];
        assert_eq!(kept, counted);
    }
}
