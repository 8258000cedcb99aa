//! Queues that an operator deletes under those who read them, or changes, and messages that no queue takes.

use reqwest::Method;
use serde_json::json;
use toml::Value as Toml;

use crate::support::gateway::{OTHER, SOUANI};
use crate::support::messages::file;
use crate::support::servers::{manage, manage_json};
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options, ask, books};

/// Shown to urban agency and ONEE.
const CONDITIONS: [&str; 1] = ["new-connection"];

/// A gateway whose core says of itself how it is.
pub(crate) async fn start(name: &str, options: Options) -> (Gateway, String) {
    let mut gateway = Gateway::lay(name, options).await;
    let probe = observed(&gateway, "core");
    gateway.go().await;
    (gateway, probe)
}

/// Has a role serve its own health; where.
pub(crate) fn observed(gateway: &Gateway, role: &str) -> String {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    gateway.set(role, "observe.listen", Toml::String(free.to_string()));
    format!("http://{free}")
}

/// Waits until a role is not ready and says why: the first reason that fits.
pub(crate) async fn says(probe: &str, what: &str, fits: impl Fn(&str, &str) -> bool) -> String {
    until(what, async || {
        let answer = ask::http().get(format!("{probe}/readyz")).send().await.ok()?;
        if answer.status().as_u16() != 503 {
            return None;
        }
        let report: serde_json::Value = answer.json().await.ok()?;
        let components = report["components"].as_object()?;
        let away = components.iter().filter(|(_, state)| state["ready"] == false);
        away.filter_map(|(name, state)| Some((name.as_str(), state["reason"].as_str()?)))
            .find(|(name, reason)| fits(name, reason))
            .map(|(_, reason)| reason.to_owned())
    })
    .await
}

/// Waits until a role is ready.
pub(crate) async fn is_well(probe: &str) {
    until("ready again", async || {
        let answer = ask::http().get(format!("{probe}/readyz")).send().await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
}

async fn delete(gateway: &Gateway, queue: &str) {
    let path = format!("api/queues/{}/{queue}", gateway.name);
    let gone = manage(&gateway.servers, Method::DELETE, &path, None).await;
    assert!(gone.is_success(), "{queue}: {gone}");
}

async fn apply(gateway: &Gateway) {
    let communes = format!("{SOUANI},{OTHER}");
    let (good, said) = gateway.wasl(&["topology", "apply", "--communes", &communes]).await;
    assert!(good, "{said}");
}

/// Invariant: a queue that is missing is named, with what makes it, by the role that reads it; it holds up nobody else;
/// what should have gone into it is not lost, not refused and not done twice; and once the queue is made again all goes
/// on without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_deleted_under_its_reader_is_named_and_nothing_that_comes_meanwhile_is_lost() {
    let (gateway, core) = start("queues", Options { legal_day_ms: 60_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("Q-0", "building", &CONDITIONS).await;
    commune.expect("Q-0", "file.reviewed").await;

    // What communes send while nobody can take it in is confirmed to them, and kept.
    delete(&gateway, "intake").await;
    let reason = says(&core, "the missing queue is named", |_, reason| reason.contains("`intake`")).await;
    commune.submit("Q-1", "building", &CONDITIONS).await;
    apply(&gateway).await;
    is_well(&core).await;
    commune.expect("Q-1", "file.reviewed").await;
    assert!(reason.contains("wasl topology apply") || reason.contains("was ended"), "{reason}");
    let refused = commune.heard.iter().filter(|event| event["type"] == "ma.wasl.file.refused.v1").count();
    assert_eq!(refused, 0, "refused for what an operator did");

    // One agency's queue: the others go on, and its own requests wait in the outbox.
    delete(&gateway, "review.onee").await;
    commune.submit("Q-2", "building", &CONDITIONS).await;
    commune.expect_of("Q-2", "urban-agency", "consultation.answered").await;
    apply(&gateway).await;
    commune.expect("Q-2", "file.reviewed").await;

    // The queue of all answers: what the agencies have said is held until somebody can be told.
    delete(&gateway, "answers").await;
    commune.submit("Q-3", "building", &CONDITIONS).await;
    let asked = gateway.ledger("agency=onee&action=consultation-accepted&file=Q-3&wait_ms=100").await;
    says(&core, "the missing queue is named", |_, reason| reason.contains("`answers`")).await;
    assert!(asked.len() <= 1, "{asked:?}");
    apply(&gateway).await;
    is_well(&core).await;
    commune.expect("Q-3", "file.reviewed").await;

    // The queue of what agencies call us with: they are told to say it again.
    commune.submit("Q-4", "building", &CONDITIONS).await;
    commune.expect_of("Q-4", "onee", "consultation.sent").await;
    let before = turned_away(&gateway).await.unwrap();
    delete(&gateway, "answers.urgent").await;
    says(&core, "the missing queue is named", |_, reason| reason.contains("`answers.urgent`")).await;
    until("a callback is turned away", async || turned_away(&gateway).await.filter(|count| *count > before))
        .await;
    let taken = gateway.ledger("agency=onee&action=callback-acknowledged&file=Q-4").await;
    assert!(taken.is_empty(), "taken without a queue: {taken:?}");
    apply(&gateway).await;
    is_well(&core).await;
    commune.expect("Q-4", "file.reviewed").await;
    assert!(
        gateway.ledger("agency=onee&action=duplicate").await.is_empty(),
        "asked twice for want of a queue"
    );
    let references: std::collections::BTreeSet<String> =
        ["Q-0", "Q-1", "Q-2", "Q-3", "Q-4"].map(str::to_owned).into();
    crate::database::carry(&mut commune, &references).await;
    books::balance(&gateway, &commune).await;
    unroutable(&gateway, &mut commune).await;
}

/// How many callbacks were answered with 503.
async fn turned_away(gateway: &Gateway) -> Option<u64> {
    let metrics = format!("http://{}/metrics", gateway.ports.http);
    let text = ask::http().get(metrics).send().await.ok()?.text().await.ok()?;
    let line = |l: &&str| l.contains("route=\"/callbacks/{agency}\"") && l.contains("status=\"503\"");
    Some(text.lines().find(line).and_then(|l| l.rsplit_once(' ')?.1.parse().ok()).unwrap_or(0))
}

/// Invariant: a message that no queue takes is no success: it stays in the outbox, its destination alone waits, and when
/// there is a queue it arrives, once and in the order of what happened.
async fn unroutable(gateway: &Gateway, commune: &mut Commune) {
    delete(gateway, &format!("commune.{OTHER}")).await;
    let other = file(OTHER, "U-1", "repair", &[], commune.clock.now());
    let message =
        crate::support::messages::structured(OTHER, "file.submitted", "U-1", commune.clock.now(), &other);
    publish_as(gateway, OTHER, &message).await;
    let waits = "SELECT count(*) FROM outbox WHERE routing_key = 'commune.015110105'";
    until("it waits in the outbox", async || (gateway.count(waits).await > 0).then_some(())).await;
    commune.submit("U-2", "repair", &[]).await;
    commune.expect("U-2", "file.registered").await;
    assert!(gateway.count(waits).await > 0, "gone to nobody");

    apply(gateway).await;
    let mut back = Commune::connect(gateway, OTHER).await;
    back.expect("U-1", "file.registered").await;
    let first: Option<u64> = back.heard[0]["sequence"].as_str().and_then(|text| text.parse().ok());
    assert_eq!(first, Some(1), "{:?}", back.heard[0]);
    until("the outbox is empty", async || (gateway.count(waits).await == 0).then_some(())).await;
    assert_eq!(back.told("U-1", "file.registered").len(), 1);
}

/// Publishes for a commune that has no queue to read.
async fn publish_as(gateway: &Gateway, code: &str, message: &crate::support::messages::Message) {
    use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
    let address = gateway.amqp_as(&format!("commune-{code}"));
    let connection =
        lapin::Connection::connect(&address, lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let properties = lapin::BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(message.id.as_str().into())
        .with_content_type(message.content_type.as_str().into())
        .with_user_id(message.user_id.clone().unwrap().into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let key = message.routing_key.as_str();
    let confirm = channel.basic_publish("wasl.in".into(), key.into(), options, &message.body, properties);
    assert!(matches!(confirm.await.unwrap().await.unwrap(), lapin::Confirmation::Ack(None)));
}

/// Invariant: what was changed on the broker by hand is told as a sentence with the very field, before it does harm; a
/// queue of another kind stops nobody silently: the role that reads it says which it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_or_a_queue_that_was_changed_by_hand_is_told_with_the_field_that_differs() {
    let gateway = Gateway::lay("mismatch", Options::default()).await;
    let check = ["topology", "check", "--communes", &format!("{SOUANI},{OTHER}")].map(str::to_owned);
    let check: Vec<&str> = check.iter().map(String::as_str).collect();
    let (good, said) = gateway.wasl(&check).await;
    assert!(good, "{said}");

    // A policy of ours, changed; a policy of somebody else above ours; a queue of another kind in the place of ours.
    let path = format!("api/policies/{}/wasl-intake", gateway.name);
    let mut policy = manage_json(&gateway.servers, &path).await;
    policy["definition"]["delivery-limit"] = json!(2);
    assert!(manage(&gateway.servers, Method::PUT, &path, Some(policy)).await.is_success());
    let foreign = json!({"pattern": "^answers$", "apply-to": "queues", "priority": 99,
                         "definition": {"max-length": 10, "overflow": "drop-head"}});
    let path = format!("api/policies/{}/tidy-up", gateway.name);
    assert!(manage(&gateway.servers, Method::PUT, &path, Some(foreign)).await.is_success());
    delete(&gateway, "review.onee").await;
    let classic = json!({"durable": true, "arguments": {"x-queue-type": "classic"}});
    let path = format!("api/queues/{}/review.onee", gateway.name);
    assert!(manage(&gateway.servers, Method::PUT, &path, Some(classic)).await.is_success());

    let (good, said) = gateway.wasl(&check).await;
    assert!(!good, "nothing was found");
    for sentence in [
        "differs: policy wasl-intake (definition.delivery-limit)",
        "unexpected: policy tidy-up",
        "differs: queue review.onee (arguments.x-queue-type",
    ] {
        assert!(said.contains(sentence), "`{sentence}` is not in: {said}");
    }
}
