//! Everything that came while the gateway was off waits in the broker, and is then worked off with the memory of an
//! ordinary day.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde_json::Value;
use tokio::sync::mpsc;
use wasl_schemas::agency::{AnswerMessage, Outcome, OutcomeMessage, RequestKind, Via};

use crate::memory;
use crate::support::gateway::SOUANI;
use crate::support::messages::{Message, file, structured};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Gateway, Options};

/// Messages that wait, unless `FAULTS_BACKLOG` says how many.
const WAITING: usize = 5_000;
/// From so many on the slope of the memory says something.
const SLOPE_FROM: usize = 50_000;
/// The core holds no more than this, ever.
const PEAK_KIB_MAX: u64 = 256 << 10;
/// What the memory may grow by in 100,000 messages.
const SLOPE_KIB_MAX: f64 = 1024.0;
/// Answers of agencies, and as many decisions of the commune, that come while the backlog is worked off.
const ANSWERS: usize = 8;
/// Files that are known before the gateway is off.
const KNOWN: usize = 2 * ANSWERS;
/// How soon each of them is known to the commune: most of them, and the slowest while other tests run on the same cores.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
const SLOWEST_WITHIN: Duration = Duration::from_secs(4);
/// The memory is judged by the least that was seen in each of so many parts: what is held and not what is passing.
const PARTS: usize = 8;

fn waiting() -> usize {
    std::env::var("FAULTS_BACKLOG").ok().and_then(|text| text.parse().ok()).unwrap_or(WAITING)
}

pub(crate) async fn channel(address: &str) -> Channel {
    let connection = Connection::connect(address, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    // The connection lives as long as its channels.
    std::mem::forget(connection);
    channel
}

/// Publishes with many confirms under way.
async fn publish(gateway: &Gateway, count: usize, now: jiff::Timestamp) {
    let channel = channel(&gateway.amqp_as(&format!("commune-{SOUANI}"))).await;
    let mut under_way = std::collections::VecDeque::new();
    for number in 0..count {
        let reference = format!("B-{number:06}");
        let message = structured(
            SOUANI,
            "file.submitted",
            &reference,
            now,
            &file(SOUANI, &reference, "repair", &[], now),
        );
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(message.id.as_str().into())
            .with_content_type(message.content_type.as_str().into())
            .with_user_id(message.user_id.clone().unwrap().into());
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let key = message.routing_key.as_str();
        let sent = channel.basic_publish("wasl.in".into(), key.into(), options, &message.body, properties);
        under_way.push_back(sent.await.unwrap());
        if under_way.len() > 400 {
            confirmed(&under_way.pop_front().unwrap().await);
        }
    }
    for confirm in under_way {
        confirmed(&confirm.await);
    }
}

pub(crate) fn confirmed(answer: &lapin::Result<Confirmation>) {
    assert!(matches!(answer, Ok(Confirmation::Ack(None))), "{answer:?}");
}

/// Reads the commune's queue: counts registrations, and hands on what is about a consultation or a decision.
async fn read(gateway: &Gateway, registered: Arc<AtomicUsize>, told: mpsc::Sender<(String, Instant)>) {
    let channel = channel(&gateway.amqp_as(&format!("commune-{SOUANI}"))).await;
    channel.basic_qos(500, BasicQosOptions::default()).await.unwrap();
    let queue = format!("commune.{SOUANI}");
    let mut deliveries = channel
        .basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await
        .unwrap();
    tokio::spawn(async move {
        let mut seen = BTreeSet::new();
        while let Some(Ok(delivery)) = deliveries.next().await {
            let event: Value = serde_json::from_slice(&delivery.data).unwrap();
            let (kind, subject) = (event["type"].as_str().unwrap(), event["subject"].as_str().unwrap());
            if kind == "ma.wasl.file.registered.v1" && seen.insert(subject.to_owned()) {
                registered.fetch_add(1, Ordering::SeqCst);
            } else if ["ma.wasl.consultation.acknowledged.v1", "ma.wasl.decision.recorded.v1"].contains(&kind)
            {
                told.send((subject.to_owned(), Instant::now())).await.unwrap();
            }
            delivery.ack(BasicAckOptions::default()).await.unwrap();
        }
    });
}

/// The urban agency acknowledges the consultation of a file.
async fn acknowledge(gateway: &Gateway, line: &Channel, reference: &str) {
    let consultation: uuid::Uuid = sqlx::query_scalar(
        "SELECT c.id FROM consultation c JOIN file f ON f.id = c.file_id
         WHERE f.reference = $1 AND c.agency = 'urban-agency'",
    )
    .bind(reference)
    .fetch_one(&gateway.pool)
    .await
    .unwrap();
    let consultation = wasl_schemas::id::ConsultationId(consultation);
    let agency = wasl_schemas::id::AgencyKind::try_new("urban-agency").unwrap();
    let outcome = Outcome::Acknowledged { agency_reference: None };
    let id = OutcomeMessage::id_of_attempt(consultation, RequestKind::Consult, 1, &outcome);
    let message = OutcomeMessage {
        id,
        agency,
        consultation,
        request: RequestKind::Consult,
        attempt: 1,
        via: Via::Request,
        outcome,
        exchanges: Vec::new(),
    };
    let body = serde_json::to_vec(&AnswerMessage::Outcome(Box::new(message))).unwrap();
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(id.to_string().into())
        .with_content_type("application/json".into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let sent =
        line.basic_publish("wasl.answers".into(), "urban-agency.outcome".into(), options, &body, properties);
    confirmed(&sent.await.unwrap().await);
}

/// When the commune is told of a file; nothing else is told meanwhile.
async fn heard(told: &mut mpsc::Receiver<(String, Instant)>, reference: &str) -> Instant {
    let (subject, at) = tokio::time::timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
    assert_eq!(subject, reference);
    at
}

/// The commune grants a file that is known.
async fn decide(line: &Channel, reference: &str, now: jiff::Timestamp) {
    let decision =
        serde_json::json!({ "number": format!("D-{reference}"), "outcome": "granted", "decided_at": now });
    say(line, &structured(SOUANI, "decision.taken", reference, now, &decision)).await;
}

/// Publishes one message of the commune.
async fn say(line: &Channel, message: &Message) {
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_content_type(message.content_type.as_str().into())
        .with_user_id(message.user_id.clone().unwrap().into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let key = message.routing_key.as_str();
    let sent = line.basic_publish("wasl.in".into(), key.into(), options, &message.body, properties);
    confirmed(&sent.await.unwrap().await);
}

/// The least memory in each part of what was seen, in the middle of its messages.
fn floors(seen: &[(usize, u64)]) -> Vec<(usize, u64)> {
    let part = (seen.len() / PARTS).max(1);
    let floor = |part: &[(usize, u64)]| {
        let least = part.iter().map(|(_, kib)| *kib).min().unwrap_or(0);
        (part[part.len() / 2].0, least)
    };
    seen.chunks_exact(part).map(floor).collect()
}

/// Growth of the memory in KiB for 100,000 messages: least squares.
fn slope(seen: &[(usize, u64)]) -> f64 {
    let count = seen.len() as f64;
    let (mean_x, mean_y) = (
        seen.iter().map(|(x, _)| *x as f64).sum::<f64>() / count,
        seen.iter().map(|(_, y)| *y as f64).sum::<f64>() / count,
    );
    let over: f64 = seen.iter().map(|(x, y)| (*x as f64 - mean_x) * (*y as f64 - mean_y)).sum();
    let under: f64 = seen.iter().map(|(x, _)| (*x as f64 - mean_x).powi(2)).sum();
    over / under * 100_000.0
}

/// Invariant: what waited while the gateway was off is worked off whole, each message once, with a memory that does not
/// depend on how much waits; and what agencies answer and communes decide meanwhile does not stand in the same line: it
/// is known within a second, though it was sent last.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_worked_off_with_flat_memory_and_what_is_urgent_does_not_wait_behind_it() {
    let all = waiting();
    let mut gateway =
        Gateway::lay("backlog", Options { legal_day_ms: 3_600_000, ..Options::default() }).await;
    let registered = Arc::new(AtomicUsize::new(0));
    let (sender, mut told) = mpsc::channel(ANSWERS * 2);
    read(&gateway, Arc::clone(&registered), sender).await;
    gateway.run("core");
    let mut commune = crate::support::Commune::connect(&gateway, crate::support::gateway::OTHER).await;
    let line = channel(&gateway.amqp_as(&format!("commune-{SOUANI}"))).await;
    for (kind, permit) in [("A", "building"), ("D", "repair")] {
        for number in 0..ANSWERS {
            let (reference, now) = (format!("{kind}-{number}"), commune.clock.now());
            let data = file(SOUANI, &reference, permit, &[], now);
            say(&line, &structured(SOUANI, "file.submitted", &reference, now, &data)).await;
        }
    }
    until("known", async || (registered.load(Ordering::SeqCst) == KNOWN).then_some(())).await;
    gateway.roles.get_mut("core").unwrap().kill().await;

    publish(&gateway, all, commune.clock.now()).await;
    let agency = channel(&gateway.amqp_as("wasl-adapter-urban-agency")).await;
    gateway.run("core");
    let (begin, pid) = (Instant::now(), gateway.roles["core"].pid().to_string());
    let (mut seen, mut answers, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let done = registered.load(Ordering::SeqCst) - KNOWN;
        if done >= all {
            break;
        }
        let patience = PATIENCE + Duration::from_millis(all as u64 * 10);
        assert!(begin.elapsed() < patience, "{done} of {all} after {:?}", begin.elapsed());
        seen.push((done, memory::now_kib(&pid)));
        // Spread over the middle of the backlog.
        if answers.len() < ANSWERS && done > all * (answers.len() + 1) / (ANSWERS + 2) {
            let number = answers.len();
            let asked = Instant::now();
            acknowledge(&gateway, &agency, &format!("A-{number}")).await;
            answers.push(heard(&mut told, &format!("A-{number}")).await.duration_since(asked));
            let said = Instant::now();
            decide(&line, &format!("D-{number}"), commune.clock.now()).await;
            decisions.push(heard(&mut told, &format!("D-{number}")).await.duration_since(said));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = begin.elapsed();
    let peak = memory::peak_kib(&pid);
    assert_eq!(answers.len(), ANSWERS, "the backlog was too small to answer in");
    answers.sort();
    decisions.sort();
    // The first part fills what is filled once: pools, buffers, caches, what the allocator keeps of the largest batch.
    seen.retain(|(done, _)| *done > all * 2 / 5);
    let floors = floors(&seen);
    let growth = slope(&floors);
    let (median, slowest) = (answers[answers.len() / 2], answers[answers.len() - 1]);
    eprintln!(
        "{all} messages in {took:?} ({:.0} a second), peak {peak} KiB, slope {growth:.0} KiB in 100,000, floors {floors:?}, \
         answers {median:?} to {slowest:?}, decisions {decisions:?}",
        all as f64 / took.as_secs_f64(),
    );
    let whole = i64::try_from(all + KNOWN).unwrap();
    assert_eq!(gateway.count("SELECT count(*) FROM file").await, whole);
    let registrations = "SELECT count(*) FROM event WHERE name = 'registered'";
    assert_eq!(gateway.count(registrations).await, whole);
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 0);
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
    assert!(median < ANSWER_WITHIN && slowest < SLOWEST_WITHIN, "answers took {answers:?}");
    let (median, slowest) = (decisions[decisions.len() / 2], decisions[decisions.len() - 1]);
    assert!(median < ANSWER_WITHIN && slowest < SLOWEST_WITHIN, "decisions took {decisions:?}");
    if all >= SLOPE_FROM {
        assert!(growth < SLOPE_KIB_MAX, "{growth:.0} KiB in 100,000 messages");
    }
    // The newest file is served at once as soon as the line is short.
    let newest = Instant::now();
    commune.submit("NEWEST", "repair", &[]).await;
    commune.expect("NEWEST", "file.registered").await;
    assert!(newest.elapsed() < ANSWER_WITHIN, "the newest file took {:?}", newest.elapsed());
}
