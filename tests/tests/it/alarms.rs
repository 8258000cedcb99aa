//! Alarms over a running gateway: each begins once and ends once, whichever core leads; and the rules and pages that
//! come with them, tried with Prometheus's own tool and with the program's own commands.

use std::net::TcpListener;

use reqwest::StatusCode;
use serde_json::{Value, json};
use toml::Value as Toml;

use crate::support::ask::http;
use crate::support::gateway::SOUANI;
use crate::support::messages::minutes_before;
use crate::support::servers::root;
use crate::support::tools::{Said, run};
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Looks often, and soon sure of what it sees.
const QUICK: [(&str, i64); 10] = [
    ("alarm.look_interval_ms", 100),
    ("alarm.begin_after_ms", 300),
    ("alarm.end_after_ms", 600),
    ("alarm.marker_interval_ms", 500),
    ("alarm.queue_interval_ms", 200),
    ("alarm.core_queue_age_s", 5),
    ("alarm.agency_queue_age_s", 2),
    ("alarm.outbox_age_s", 60),
    ("flow.marker_alarm_ms", 5_000),
    ("database.lock_timeout_ms", 60_000),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_begins_once_and_ends_once_whichever_core_leads() {
    // A legal day is a day here: no limit passes.
    let options = Options { legal_day_ms: 86_400_000, settings: QUICK.to_vec(), ..Options::default() };
    let mut gateway = Gateway::lay("alarms", options).await;
    let watched = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    gateway.set("core", "observe.listen", Toml::String(watched.to_string()));
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let looked = format!("http://{watched}/metrics");
    let metrics = async || http().get(&looked).send().await.unwrap().text().await.unwrap();
    until("the core looks", async || metrics().await.contains("wasl_alarms_looked_seconds 1").then_some(()))
        .await;

    a_batch_that_stands_still(&gateway, &mut commune).await;

    // An adapter that is away, and a core that dies meanwhile.
    gateway.roles.get_mut("adapter-onee").unwrap().kill().await;
    commune.submit("PCT-1", "building", &["new-connection"]).await;
    let begun = begins(&gateway, "agency-queue-old", "onee").await;
    let shown = "wasl_alarm{name=\"agency-queue-old\",subject=\"onee\"}";
    assert!(metrics().await.contains(&format!("{shown} 1\n")), "{}", metrics().await);
    who_may_look(&gateway).await;
    gateway.roles.get_mut("core").unwrap().kill().await;
    gateway.run("core");
    until("the new core knows of it", async || {
        let answer = http().get(&looked).send().await.ok()?.text().await.ok()?;
        answer.contains(&format!("{shown} 1\n")).then_some(())
    })
    .await;
    gateway.run("adapter-onee");
    let ended = ends(&gateway, "agency-queue-old", "onee").await;
    assert_eq!(ended["since"], begun["since"], "the next core told it anew");
    until("the metric falls", async || metrics().await.contains(&format!("{shown} 0\n")).then_some(())).await;

    something_set_aside(&gateway).await;
    told_once(&gateway).await;
}

/// A file is locked: a message about it stops the reading of `intake.urgent`, and the marker with it.
async fn a_batch_that_stands_still(gateway: &Gateway, commune: &mut Commune) {
    commune.submit("RF-0", "repair", &[]).await;
    commune.expect("RF-0", "file.registered").await;
    let mut lock = gateway.pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM file WHERE reference = 'RF-0' FOR UPDATE").execute(&mut *lock).await.unwrap();
    let withdrawal = json!({"withdrawn_at": minutes_before(commune.clock.now(), 1)});
    commune.say("file.withdrawn", "RF-0", &withdrawal).await;
    let begun = begins(gateway, "core-queue-old", "intake.urgent").await;
    assert!(begun["value"].as_f64().unwrap() >= 5.0, "{begun}");
    assert_eq!((&begun["threshold"], &begun["unit"]), (&json!(5.0), &json!("seconds")));
    begins(gateway, "marker-overdue", "").await;
    lock.rollback().await.unwrap();
    ends(gateway, "core-queue-old", "intake.urgent").await;
    ends(gateway, "marker-overdue", "").await;
}

async fn something_set_aside(gateway: &Gateway) {
    // Communes were answered about the last two: they hold no alarm up.
    let park = "INSERT INTO parked (id, queue, code, faults, raw, headers)
         SELECT gen_random_uuid(), queue, 'parked.dead-letter', '[]', '', '{}'
         FROM UNNEST(ARRAY['callbacks.onee', 'intake', 'intake.urgent']) AS queue";
    sqlx::query(park).execute(&gateway.pool).await.unwrap();
    begins(gateway, "parked-waiting", "").await;
    let page =
        http().get(format!("http://{}/en", gateway.ports.http)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Messages set aside wait for somebody"), "{page}");
    // As an act of two operators would do it; this test is about what follows.
    let mut act = gateway.pool.begin().await.unwrap();
    sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *act).await.unwrap();
    let set_aside = "UPDATE parked SET status = 'set-aside' WHERE queue = 'callbacks.onee'";
    sqlx::query(set_aside).execute(&mut *act).await.unwrap();
    act.commit().await.unwrap();
    ends(gateway, "parked-waiting", "").await;
}

async fn who_may_look(gateway: &Gateway) {
    for nobody in ["ministry", "souani"] {
        assert_eq!(gateway.read_as(nobody, "/api/v1/alarms").await.0, StatusCode::NOT_FOUND, "{nobody}");
    }
    let (good, said) = gateway.wasl(&["alarms"]).await;
    assert!(good && said.contains("ACTIVE  agency-queue-old") && said.contains("onee"), "{said}");
    assert!(!said.contains("core-queue-old"), "it has ended: {said}");
    let (_, said) = gateway.wasl(&["alarms", "--all"]).await;
    assert!(said.contains("ended   core-queue-old"), "{said}");
}

/// One row and two lines of the log for each: nothing was told twice, over two cores.
async fn told_once(gateway: &Gateway) {
    let (_, all) = gateway.read_as("operator", "/api/v1/alarms?state=all").await;
    let log = std::fs::read_to_string(gateway.layout.log("core")).unwrap();
    for (name, subject) in
        [("core-queue-old", "intake.urgent"), ("agency-queue-old", "onee"), ("parked-waiting", "")]
    {
        let rows = all.as_array().unwrap().iter();
        let rows = rows.filter(|row| row["name"] == name && row["subject"] == subject);
        assert_eq!(rows.count(), 1, "{all}");
        let about = |line: &&str| line.contains(name) && line.contains(subject);
        for (what, words) in [("begin", "an alarm begins"), ("end", "an alarm ends")] {
            let told = log.lines().filter(|line| line.contains(words)).filter(about).count();
            assert_eq!(told, 1, "the {what} of {name} {subject}");
        }
    }
}

async fn find(gateway: &Gateway, name: &str, subject: &str) -> Option<Value> {
    let (status, all) = gateway.read_as("operator", "/api/v1/alarms?state=all").await;
    assert_eq!(status, StatusCode::OK, "{all}");
    all.as_array().unwrap().iter().find(|line| line["name"] == name && line["subject"] == subject).cloned()
}

async fn begins(gateway: &Gateway, name: &str, subject: &str) -> Value {
    let line = until(&format!("{name} {subject} begins"), async || find(gateway, name, subject).await).await;
    assert_eq!(line["until"], Value::Null, "{line}");
    line
}

async fn ends(gateway: &Gateway, name: &str, subject: &str) -> Value {
    until(&format!("{name} {subject} ends"), async || {
        find(gateway, name, subject).await.filter(|line| line["until"].is_string())
    })
    .await
}

async fn promtool(arguments: &[&str]) -> Said {
    run(&root().join("target/tools/promtool/promtool").to_string_lossy(), arguments, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alert_fires_when_its_alarm_lasts_and_only_then() {
    let checked = promtool(&["check", "rules", "deploy/prometheus/rules.yml"]).await;
    assert!(checked.good, "{}", checked.out);
    let sample = promtool(&["check", "config", "deploy/prometheus/prometheus.yml"]).await;
    assert!(sample.good, "{}", sample.out);
    let tested = promtool(&["test", "rules", "deploy/prometheus/rules.test.yml"]).await;
    assert!(tested.good, "{}", tested.out);

    // Each alert with a mistake of its own is seen: it never fires, or it fires at once.
    let read = |name: &str| std::fs::read_to_string(root().join("deploy/prometheus").join(name)).unwrap();
    let (rules, tests) = (read("rules.yml"), read("rules.test.yml"));
    let folder = root().join("target/test/alerts");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rules.test.yml"), tests).unwrap();
    let file = folder.join("rules.test.yml").to_string_lossy().into_owned();
    for (from, to) in
        [(" == 1\n", " == 2\n"), ("for: 5m\n", "for: 0m\n"), ("or vector(0)", ""), ("> 120", "> 1200")]
    {
        assert!(rules.contains(from), "{from}");
        std::fs::write(folder.join("rules.yml"), rules.replace(from, to)).unwrap();
        let spoilt = promtool(&["test", "rules", &file]).await;
        assert!(
            !spoilt.good && spoilt.out.contains("FAILED"),
            "`{from}` as `{to}` is not seen: {}",
            spoilt.out
        );
    }
}

/// The words of a command before its arguments: `wasl parked show`.
fn command(text: &str) -> Vec<&str> {
    let word =
        |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !word.starts_with('-');
    text.split_whitespace().take_while(word).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_on_a_page_for_operators_exists() {
    let program = crate::support::servers::wasl().to_string_lossy().into_owned();
    let mut commands = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(root().join("deploy/runbooks")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines: Vec<String> = text.lines().flat_map(|line| line.split('`')).map(str::to_owned).collect();
        for line in lines.iter().filter_map(|line| line.trim().strip_prefix("wasl ")) {
            commands.insert(command(line).join(" "));
        }
    }
    assert!(commands.len() > 10, "{commands:?}");
    for words in commands {
        let mut arguments: Vec<&str> = words.split(' ').collect();
        arguments.push("--help");
        let said = run(&program, &arguments, "").await;
        assert!(
            said.good && said.out.contains(&format!("Usage: wasl {words}")),
            "wasl {words}: {}",
            said.out
        );
    }
    let unknown = run(&program, &["alarms", "silence", "--help"], "").await;
    assert!(!unknown.out.contains("Usage: wasl alarms silence"), "{}", unknown.out);
}
