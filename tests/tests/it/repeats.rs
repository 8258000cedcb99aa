//! The same message twice: one effect. The same id with another content: a fault, never a silent loss.

use serde_json::{Value, json};

use crate::support::gateway::SOUANI;
use crate::support::messages::{Message, file};
use crate::support::{Commune, Gateway, Options};

/// A building whose review asks two agencies.
const CONDITIONS: [&str; 1] = ["new-connection"];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_twice_has_one_effect_and_the_same_id_with_another_body_is_a_fault() {
    let gateway = Gateway::start("repeats", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let data = file(SOUANI, "PCT-1", "building", &CONDITIONS, commune.clock.now());
    let first = commune.message("file.submitted", "PCT-1", &data);
    commune.publish(&first).await;
    commune.publish(&first).await;
    commune.expect("PCT-1", "file.registered").await;
    // A retry of another machine: other trace headers, another time, another mode, the same message.
    let retried = first.clone().with(|event| {
        event["traceparent"] = json!("00-11111111111111111111111111111111-2222222222222222-01");
        event["time"] = json!("2026-11-02T09:00:00Z");
    });
    commune.publish(&retried).await;
    commune.publish(&first.clone().binary()).await;
    commune.expect("PCT-1", "file.reviewed").await;

    let reused: Message = first.clone().with(|event| event["data"]["receipt"]["number"] = json!("R-OTHER"));
    commune.publish(&reused).await;
    let refused =
        commune.expect_that("a refusal", |event| event["data"]["refused_id"] == json!(first.id)).await;
    let faults = refused["data"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!((&faults[0]["code"], &faults[0]["pointer"]), (&json!("message.id-reused"), &json!("/id")));

    // One after all of them went through: whatever they did has been done.
    commune.submit("PCT-2", "repair", &[]).await;
    commune.expect("PCT-2", "file.registered").await;
    let refusals = commune.heard.iter().filter(|event| event["type"] == "ma.wasl.file.refused.v1");
    assert_eq!(refusals.count(), 1);
    assert_eq!(gateway.count("SELECT count(*) FROM file WHERE reference = 'PCT-1'").await, 1);
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 1);
    assert_eq!(commune.told("PCT-1", "file.registered").len(), 1);
    let kept: Value = sqlx::query_scalar("SELECT state FROM file WHERE reference = 'PCT-1'")
        .fetch_one(&gateway.pool)
        .await
        .unwrap();
    assert_eq!(kept["permit_file"]["receipt"]["number"], data["receipt"]["number"]);
    for agency in ["urban-agency", "onee"] {
        let asked = gateway.ledger(&format!("agency={agency}&action=consultation-accepted&file=PCT-1")).await;
        assert_eq!(asked.len(), 1, "{agency}: {asked:?}");
    }
    assert!(gateway.ledger("action=duplicate").await.is_empty());
}
