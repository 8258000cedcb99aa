//! A new calendar and many open files: more than one batch, a core that is killed between two of them, and an api
//! that follows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::own_rules;
use crate::support::gateway::SOUANI;
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway};

/// More than two batches of 256 files.
const FILES: usize = 600;
#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_killed_between_two_batches_goes_on_where_it_was_and_moves_every_file_once() {
    let (mut gateway, rules) = own_rules::gateway("recompute", &["core", "api"]).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for number in 0..FILES {
        commune.submit(&format!("RF-{number}"), "repair", &[]).await;
    }
    let registered = "SELECT count(*) FROM file";
    let all = i64::try_from(FILES).unwrap();
    until("all files are registered", async || (gateway.count(registered).await == all).then_some(())).await;

    let new = own_rules::day_off(&gateway);
    let (done, said) = gateway.wasl(&["calendar", "check", &new.to_string_lossy(), "--json"]).await;
    assert!(done, "{said}");
    let checked: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&checked["open_files"], checked["moved"].as_array().unwrap().len()), (&all.into(), FILES));
    assert!(checked["moved"].as_array().unwrap().iter().all(|file| file["days"] == 2), "{said}");
    assert_eq!(simulated(&gateway).await, "2026-11-17");

    // The last file is held: the core does two batches and waits in the third.
    let mut held = gateway.pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM file ORDER BY id DESC LIMIT 1 FOR UPDATE").execute(&mut *held).await.unwrap();
    std::fs::copy(&new, rules.join("calendar/exceptional.toml")).unwrap();
    let (done, said) = gateway.wasl(&["calendar", "apply", "--wait-s", "1"]).await;
    assert!(!done && said.contains("goes on"), "{said}");
    until("two batches are done", async || {
        let files: Option<i64> =
            sqlx::query_scalar("SELECT files FROM recompute").fetch_optional(&gateway.pool).await.unwrap();
        (files == Some(512)).then_some(())
    })
    .await;
    let moved = "SELECT count(*) FROM event WHERE name = 'clock-moved'";
    assert_eq!(gateway.count(moved).await, 512);
    gateway.roles.get_mut("core").unwrap().kill().await;
    held.rollback().await.unwrap();
    gateway.run("core");

    let (done, said) = gateway.wasl(&["calendar", "apply", "--wait-s", "90"]).await;
    assert!(done && said.contains("600 open files were looked at, 600 moved"), "{said}");
    let once = "SELECT count(DISTINCT file_id) FROM event WHERE name = 'clock-moved'";
    assert_eq!((gateway.count(moved).await, gateway.count(once).await), (all, all));
    let timers = "SELECT count(*) FROM timer WHERE key = 'due:decision' AND due_at = '2026-11-20T00:00:00Z'";
    assert_eq!(gateway.count(timers).await, all);
    let mut told = BTreeSet::new();
    while told.len() < FILES {
        let event = commune.hear(PATIENCE).await.expect("every file's new date is told");
        if event["type"] == "ma.wasl.deadline.moved.v1" {
            assert_eq!(event["data"]["after"]["due"], "2026-11-19");
            assert!(told.insert(event["subject"].to_string()), "told twice: {event}");
        }
    }
    // The api was not started again.
    until("the api counts with the calendar in force", async || {
        (simulated(&gateway).await == "2026-11-19").then_some(())
    })
    .await;
    let (_, answer) = gateway.read_as("souani", "/api/v1/files/RF-0/deadline").await;
    assert_eq!(answer["due"], "2026-11-19", "{answer}");
}

/// The last day of a repair permit that is filed on Monday 2 November, as the api says it.
async fn simulated(gateway: &Gateway) -> String {
    let path = "/api/v1/deadlines/simulate?permit=repair&filed=2026-11-02";
    let (status, answer) = gateway.read_as("ministry", path).await;
    assert!(status.is_success(), "{answer}");
    answer["due"].as_str().unwrap().to_owned()
}
