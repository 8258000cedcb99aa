//! A limit that a commune let pass: the province hears of it, then the region, each once, on queues of their own.

use serde_json::{Value, json};
use toml::Value as Toml;

use crate::support::ask::http;
use crate::support::commune::is;
use crate::support::gateway::{MONDAY, PREFECTURE, SOUANI};
use crate::support::messages::file;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Wall milliseconds of a legal day.
const FAST_DAY_MS: i64 = 500;
/// The clock runs with the wall while the files are submitted and one of them is decided.
const SLOW_MS: i64 = 12_000;

#[tokio::test(flavor = "multi_thread")]
async fn province_and_region_hear_once_each_of_a_limit_that_a_commune_let_pass() {
    let options = Options { legal_day_ms: FAST_DAY_MS, slow_ms: SLOW_MS, ..Options::default() };
    let mut gateway = Gateway::lay("escalation", options).await;
    let metrics = free_address();
    gateway.set("core", "observe.listen", Toml::String(metrics.clone()));
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut province = Commune::partner(&gateway, PREFECTURE, "province").await;
    let mut region = Commune::partner(&gateway, "01", "region").await;
    let mut late = file(SOUANI, "RF-1", "repair", &[], commune.clock.now());
    late["receipt"]["issued_at"] = json!(MONDAY);
    commune.say("file.submitted", "RF-1", &late).await;
    commune.submit("RF-2", "repair", &[]).await;
    commune.decide("RF-2", "granted").await;
    commune.expect("RF-2", "decision.recorded").await;

    // Ten working days from 2 November without the holiday of Friday 6 end on Tuesday 17.
    let told = province.expect("RF-1", "deadline.escalated").await;
    holds(&told, "province", 3);
    // A core that dies between the two tells neither of them again.
    gateway.roles.get_mut("core").unwrap().kill().await;
    gateway.run("core");
    let told = region.expect("RF-1", "deadline.escalated").await;
    holds(&told, "region", 10);
    for level in ["province", "region"] {
        let of_level = |event: &Value| is(event, "deadline.escalated") && event["data"]["level"] == level;
        let told = commune.expect_that("the commune's copy", of_level).await;
        assert_eq!(told["subject"], "RF-1");
    }
    let waiting = "SELECT count(*) FROM outbox";
    until("all is said", async || (gateway.count(waiting).await == 0).then_some(())).await;
    let events = "SELECT count(*) FROM event WHERE name = 'deadline-escalated'";
    assert_eq!(gateway.count(events).await, 2);
    for (partner, name) in [(&province, "province"), (&region, "region")] {
        assert_eq!(partner.heard.len(), 1, "{name}: {:?}", partner.heard);
    }
    assert!(commune.told("RF-2", "deadline.escalated").is_empty());
    counted(&gateway, &metrics).await;
}

/// Silence gave the right meanwhile: API and metrics count it.
async fn counted(gateway: &Gateway, metrics: &str) {
    let (_, answer) = gateway.read_as("ministry", "/api/v1/silence").await;
    assert_eq!(
        answer["counts"],
        json!({"eligible": 1, "acquired": 1, "invoked": 0, "attested": 0}),
        "{answer}"
    );
    for (stage, count) in [("eligible", 1), ("acquired", 1), ("invoked", 0), ("attested", 0)] {
        let line = format!("wasl_silence_files{{name=\"{stage}\"}} {count}\n");
        until(&line, async || {
            let answer = http().get(format!("http://{metrics}/metrics")).send().await.ok()?;
            answer.text().await.ok()?.contains(&line).then_some(())
        })
        .await;
    }
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn holds(told: &Value, level: &str, days_past: i32) {
    let expected = json!({"level": level, "commune": SOUANI, "what": "decision", "due": "2026-11-17",
        "days_past": days_past});
    // Told on the day itself, however late the machine is: the fast clock may be a day further.
    let mut data = told["data"].clone();
    let past = data["days_past"].as_i64().unwrap();
    assert!((i64::from(days_past)..i64::from(days_past) + 20).contains(&past), "{told}");
    data["days_past"] = json!(days_past);
    assert_eq!(data, expected);
}
