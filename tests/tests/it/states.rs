//! The core keeps in memory how a file stands after it wrote it. It is believed only while the row is the one that the
//! core wrote: whoever else changes it is seen.

use std::net::TcpListener;

use serde_json::json;
use toml::Value as Toml;

use crate::support::ask::http;
use crate::support::gateway::SOUANI;
use crate::support::messages::minutes_before;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_taken_from_memory_until_somebody_else_changes_the_row() {
    let mut gateway = Gateway::lay("states", Options::default()).await;
    let watched = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    gateway.set("core", "observe.listen", Toml::String(watched.to_string()));
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("ST-1", "building", &["new-connection"]).await;
    commune.expect("ST-1", "file.reviewed").await;
    let metrics = format!("http://{watched}/metrics");
    let text = http().get(&metrics).send().await.unwrap().text().await.unwrap();
    let counted = |from: &str| -> u64 {
        let line = format!("wasl_file_states_total{{name=\"{from}\"}} ");
        text.lines().find_map(|told| told.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    };
    // Messages about the file came to the core that had written it before.
    assert!(counted("memory") >= 2, "{text}");

    let changed =
        "UPDATE file SET state = jsonb_set(state, '{registration}', '\"BY-HAND\"') WHERE reference = 'ST-1'";
    sqlx::query(changed).execute(&gateway.pool).await.unwrap();
    let withdrawal = json!({"withdrawn_at": minutes_before(commune.clock.now(), 1)});
    commune.say("file.withdrawn", "ST-1", &withdrawal).await;
    let stands =
        "SELECT state->>'registration' FROM file WHERE reference = 'ST-1' AND withdrawn_at IS NOT NULL";
    let stands: String = until("the withdrawal is written", async || {
        sqlx::query_scalar(stands).fetch_optional(&gateway.pool).await.unwrap()
    })
    .await;
    assert_eq!(stands, "BY-HAND", "the core wrote down what it had kept, not what stood there");
}
