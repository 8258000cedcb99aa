//! Messages that come many times, in another order, a year later, or that nobody can work off.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::bare::{Bare, stands};
use crate::support::commune::is;
use crate::support::gateway::{OBLIGING, SOUANI};
use crate::support::messages::{Message, file, minutes_before};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

/// How often each message is sent.
const COPIES: usize = 12;
const FILES: usize = 8;
/// How far a message may stray from its place.
const WINDOW: usize = 100;

/// Invariant: a message has one effect however often it comes, from whichever connection and however the copies lie
/// between others; the agencies' own repeats likewise.
#[tokio::test(flavor = "multi_thread")]
async fn a_dozen_copies_of_every_message_have_one_effect() {
    let profile = OBLIGING.replace("callback_twice = 0.0", "callback_twice = 1.0");
    let gateway =
        Gateway::start("copies", Options { profile, legal_day_ms: 60_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let second = Commune::connect(&gateway, SOUANI).await;
    let references: std::collections::BTreeSet<String> = (0..FILES).map(|n| format!("D-{n}")).collect();
    let submitted: Vec<Message> = references
        .iter()
        .map(|r| {
            let data = file(SOUANI, r, "building", &["new-connection"], commune.clock.now());
            commune.message("file.submitted", r, &data)
        })
        .collect();
    // Round after round, so that copies of all files lie between each other, on two connections in turn.
    for round in 0..COPIES {
        for message in &submitted {
            if round % 2 == 0 {
                commune.try_publish(message).await
            } else {
                second.try_publish(message).await
            }
            .unwrap();
        }
    }
    drop(second);
    for reference in &references {
        commune.expect(reference, "file.reviewed").await;
    }
    for reference in &references {
        let mut fee = crate::support::messages::sample("fee.assessed");
        fee["assessed_at"] = json!(minutes_before(commune.clock.now(), 10));
        let decision = json!({"number": format!("D-{reference}"), "outcome": "granted",
                              "decided_at": minutes_before(commune.clock.now(), 10)});
        let fee = commune.message("fee.assessed", reference, &fee);
        let decision = commune.message("decision.taken", reference, &decision);
        for _ in 0..COPIES {
            commune.try_publish(&fee).await.unwrap();
            commune.try_publish(&decision).await.unwrap();
        }
    }
    while !references.iter().all(|reference| commune.has_ended(reference)) {
        assert!(commune.hear(PATIENCE).await.is_some(), "not every file reached its end");
    }
    books::balance(&gateway, &commune).await;
    for reference in &references {
        for name in ["file.registered", "payment.ordered", "decision.recorded", "permit.delivered"] {
            assert_eq!(commune.told(reference, name).len(), 1, "{name} of {reference}");
        }
    }
    let refused = commune.heard.iter().filter(|event| is(event, "file.refused")).count();
    assert_eq!(refused, 0, "a copy is no fault");
}

/// Invariant: a message that overtakes the one that it depends on waits for it, or is refused with a named fault and no
/// effect, and then the same message under the same id counts once when it is sent again; the end is the same as in order.
#[tokio::test(flavor = "multi_thread")]
async fn messages_in_another_order_within_a_window_of_a_hundred_end_as_in_order() {
    let mut bare = Bare::lay("faults-reordered", stands("2026-11-02T10:00:00Z")).await;
    bare.lead("core").await;
    let commune = &mut bare.commune;
    let now = commune.clock.now();
    let mut messages: BTreeMap<String, Message> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for number in 0..WINDOW {
        let reference = format!("O-{number:03}");
        let submitted = file(SOUANI, &reference, "repair", &[], now);
        let withdrawn = json!({"withdrawn_at": minutes_before(now, 1)});
        for message in [
            commune.message("file.submitted", &reference, &submitted),
            commune.message("file.withdrawn", &reference, &withdrawn),
        ] {
            order.push(message.id.clone());
            messages.insert(message.id.clone(), message);
        }
    }
    let mut random = StdRng::seed_from_u64(20_261_122);
    for window in order.chunks_mut(WINDOW) {
        window.shuffle(&mut random);
        let turn = random.random_range(0..window.len());
        window.rotate_left(turn);
    }
    for id in &order {
        commune.try_publish(&messages[id]).await.unwrap();
    }
    let refused = send_again(&mut bare, &messages).await;
    let overtook = overtakers(&order, &messages);
    eprintln!("{overtook} of {WINDOW} messages overtook what they depend on, {refused} were refused");
    assert!(overtook > WINDOW / 4, "the order was hardly another one");
    bare.all_told().await;
    for number in 0..WINDOW {
        let reference = format!("O-{number:03}");
        assert_eq!(bare.events(&reference, "registered").await, 1, "{reference}");
        assert_eq!(bare.events(&reference, "withdrawn").await, 1, "{reference}");
    }
}

/// Withdrawals that were sent before their file.
fn overtakers(order: &[String], messages: &BTreeMap<String, Message>) -> usize {
    let mut known = std::collections::BTreeSet::new();
    let mut count = 0;
    for message in order.iter().map(|id| &messages[id]) {
        let event: Value = serde_json::from_slice(&message.body).unwrap();
        let subject = event["subject"].as_str().unwrap().to_owned();
        if event["type"] == "ma.wasl.file.submitted.v1" {
            known.insert(subject);
        } else if !known.contains(&subject) {
            count += 1;
        }
    }
    count
}

/// What is refused is sent again, as it was, once its file is known to be registered; until all are withdrawn. How
/// many were refused.
async fn send_again(bare: &mut Bare, messages: &BTreeMap<String, Message>) -> usize {
    let withdrawn = "SELECT count(*) FROM file WHERE status = 'withdrawn'";
    let (begin, mut looked, mut overtook, mut refused) = (std::time::Instant::now(), 0, 0, Vec::new());
    while bare.gateway.count(withdrawn).await < WINDOW as i64 {
        assert!(begin.elapsed() < PATIENCE, "{} are withdrawn", bare.gateway.count(withdrawn).await);
        bare.commune.hear(std::time::Duration::from_millis(300)).await;
        let news = bare.commune.heard[looked..].to_vec();
        looked += news.len();
        for event in news.iter().filter(|event| is(event, "file.refused")) {
            let faults = event["data"]["faults"].as_array().unwrap();
            assert_eq!((faults.len(), &faults[0]["code"]), (1, &json!("file.unknown")), "{event}");
            refused.push((event["subject"].clone(), event["data"]["refused_id"].clone()));
            overtook += 1;
        }
        let (commune, mut early) = (&mut bare.commune, Vec::new());
        for (subject, id) in refused {
            if commune.told(subject.as_str().unwrap(), "file.registered").is_empty() {
                early.push((subject, id));
            } else {
                commune.publish(&messages[id.as_str().unwrap()]).await;
            }
        }
        refused = early;
    }
    overtook
}

/// Invariant: a message is known for the life of its file and after: sent again a year later, under its id and with its
/// bytes, it changes nothing and tells nobody anything, and new files go through behind it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_after_a_year_changes_nothing() {
    let mut bare = Bare::lay("faults-replayed", stands("2026-11-03T10:00:00Z")).await;
    bare.lead("core").await;
    let mut said: Vec<Message> = Vec::new();
    for number in 0..5 {
        let reference = format!("Y-{number}");
        let data = file(SOUANI, &reference, "repair", &[], bare.commune.clock.now());
        said.push(bare.commune.say("file.submitted", &reference, &data).await);
        bare.commune.expect(&reference, "file.registered").await;
        if number % 2 == 0 {
            let data = json!({"withdrawn_at": minutes_before(bare.commune.clock.now(), 1)});
            said.push(bare.commune.say("file.withdrawn", &reference, &data).await);
        }
    }
    let withdrawn = "SELECT count(*) FROM file WHERE status = 'withdrawn'";
    until("withdrawn", async || (bare.gateway.count(withdrawn).await == 3).then_some(())).await;
    bare.all_told().await;
    bare.kill("core").await;
    bare.set_clock(stands("2027-11-03T10:00:00Z"));
    bare.lead("core").await;
    for reference in ["Y-1", "Y-3"] {
        bare.commune.expect(reference, "right.acquired").await;
    }
    let due = "SELECT count(*) FROM timer WHERE legal AND due_at <= '2027-11-03T10:00:00Z'";
    until("the year's timers", async || (bare.gateway.count(due).await == 0).then_some(())).await;
    bare.all_told().await;
    let written =
        "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM parked) + (SELECT count(*) FROM timer)";
    let before = bare.gateway.count(written).await;
    for message in &said {
        bare.commune.publish(message).await;
    }
    bare.commune.submit("Y-NEW", "repair", &[]).await;
    bare.commune.expect("Y-NEW", "file.registered").await;
    bare.all_told().await;
    let new =
        "SELECT (SELECT count(*) FROM event e JOIN file f ON f.id = e.file_id WHERE reference = 'Y-NEW')
               + (SELECT count(*) FROM timer t JOIN file f ON f.id = t.file_id WHERE reference = 'Y-NEW')";
    assert_eq!(bare.gateway.count(written).await, before + bare.gateway.count(new).await);
    let refused = bare.commune.heard.iter().filter(|event| is(event, "file.refused")).count();
    assert_eq!(refused, 0, "a repeat is no fault");
}

/// Invariant: what nobody can work off is set aside with its very bytes and the reason, whichever queue it came from and
/// whether it is refused, not understood or given up by the broker; its neighbours pass.
#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_with_its_bytes_and_stops_nobody() {
    let mut gateway = Gateway::lay("poison", Options { legal_day_ms: 60_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    // Delivered too often: somebody who dies of it each time reads it before the gateway does.
    let data = file(SOUANI, "P-KILLER", "repair", &[], commune.clock.now());
    let killer = commune.message("file.submitted", "P-KILLER", &data);
    commune.publish(&killer).await;
    let deliveries = die_of_it(&gateway, "intake").await;
    assert!(deliveries > 40, "given up after {deliveries} deliveries");
    gateway.go().await;

    let noise = b"\xff\xfe{ not a message \x00".to_vec();
    for queue in ["review.onee", "answers", "intake"] {
        put(&gateway, queue, &noise).await;
    }
    // What PostgreSQL's text cannot hold passes every schema.
    let nul = file(SOUANI, "P-NUL", "repair", &[], commune.clock.now());
    let nul = commune.message("file.submitted", "P-NUL", &nul);
    let nul = nul.with(|event| event["data"]["project"]["title"] = json!("a\u{0}b"));
    commune.publish(&nul).await;
    commune.submit("P-AFTER", "building", &["new-connection"]).await;
    commune.expect("P-AFTER", "file.reviewed").await;

    let raw = async |bytes: &[u8]| -> Vec<(String, String)> {
        sqlx::query_as("SELECT queue, code FROM parked WHERE raw = $1 ORDER BY queue")
            .bind(bytes)
            .fetch_all(&gateway.pool)
            .await
            .unwrap()
    };
    let kept = until("all is set aside", async || {
        let kept = raw(&noise).await;
        (kept.len() == 3).then_some(kept)
    })
    .await;
    let queues: Vec<&str> = kept.iter().map(|(queue, _)| queue.as_str()).collect();
    assert_eq!(queues, ["answers", "dead.review.onee", "intake"], "{kept:?}");
    assert!(kept.iter().all(|(_, code)| !code.is_empty()), "{kept:?}");
    let killed = raw(&killer.body).await;
    assert_eq!(killed, [("dead.intake".to_owned(), "parked.dead-letter".to_owned())]);
    let nul = raw(&nul.body).await;
    assert_eq!(nul.len(), 1, "neither stored nor set aside: {nul:?}");
    let (_, page) = gateway.read_as("operator", "/api/v1/parked?limit=100").await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(5), "{page}");
}

/// Reads a queue and gives back what it gets, until the broker has given it up; how often it was delivered.
async fn die_of_it(gateway: &Gateway, queue: &str) -> usize {
    use lapin::options::{BasicConsumeOptions, BasicNackOptions, QueueDeclareOptions};
    use lapin::types::FieldTable;
    let mut url = gateway.servers.amqp.clone();
    url.set_path(&gateway.name);
    let connection =
        lapin::Connection::connect(url.as_str(), lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let options = BasicConsumeOptions::default();
    let mut deliveries =
        channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await.unwrap();
    let (mut times, dead) = (0, format!("dead.{queue}"));
    let patience = std::time::Duration::from_millis(200);
    loop {
        while let Ok(Some(got)) = tokio::time::timeout(patience, deliveries.next()).await {
            got.unwrap().nack(BasicNackOptions { multiple: false, requeue: true }).await.unwrap();
            times += 1;
            assert!(times < 1000, "the broker never gives it up");
        }
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found =
            channel.queue_declare(dead.as_str().into(), passive, FieldTable::default()).await.unwrap();
        if found.message_count() == 1 {
            return times;
        }
    }
}

/// Puts bytes into a queue, as the administrator.
async fn put(gateway: &Gateway, queue: &str, bytes: &[u8]) {
    use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
    let mut url = gateway.servers.amqp.clone();
    url.set_path(&gateway.name);
    let connection =
        lapin::Connection::connect(url.as_str(), lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let confirm =
        channel.basic_publish("".into(), queue.into(), options, bytes, lapin::BasicProperties::default());
    assert!(matches!(confirm.await.unwrap().await.unwrap(), lapin::Confirmation::Ack(None)));
}
