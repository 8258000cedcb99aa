//! Broker or database away: the gateway says so, waits, and goes on by itself; nothing is lost.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::gateway::SOUANI;
use crate::support::servers::{manage_json, script};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

const FILES: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn with_broker_or_database_away_the_gateway_says_so_and_goes_on_by_itself() {
    let options = Options { servers: "servers-crashed".to_owned(), ..Options::default() };
    let mut gateway = Gateway::start("servers-away", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    queues_are_on_disk(&gateway).await;

    let mut references = submit(&mut commune, "BROKER").await;
    script(&gateway.layout, "kill-broker").await;
    let reason = not_ready(&gateway, "broker").await;
    assert!(!reason.is_empty(), "no reason");
    script(&gateway.layout, "start-broker").await;
    gateway.ready().await;
    commune.reopen().await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "after the broker: {left:?}");

    references.extend(submit(&mut commune, "DATABASE").await);
    script(&gateway.layout, "kill-database").await;
    let reason = not_ready(&gateway, "database").await;
    assert!(!reason.is_empty(), "no reason");
    // What a commune says meanwhile waits in the broker.
    references.extend(submit(&mut commune, "MEANWHILE").await);
    script(&gateway.layout, "start-database").await;
    gateway.ready().await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "after the database: {left:?}");
    books::balance(&gateway, &commune).await;
    drop(gateway.roles);
    gateway.pool.close().await;
    wasl_tests::world::servers::Servers::down(&gateway.layout, true).unwrap();
}

async fn submit(commune: &mut Commune, prefix: &str) -> BTreeSet<String> {
    let references: BTreeSet<String> = (0..FILES).map(|number| format!("{prefix}-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    references
}

/// `/readyz` answers 503 and names a component of this kind with its reason.
async fn not_ready(gateway: &Gateway, kind: &str) -> String {
    until("readyz says 503", async || {
        let (status, report) = gateway.readyz().await?;
        let components = report["components"].as_object()?;
        let away = components.iter().find(|(name, state)| name.contains(kind) && state["ready"] == false);
        let (_, state) = away.filter(|_| status.as_u16() == 503)?;
        state["reason"].as_str().map(str::to_owned)
    })
    .await
}

/// RabbitMQ 3.10 forgets a quorum queue that is killed within a second of its birth: its name must have reached
/// the disk first (see `deploy/local/README.md`).
async fn queues_are_on_disk(gateway: &Gateway) {
    let queues = manage_json(&gateway.servers, &format!("api/queues/{}", gateway.name)).await;
    let names: Vec<String> = queues
        .as_array()
        .unwrap()
        .iter()
        .map(|queue: &Value| format!("{}_{}", gateway.name, queue["name"].as_str().unwrap()))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    let folder = gateway.layout.servers.join("broker/data/node/quorum");
    until("the names of all queues are on disk", async || {
        let nodes = std::fs::read_dir(&folder).ok()?.flatten();
        let bytes: Vec<u8> =
            nodes.filter_map(|node| std::fs::read(node.path().join("names.dets")).ok()).flatten().collect();
        let has = |name: &String| bytes.windows(name.len()).any(|window| window == name.as_bytes());
        names.iter().all(has).then_some(())
    })
    .await;
}
