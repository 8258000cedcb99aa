//! Reports about the line, now and then. Nothing waits for them, and one that does not go out is told with the next.

use std::time::Duration;

use uuid::Uuid;
use wasl_schemas::agency::AnswerMessage;
use wasl_schemas::line::BreakerState;

use super::Desk;
use super::call::outgoing;
use crate::broker::{PublishOutcome, Publisher};
use crate::clock::wall_now;
use crate::observe::metrics::Agency;

/// Looks at the line and reports what is new; ends when the publisher is broken.
pub(super) async fn every_now_and_then(desk: &Desk, publisher: &Publisher) {
    let every = Duration::from_millis(desk.context.settings.adapter.report_interval_ms.max(100));
    while publisher.ensure_usable().is_ok() {
        report(desk, publisher).await;
        tokio::time::sleep(every).await;
    }
}

async fn report(desk: &Desk, publisher: &Publisher) {
    let breaker = desk.breaker.shown();
    let open = i64::from(breaker == BreakerState::Open);
    let labels = Agency { agency: desk.kind.to_string() };
    let before = desk.context.metrics.agency_breaker_open.get_or_create(&labels).set(open);
    if before != open {
        tracing::warn!(agency = %desk.kind, breaker = breaker.as_str(), "the circuit breaker has turned");
    }
    let certificates = desk.adapter.certificates();
    let Some(report) = desk.line.report(wall_now(), Some(breaker), certificates) else { return };
    let message = AnswerMessage::Line(Box::new(report.clone()));
    let Some(message) = outgoing(desk, Uuid::now_v7(), "line", &message) else { return };
    if !matches!(publisher.publish(message).await, PublishOutcome::Confirmed) {
        desk.line.not_told(report);
    }
}
