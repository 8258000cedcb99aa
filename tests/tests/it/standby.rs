//! One core leads, another stands by: it takes over from one that dies and from one that freezes, and a frozen
//! core that wakes up can write nothing.

use std::collections::BTreeSet;

use toml::Value as Toml;

use crate::support::gateway::SOUANI;
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

const FILES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_from_a_dead_and_from_a_frozen_leader_and_nothing_is_done_twice() {
    // The broker gives up a silent connection after two heartbeats.
    let options = Options { settings: vec![("broker.heartbeat_s", 4)], ..Options::default() };
    let mut gateway = Gateway::lay("standby", options).await;
    // The database ends a transaction that a frozen core has left open.
    gateway.set("core", "database.idle_in_transaction_timeout_ms", Toml::Integer(6_000));
    std::fs::copy(gateway.layout.config("core"), gateway.layout.config("core_2")).unwrap();
    gateway.set("core_2", "gateway.instance_name", Toml::String("core_2".to_owned()));
    gateway.go().await;
    gateway.run("core_2");
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    assert_eq!(leader(&gateway).await.0, "core");

    let mut references = submit(&mut commune, "DEAD").await;
    gateway.roles.get_mut("core").unwrap().kill().await;
    led_by(&gateway, "core_2").await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "after the death of the leader: {left:?}");

    gateway.run("core");
    references.extend(submit(&mut commune, "FROZEN").await);
    gateway.roles["core_2"].signal("STOP");
    led_by(&gateway, "core").await;
    let (_, epoch) = leader(&gateway).await;
    references.extend(submit(&mut commune, "AFTER").await);
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "after the leader froze: {left:?}");
    let events = "SELECT count(*) FROM event";
    let before = gateway.count(events).await;
    gateway.roles["core_2"].signal("CONT");
    let log = gateway.layout.log("core_2");
    until("the frozen core sees that it leads no more", async || {
        std::fs::read_to_string(&log).unwrap().contains("stands down").then_some(())
    })
    .await;
    assert_eq!(gateway.count(events).await, before, "the frozen core has written");
    assert_eq!(leader(&gateway).await, ("core".to_owned(), epoch));
    books::balance(&gateway, &commune).await;
    commune.submit("LAST", "repair", &[]).await;
    commune.expect("LAST", "file.registered").await;
    assert_eq!(leader(&gateway).await, ("core".to_owned(), epoch));
}

async fn submit(commune: &mut Commune, prefix: &str) -> BTreeSet<String> {
    let references: BTreeSet<String> = (0..FILES).map(|number| format!("{prefix}-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    references
}

async fn leader(gateway: &Gateway) -> (String, i64) {
    sqlx::query_as("SELECT holder, epoch FROM leader").fetch_one(&gateway.pool).await.unwrap()
}

async fn led_by(gateway: &Gateway, holder: &str) {
    let begin = std::time::Instant::now();
    until("the standby leads", async || (leader(gateway).await.0 == holder).then_some(())).await;
    eprintln!("{holder} leads after {:?}", begin.elapsed());
}
