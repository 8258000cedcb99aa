//! One request to an agency, from the delivery to the message that says what became of it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use uuid::Uuid;
use wasl_adapters::port::{Collected, Handled};
use wasl_schemas::agency::{
    AgencyRequest, AnswerMessage, CollectRequest, CollectedMessage, Outcome, OutcomeMessage, RequestKind,
    ReviewMessage, Via,
};
use wasl_schemas::id::WASL_NAMESPACE;
use wasl_schemas::wire;

use super::Desk;
use crate::broker::{Delivery, Outgoing};
use crate::observe::metrics::{Agency, AgencyLabels};

/// Answers one delivery; `None` when it is no message of ours.
pub(super) async fn answer(desk: &Desk, delivery: &Delivery) -> Option<Outgoing> {
    match serde_json::from_slice::<ReviewMessage>(&delivery.body) {
        Ok(ReviewMessage::Request(request)) => {
            let repeated = delivery.redelivered || delivery.header(wire::HEADER_POSSIBLE_DUPLICATE).is_some();
            let message = ask(desk, &request, repeated).await;
            let id = message.id;
            outgoing(desk, id, "outcome", &AnswerMessage::Outcome(Box::new(message)))
        }
        Ok(ReviewMessage::Collect(request)) => {
            let message = collect(desk, request).await;
            let id = message.id;
            outgoing(desk, id, "collected", &AnswerMessage::Collected(Box::new(message)))
        }
        Err(error) => {
            tracing::error!(agency = %desk.kind, %error, "a request cannot be read");
            None
        }
    }
}

async fn ask(desk: &Desk, request: &AgencyRequest, repeated: bool) -> OutcomeMessage {
    let _lane = desk.lanes.enter(request.consultation.0).await;
    let begin = Instant::now();
    let handled = match desk.breaker.admits() {
        Ok(()) => bounded(desk, request, repeated).await,
        Err(remaining) => later("the agency does not answer; it is left alone for a while", Some(remaining)),
    };
    desk.breaker.note(&handled.outcome);
    note(desk, request.kind.as_str(), handled.outcome.key(), begin);
    let id = if request.kind == RequestKind::Query && handled.outcome != Outcome::NotKnown {
        // Polls are many: each answer that says something is one event, whatever the poll's number.
        let said = serde_json::to_vec(&handled.outcome).unwrap_or_default();
        Uuid::new_v5(&request.consultation.0, &said)
    } else {
        OutcomeMessage::id_of_attempt(request.consultation, request.kind, request.attempt, &handled.outcome)
    };
    OutcomeMessage {
        id,
        agency: desk.kind.clone(),
        consultation: request.consultation,
        request: request.kind,
        attempt: request.attempt,
        via: Via::Request,
        outcome: handled.outcome,
        exchanges: handled.exchanges,
    }
}

/// The call with its longest time. Past it we cannot know: in doubt, unless nothing was to be sent.
async fn bounded(desk: &Desk, request: &AgencyRequest, repeated: bool) -> Handled {
    let limit = Duration::from_millis(desk.context.settings.adapter.request_timeout_ms);
    match tokio::time::timeout(limit, carefully(desk, request, repeated)).await {
        Ok(handled) => handled,
        Err(_) if request.kind == RequestKind::Query => later("no answer in time", None),
        Err(_) => Handled {
            outcome: Outcome::InDoubt { reason: format!("no answer within {} ms", limit.as_millis()) },
            exchanges: Vec::new(),
        },
    }
}

/// Before anything is sent a second time the agency is asked by our own reference, unless it refuses
/// duplicates itself.
async fn carefully(desk: &Desk, request: &AgencyRequest, repeated: bool) -> Handled {
    if request.kind == RequestKind::Query {
        return desk.adapter.query(request).await;
    }
    let again = repeated || request.attempt > 1;
    let sends = matches!(request.kind, RequestKind::Consult | RequestKind::Pay);
    if again && sends && !desk.adapter.traits().refuses_duplicates {
        let asked = desk.adapter.query(request).await;
        if asked.outcome != Outcome::NotKnown {
            return asked;
        }
        let mut sent = desk.adapter.handle(request).await;
        let mut exchanges = asked.exchanges;
        exchanges.append(&mut sent.exchanges);
        return Handled { outcome: sent.outcome, exchanges };
    }
    desk.adapter.handle(request).await
}

async fn collect(desk: &Desk, request: CollectRequest) -> CollectedMessage {
    let _lane = desk.lanes.enter(Uuid::new_v5(&WASL_NAMESPACE, request.feed.as_bytes())).await;
    let begin = Instant::now();
    let limit = Duration::from_millis(desk.context.settings.adapter.request_timeout_ms);
    let read = tokio::time::timeout(limit, desk.adapter.collect(&request)).await;
    let read = read.unwrap_or_else(|_| Collected {
        failed: Some("no answer in time".to_owned()),
        ..Collected::default()
    });
    note(desk, "collect", if read.failed.is_some() { "try-later" } else { "collected" }, begin);
    let name =
        format!("collected|{}|{}|{}|{}", request.agency, request.feed, request.version, read.next_cursor);
    CollectedMessage {
        id: Uuid::new_v5(&WASL_NAMESPACE, name.as_bytes()),
        agency: request.agency,
        feed: request.feed,
        version: request.version,
        next_cursor: read.next_cursor,
        more: read.more,
        items: read.items,
        rejected: read.rejected,
        failed: read.failed,
    }
}

fn later(reason: &str, after: Option<Duration>) -> Handled {
    let retry_after_ms = after.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
    Handled {
        outcome: Outcome::TryLater { reason: reason.to_owned(), retry_after_ms },
        exchanges: Vec::new(),
    }
}

fn note(desk: &Desk, request: &str, outcome: &str, begin: Instant) {
    let agency = desk.kind.to_string();
    let labels =
        AgencyLabels { agency: agency.clone(), request: request.to_owned(), outcome: outcome.to_owned() };
    desk.context.metrics.agency_calls.get_or_create(&labels).inc();
    let seconds = begin.elapsed().as_secs_f64();
    desk.context.metrics.agency_call_seconds.get_or_create(&Agency { agency }).observe(seconds);
}

fn outgoing(desk: &Desk, id: Uuid, suffix: &str, message: &AnswerMessage) -> Option<Outgoing> {
    let body = match serde_json::to_vec(message) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(agency = %desk.kind, %error, "an outcome cannot be written");
            return None;
        }
    };
    Some(Outgoing {
        exchange: wire::EXCHANGE_ANSWERS.to_owned(),
        routing_key: format!("{}.{suffix}", desk.kind),
        message_id: id.to_string(),
        content_type: "application/json".to_owned(),
        correlation_id: None,
        user_id: None,
        priority: None,
        headers: Vec::new(),
        body: Bytes::from(body),
    })
}
