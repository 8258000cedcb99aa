//! One request to an agency, from the delivery to the message that says what became of it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use uuid::Uuid;
use wasl_adapters::crash_point;
use wasl_adapters::port::{Collected, Handled};
use wasl_schemas::agency::{
    AgencyRequest, AnswerMessage, CollectRequest, CollectedMessage, Exchange, Outcome, OutcomeMessage,
    RequestKind, ReviewMessage, Via,
};
use wasl_schemas::id::WASL_NAMESPACE;
use wasl_schemas::wire;

use super::Desk;
use super::repeat::carefully;
use crate::broker::{Delivery, Outgoing};
use crate::observe::metrics::{Agency, AgencyLabels};

/// What came of a delivery.
pub(super) struct Answered {
    /// To be published; `None` when the delivery is no message of ours.
    pub(super) message: Option<Outgoing>,
    /// The agency was reached and answered, as far as the breaker is concerned.
    pub(super) reached: bool,
    /// It was the reading of a feed.
    pub(super) feed: bool,
}

/// Answers one delivery.
pub(super) async fn answer(desk: &Desk, delivery: &Delivery) -> Answered {
    match ReviewMessage::read(&delivery.body) {
        Ok(ReviewMessage::Request(request)) => {
            crash_point!("request.received");
            let repeated = delivery.redelivered || delivery.header(wire::HEADER_POSSIBLE_DUPLICATE).is_some();
            let message = ask(desk, &request, repeated).await;
            let reached = !matches!(message.outcome, Outcome::TryLater { .. } | Outcome::InDoubt { .. });
            let id = message.id;
            let message = outgoing(desk, id, "outcome", &AnswerMessage::Outcome(Box::new(message)));
            Answered { message, reached, feed: false }
        }
        Ok(ReviewMessage::Collect(request)) => {
            crash_point!("feed.received");
            let message = collect(desk, request).await;
            let (id, reached) = (message.id, message.failed.is_none());
            let message = outgoing(desk, id, "collected", &AnswerMessage::Collected(Box::new(message)));
            Answered { message, reached, feed: true }
        }
        Err(error) => {
            tracing::error!(agency = %desk.kind, %error, "a request cannot be read");
            Answered { message: None, reached: true, feed: false }
        }
    }
}

async fn ask(desk: &Desk, request: &AgencyRequest, repeated: bool) -> OutcomeMessage {
    let _lane = desk.lanes.enter(request.consultation.0).await;
    let begin = Instant::now();
    let mut handled = bounded(desk, request, repeated).await;
    desk.line.take_from(&mut handled);
    spare(handled.exchanges.iter_mut(), desk.context.settings.adapter.wire_bodies_bytes_max);
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

/// Keeps the bodies of one message to the broker within a limit, the last ones first: they say how it ended.
fn spare<'e>(exchanges: impl DoubleEndedIterator<Item = &'e mut Exchange>, bytes_max: usize) {
    let mut left = bytes_max;
    for body in exchanges.rev().flat_map(|e| [&mut e.received, &mut e.sent]) {
        let length = body.as_ref().map_or(0, |body| body.content.len());
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => *body = None,
        }
    }
}

/// The call with its longest time. Past it we cannot know: in doubt, unless nothing was to be sent.
async fn bounded(desk: &Desk, request: &AgencyRequest, repeated: bool) -> Handled {
    let limit = Duration::from_millis(desk.context.settings.adapter.request_timeout_ms);
    match tokio::time::timeout(limit, carefully(desk.adapter.as_ref(), request, repeated)).await {
        Ok(handled) => handled,
        Err(_) if request.kind == RequestKind::Query => {
            let outcome = Outcome::TryLater { reason: "no answer in time".to_owned(), retry_after_ms: None };
            Handled { outcome, exchanges: Vec::new() }
        }
        Err(_) => Handled {
            outcome: Outcome::InDoubt { reason: format!("no answer within {} ms", limit.as_millis()) },
            exchanges: Vec::new(),
        },
    }
}

async fn collect(desk: &Desk, request: CollectRequest) -> CollectedMessage {
    let _lane = desk.lanes.enter(Uuid::new_v5(&WASL_NAMESPACE, request.feed.as_bytes())).await;
    let begin = Instant::now();
    let limit = Duration::from_millis(desk.context.settings.adapter.request_timeout_ms);
    let read = tokio::time::timeout(limit, desk.adapter.collect(&request)).await;
    let mut read = read.unwrap_or_else(|_| Collected {
        failed: Some("no answer in time".to_owned()),
        ..Collected::default()
    });
    desk.line.met(read.drift);
    read.said.iter_mut().for_each(|said| desk.line.take(&mut said.exchange));
    let bytes_max = desk.context.settings.adapter.wire_bodies_bytes_max;
    spare(read.said.iter_mut().map(|said| &mut said.exchange), bytes_max);
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
        statements: read.statements,
        failed: read.failed,
        said: read.said,
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

pub(super) fn outgoing(desk: &Desk, id: Uuid, suffix: &str, message: &AnswerMessage) -> Option<Outgoing> {
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

#[cfg(test)]
mod tests {
    use wasl_schemas::line::{BodyForm, WireBody};

    use super::*;

    fn exchange(sent: usize, received: usize) -> Exchange {
        let body = |length: usize| {
            let content = "x".repeat(length);
            (length > 0).then_some(WireBody { form: BodyForm::Utf8, content, cut: false })
        };
        Exchange {
            what: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            sent_bytes: sent as u64,
            received_bytes: received as u64,
            status: "200".to_owned(),
            sha256: String::new(),
            sent: body(sent),
            received: body(received),
            drift: Vec::new(),
        }
    }

    /// The log itself is whole whatever becomes of the bodies.
    #[test]
    fn bodies_of_one_message_stay_within_the_limit_and_the_last_ones_are_kept() {
        let mut all = [exchange(10, 10), exchange(0, 50), exchange(30, 20)];
        spare(all.iter_mut(), 60);
        let kept: Vec<(bool, bool)> = all.iter().map(|e| (e.sent.is_some(), e.received.is_some())).collect();
        assert_eq!(kept, [(false, true), (false, false), (true, true)]);
        assert_eq!(all[1].received_bytes, 50);
        spare(all.iter_mut(), 0);
        assert!(all.iter().all(|e| e.sent.is_none() && e.received.is_none()));
    }
}
