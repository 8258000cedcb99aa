//! Dispatch: runs an agency's adapter against its queue. It has no database; what it knows comes in the request.
//!
//! 1. takes requests from `review.<agency>`, several at a time, but one at a time for a consultation, and readings of
//!    feeds from `review.<agency>.feeds`, one at a time for a feed;
//! 2. on a repeat (attempt > 1, redelivered, possible duplicate) asks the agency by our own reference first;
//! 3. calls the adapter (an open breaker pauses the queue), publishes its outcome with a confirm, and only then
//!    acknowledges;
//! 4. reports now and then what is known of the line: drift, breaker, certificates.

mod agencies;
mod breaker;
mod call;
mod lanes;
mod line;
mod repeat;
mod report;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasl_adapters::crash_point;
use wasl_adapters::port::Adapter;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

pub use self::agencies::{AgenciesError, adapter_of};
use self::breaker::{Breaker, Turn};
use self::lanes::Lanes;
pub use self::line::{CERTIFICATE_WARNING, Line};
use crate::broker::reconnect::Pauses;
use crate::broker::{
    BatchConsumer, BrokerError, Delivery, Outgoing, PublishOutcome, Publisher, Session, Settler,
    run_connection,
};
use crate::context::Context;

/// Runs the adapter of a kind until the process stops.
///
/// # Errors
/// No such adapter, or its settings cannot be used: the program does not start.
pub async fn run_adapter(kind: &str, context: Context) -> anyhow::Result<()> {
    let adapter = adapter_of(&context.settings, kind)?;
    let kind = AgencyKind::try_new(kind)?;
    let breaker = Arc::new(Breaker::new(&context.settings.adapter));
    let line = Arc::new(Line::new(kind.clone(), context.metrics.clone()));
    run_connection(&format!("adapter:{kind}"), &context, |session| {
        let desk = Desk {
            adapter: adapter.clone(),
            kind: kind.clone(),
            context: context.clone(),
            breaker: breaker.clone(),
            line: line.clone(),
            lanes: Arc::new(Lanes::default()),
        };
        work(desk, session)
    })
    .await;
    Ok(())
}

/// What the calls of one adapter share.
#[derive(Clone)]
struct Desk {
    adapter: Arc<dyn Adapter>,
    kind: AgencyKind,
    context: Context,
    breaker: Arc<Breaker>,
    line: Arc<Line>,
    lanes: Arc<Lanes>,
}

/// Reads requests and feeds side by side until one of them ends; then the other ends too.
async fn work(desk: Desk, session: Session) -> Result<(), BrokerError> {
    let publisher = Arc::new(Publisher::open(&session).await?);
    let line =
        Reader { desk: &desk, session: &session, publisher: &publisher, broken: CancellationToken::new() };
    let reports = async {
        report::every_now_and_then(&desk, &publisher).await;
        line.broken.cancel();
    };
    let requests = line.read(wire::queue_review(&desk.kind), desk.context.settings.adapter.concurrency_max);
    let feeds = line.read(wire::queue_feeds(&desk.kind), desk.adapter.traits().feeds.len());
    let both = futures_util::future::join(requests, feeds);
    tokio::pin!(both, reports);
    let (requests, feeds) = tokio::select! {
        ended = &mut both => ended,
        () = &mut reports => both.await,
    };
    requests.and(feeds)
}

/// Reads queues of an agency on one connection.
struct Reader<'a> {
    desk: &'a Desk,
    session: &'a Session,
    publisher: &'a Arc<Publisher>,
    /// Something on the connection has failed: everything on it ends.
    broken: CancellationToken,
}

impl Reader<'_> {
    /// Works off a queue, at most so many messages at a time, and ends cleanly: nothing more is taken, what is under
    /// way ends, within the bound of the session.
    async fn read(&self, queue: String, most: usize) -> Result<(), BrokerError> {
        let most = most.max(1);
        let prefetch = u16::try_from(most * 2).unwrap_or(u16::MAX);
        let opened = BatchConsumer::open_with(self.session, &queue, prefetch, most).await;
        // Whatever ends here ends for the other queue, too.
        let _end = self.broken.clone().drop_guard();
        let mut consumer = opened?;
        let tasks = TaskTracker::new();
        let ended = self.take(&mut consumer, most, &tasks).await;
        self.broken.cancel();
        let _ = consumer.stop().await;
        tasks.close();
        let limit = Duration::from_millis(self.session.settings.teardown_timeout_ms);
        if tokio::time::timeout(limit, tasks.wait()).await.is_err() {
            tracing::warn!(queue, "calls under way are left; they will be delivered again");
        }
        ended
    }

    async fn take(
        &self,
        consumer: &mut BatchConsumer,
        most: usize,
        tasks: &TaskTracker,
    ) -> Result<(), BrokerError> {
        let (settler, places) = (consumer.settler(), Arc::new(Semaphore::new(most)));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return Err(BrokerError::Closed) };
            // First the message, then the turn: a queue that is empty must not keep the turn of one that is not.
            let next = async {
                let delivery = consumer.next_delivery().await?;
                Ok::<_, BrokerError>((delivery, self.desk.breaker.turn().await))
            };
            let (delivery, turn) = tokio::select! {
                biased;
                () = self.session.cancel.cancelled() => return Ok(()),
                () = self.broken.cancelled() => return Err(fault(self.publisher)),
                next = next => next?,
            };
            let (desk, publisher, settler) = (self.desk.clone(), self.publisher.clone(), settler.clone());
            let broken = self.broken.clone();
            tasks.spawn(async move {
                if one(&desk, &publisher, &settler, delivery, turn).await.is_err() {
                    broken.cancel();
                }
                drop(place);
            });
        }
    }
}

/// Why the session has ended, as far as its publisher knows.
fn fault(publisher: &Publisher) -> BrokerError {
    publisher.ensure_usable().err().unwrap_or(BrokerError::Closed)
}

/// One delivery: call, publish with a confirm, acknowledge. Without a confirm it is not acknowledged.
async fn one(
    desk: &Desk,
    publisher: &Publisher,
    settler: &Settler,
    delivery: Delivery,
    turn: Turn,
) -> Result<(), BrokerError> {
    let tag = delivery.tag;
    let answered = call::answer(desk, &delivery).await;
    turn.done(answered.reached);
    crash_point!(answered.feed => "feed.called", "request.called");
    let Some(answer) = answered.message else {
        // Not a message of ours: the broker dead-letters it and the core sets it aside.
        return settler.reject(tag).await;
    };
    if !tell(desk, publisher, answer).await? {
        // It fits into no message: an operator must look at it.
        return settler.reject(tag).await;
    }
    crash_point!(answered.feed => "feed.answered", "request.answered");
    settler.ack(tag).await?;
    crash_point!(answered.feed => "feed.acknowledged", "request.acknowledged");
    Ok(())
}

/// Publishes an outcome until the broker has it. A queue of answers that is full or missing holds up this place and
/// nothing else: the agency has answered, and it is not called again for want of a place to write that down. False
/// when it can never be sent.
async fn tell(desk: &Desk, publisher: &Publisher, answer: Outgoing) -> Result<bool, BrokerError> {
    let broker = &desk.context.settings.broker;
    let millis = Duration::from_millis;
    let mut pauses = Pauses::new(millis(broker.reconnect_min_ms), millis(broker.reconnect_max_ms));
    loop {
        let outcome = publisher.publish(answer.clone()).await;
        publisher.ensure_usable()?;
        match outcome {
            PublishOutcome::Confirmed => return Ok(true),
            PublishOutcome::Unsendable(reason) => {
                tracing::error!(agency = %desk.kind, reason, "an outcome cannot be sent");
                return Ok(false);
            }
            other => {
                tracing::warn!(agency = %desk.kind, outcome = other.key(), "an outcome was not confirmed");
            }
        }
        if !pauses.pause(&desk.context.cancel).await {
            return Err(BrokerError::Closed);
        }
    }
}

#[cfg(test)]
fn test_request() -> wasl_schemas::agency::AgencyRequest {
    let text = r#"{"consultation": "0193a5c2-7e4b-7a31-9c55-3f1d0b6e8a10",
        "file": "00000000-0000-0000-0000-000000000000", "kind": "consult", "attempt": 1, "agency": "onee",
        "agency_id": "srm-01", "commune": {"code": "015110105", "name": {"fr": "Mghogha", "ar": "مغوغة"},
        "province": "01511", "region": "01"}, "received_on": "2026-11-20", "due": "2026-12-05",
        "permit_file": {"reference": "PCT-2026-004217", "commune": "015110105", "permit": "building",
          "project_class": "small", "deposit_version": 1,
          "receipt": {"number": "R-1", "issued_at": "2026-11-20T09:12:00Z"},
          "applicant": {"kind": "person", "cin": "K123456", "name": {"fr": "A", "ar": "ا"}},
          "project": {"use": "housing", "title": "Villa", "floors": 2, "height_cm": 1120, "dwellings": 2,
            "floor_area_m2": 312}, "conditions": [], "parcels": [], "documents": []}}"#;
    serde_json::from_str(text).unwrap()
}
