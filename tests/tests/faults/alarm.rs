//! The broker has no memory or no disk left, or does not confirm.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::Value as Toml;

use crate::queues::{is_well, observed, says};
use crate::relay::{Relay, Trick};
use crate::support::gateway::SOUANI;
use crate::support::servers::manage_json;
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

/// Confirms are waited for so long in these tests.
const CONFIRM_MS: i64 = 1_000;
/// An alarm lasts several times as long as a confirm may take.
const ALARM: Duration = Duration::from_millis(2_500);
const FILES: usize = 6;

/// Runs `rabbitmqctl` on the broker of the test.
async fn ctl(gateway: &Gateway, arguments: &[&str]) {
    let mut command = tokio::process::Command::new(gateway.layout.root.join("deploy/local/ctl-broker"));
    let output = command.arg(&gateway.layout.servers).args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn alarm_is(gateway: &Gateway, field: &str, wanted: bool) {
    until("the broker's alarm", async || {
        let nodes = manage_json(&gateway.servers, "api/nodes").await;
        (nodes[0][field] == wanted).then_some(())
    })
    .await;
}

async fn submit(commune: &mut Commune, prefix: &str) -> BTreeSet<String> {
    let references: BTreeSet<String> = (0..FILES).map(|number| format!("{prefix}-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection"]).await;
    }
    references
}

/// Connections that a role has opened so far.
async fn connects(probe: &str) -> f64 {
    let metrics = crate::support::ask::http().get(format!("{probe}/metrics")).send().await.unwrap();
    let text = metrics.text().await.unwrap();
    let lines = text.lines().filter(|line| line.starts_with("wasl_broker_connects"));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Invariant: while the broker takes no messages, the gateway says so and waits on the connections that it has; what it
/// has taken in is committed and stays in the outbox; no agency is called a second time for want of a place for its
/// answer; and when the alarm is over everything goes on by itself, nothing lost and nothing done twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_memory_or_disk_is_waited_for_and_nothing_is_lost_or_done_twice() {
    let _own = crate::OWN.lock().await;
    let options = Options {
        servers: crate::OWN_SERVERS.to_owned(),
        legal_day_ms: 60_000,
        settings: vec![("broker.confirm_timeout_ms", CONFIRM_MS)],
        ..Options::default()
    };
    let mut gateway = Gateway::lay("alarm", options).await;
    let core = observed(&gateway, "core");
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = submit(&mut commune, "BEFORE").await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "{left:?}");
    let limits = [
        ("mem_alarm", ["set_vm_memory_high_watermark", "absolute", "1MB"], "2GB"),
        ("disk_free_alarm", ["set_disk_free_limit", "mem_relative", "100000"], ""),
    ];
    for (field, command, normal) in limits {
        // What the core will take in while it can say nothing. It dies with nothing in its hands: a request that was
        // confirmed and not yet forgotten would go out once more.
        until("all is said", async || {
            (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
        })
        .await;
        gateway.roles.get_mut("core").unwrap().kill().await;
        references.extend(submit(&mut commune, field).await);
        ctl(&gateway, &command).await;
        alarm_is(&gateway, field, true).await;
        gateway.run("core");
        says(&core, "the alarm is told", |_, reason| reason.contains("takes no messages")).await;
        let taken = "SELECT count(*) FROM file";
        let all = i64::try_from(references.len()).unwrap();
        until("all is taken in", async || (gateway.count(taken).await == all).then_some(())).await;
        let before = connects(&core).await;
        // Nothing is to happen, for several times the time after which a silent broker would be given up.
        tokio::time::sleep(ALARM).await;
        assert_eq!(connects(&core).await, before, "a connection was given up for an alarm");
        assert!(gateway.count("SELECT count(*) FROM outbox").await > 0, "gone out in spite of the alarm");
        let back = if normal.is_empty() {
            vec!["set_disk_free_limit", "1GB"]
        } else {
            vec!["set_vm_memory_high_watermark", "absolute", normal]
        };
        ctl(&gateway, &back).await;
        alarm_is(&gateway, field, false).await;
        is_well(&core).await;
        let left = commune.carry(&references, PATIENCE).await;
        assert!(left.is_empty(), "after {field}: {left:?}");
    }
    books::balance(&gateway, &commune).await;
    assert!(gateway.ledger("action=duplicate").await.is_empty(), "an agency was called twice");
}

/// Invariant: what is not confirmed in time is not known: it stays in the outbox, goes out again under the same id on a
/// new connection and says that it may be a repeat, so that it has one effect; the fault is told by its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_that_never_comes_leaves_the_message_in_the_outbox_and_has_one_effect() {
    let options = Options {
        legal_day_ms: 60_000,
        settings: vec![("broker.confirm_timeout_ms", CONFIRM_MS), ("broker.reconnect_max_ms", 300)],
        ..Options::default()
    };
    let mut gateway = Gateway::lay("confirms", options).await;
    let (relay, of_adapter) = (through(&gateway, "core").await, through(&gateway, "adapter-onee").await);
    let core = observed(&gateway, "core");
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = BTreeSet::new();
    for round in 1..=3 {
        // Each session ends within a second; the log keeps what `/readyz` says for a moment only.
        let log = gateway.layout.log("core");
        let told =
            || std::fs::read_to_string(&log).unwrap().matches("was not confirmed within 1000 ms").count();
        let before = told();
        relay.play(6);
        of_adapter.play(2);
        references.extend(submit(&mut commune, &format!("R{round}")).await);
        relay.played(round * 6).await;
        until("the missing confirm is told", async || (told() > before).then_some(())).await;
        is_well(&core).await;
    }
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "{left:?}");
    until("the outbox is empty", async || {
        (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
    })
    .await;
    books::balance(&gateway, &commune).await;
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty(), "sent again unasked");
}

/// Puts a relay between a role and the broker.
async fn through(gateway: &Gateway, role: &str) -> Relay {
    let address = &gateway.servers.amqp;
    let to = format!("{}:{}", address.host_str().unwrap(), address.port().unwrap());
    let relay = Relay::start(to, Trick::SwallowConfirms).await;
    let mut url = url::Url::parse(&wasl_tests::world::servers::without_user(address)).unwrap();
    url.set_port(Some(relay.address.port())).unwrap();
    gateway.set(role, "broker.url", Toml::String(url.to_string()));
    relay
}
