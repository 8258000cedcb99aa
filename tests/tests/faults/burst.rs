//! What agencies call with does not stand in the line of what they were asked.

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel};
use uuid::Uuid;
use wasl_schemas::agency::{AnswerMessage, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::wire;

use crate::backlog::{channel, confirmed};
use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Outcomes that wait before the callback comes; many times what the core takes together.
const OUTCOMES: usize = 5_000;
const AGENCY: &str = "urban-agency";

/// The agency has acknowledged a consultation: the outcome of a request, or what it called with.
fn acknowledged(consultation: Uuid, event: &str, via: Via) -> OutcomeMessage {
    let agency = AgencyKind::try_new(AGENCY).unwrap();
    OutcomeMessage {
        id: OutcomeMessage::id_of_event(&agency, event),
        agency,
        consultation: ConsultationId(consultation),
        request: if via == Via::Request { RequestKind::Consult } else { RequestKind::Query },
        attempt: u32::from(via == Via::Request),
        via,
        outcome: Outcome::Acknowledged { agency_reference: None },
        exchanges: Vec::new(),
    }
}

async fn publish(line: &Channel, key: &str, messages: &[OutcomeMessage]) {
    let mut under_way = Vec::new();
    for message in messages {
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(message.id.to_string().into())
            .with_content_type("application/json".into());
        let body = serde_json::to_vec(&AnswerMessage::Outcome(Box::new(message.clone()))).unwrap();
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let sent = line.basic_publish("wasl.answers".into(), key.into(), options, &body, properties).await;
        under_way.push(sent.unwrap());
    }
    for confirm in under_way {
        confirmed(&confirm.await);
    }
}

async fn consultation(gateway: &Gateway, reference: &str) -> Uuid {
    sqlx::query_scalar(
        "SELECT c.id FROM consultation c JOIN file f ON f.id = c.file_id
         WHERE f.reference = $1 AND c.agency = $2",
    )
    .bind(reference)
    .bind(AGENCY)
    .fetch_one(&gateway.pool)
    .await
    .unwrap()
}

/// How many of the agency's messages were written down before this one.
async fn written_before(gateway: &Gateway, id: Uuid) -> usize {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM inbox o JOIN inbox c ON c.source = o.source AND o.seen_at < c.seen_at
         WHERE c.source = '/agencies/urban-agency' AND c.id = $1",
    )
    .bind(id.to_string())
    .fetch_one(&gateway.pool)
    .await
    .unwrap();
    usize::try_from(count).unwrap()
}

/// Invariant: a callback that comes after thousands of outcomes is written down before most of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_does_not_stand_behind_a_burst_of_outcomes() {
    let mut gateway = Gateway::lay("burst", Options::default()).await;
    gateway.run("core");
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for reference in ["BUSY", "CALLED"] {
        commune.submit(reference, "building", &[]).await;
        commune.expect(reference, "file.registered").await;
    }
    gateway.roles.get_mut("core").unwrap().kill().await;

    let busy = consultation(&gateway, "BUSY").await;
    let outcomes: Vec<_> =
        (0..OUTCOMES).map(|number| acknowledged(busy, &format!("outcome-{number}"), Via::Request)).collect();
    let adapter = channel(&gateway.amqp_as("wasl-adapter-urban-agency")).await;
    publish(&adapter, "urban-agency.outcome", &outcomes).await;
    let call = acknowledged(consultation(&gateway, "CALLED").await, "callback", Via::Callback);
    let api = channel(&gateway.amqp_as("wasl-api")).await;
    publish(&api, &wire::key_callback(&call.agency), std::slice::from_ref(&call)).await;

    gateway.run("core");
    commune.expect_of("CALLED", AGENCY, "consultation.acknowledged").await;
    let all = i64::try_from(OUTCOMES + 1).unwrap();
    let read = "SELECT count(*) FROM inbox WHERE source = '/agencies/urban-agency'";
    until("all of them", async || (gateway.count(read).await == all).then_some(())).await;
    let before = written_before(&gateway, call.id).await;
    eprintln!("{before} of {OUTCOMES} outcomes were written down before the callback");
    assert!(before < OUTCOMES / 2, "{before} of {OUTCOMES} outcomes were written down before the callback");
    commune.expect_of("BUSY", AGENCY, "consultation.acknowledged").await;
}
