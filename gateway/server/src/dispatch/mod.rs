//! Dispatch: runs an agency's adapter against its queue. It has no database; what it knows comes in the request.
//!
//! 1. takes requests from `review.<agency>`, several at a time, but one at a time for a consultation;
//! 2. on a repeat (attempt > 1, redelivered, possible duplicate) asks the agency by our own reference first;
//! 3. calls the adapter, publishes its outcome with a confirm, and only then acknowledges.

mod agencies;
mod breaker;
mod call;
mod lanes;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use wasl_adapters::port::Adapter;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

pub use self::agencies::{AgenciesError, adapter_of};
use self::breaker::Breaker;
use self::lanes::Lanes;
use crate::broker::{BatchConsumer, BrokerError, Delivery, Publisher, Session, Settler, run_connection};
use crate::context::Context;

/// Runs the adapter of a kind until the process stops.
///
/// # Errors
/// No such adapter, or its settings cannot be used: the program does not start.
pub async fn run_adapter(kind: &str, context: Context) -> anyhow::Result<()> {
    let adapter = adapter_of(&context.settings, kind)?;
    let kind = AgencyKind::try_new(kind)?;
    let breaker = Arc::new(Breaker::new(&context.settings.adapter));
    run_connection(&format!("adapter:{kind}"), &context, |session| {
        let desk = Desk {
            adapter: adapter.clone(),
            kind: kind.clone(),
            context: context.clone(),
            breaker: breaker.clone(),
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
    lanes: Arc<Lanes>,
}

async fn work(desk: Desk, session: Session) -> Result<(), BrokerError> {
    let most = desk.context.settings.adapter.concurrency_max.max(1);
    let prefetch = u16::try_from(most * 2).unwrap_or(u16::MAX);
    let mut consumer =
        BatchConsumer::open_with(&session, &wire::queue_review(&desk.kind), prefetch, most).await?;
    let publisher = Arc::new(Publisher::open(&session).await?);
    let settler = consumer.settler();
    let places = Arc::new(Semaphore::new(most));
    let tasks = TaskTracker::new();
    let broken = tokio_util::sync::CancellationToken::new();
    let ended = loop {
        let delivery = tokio::select! {
            biased;
            () = session.cancel.cancelled() => break Ok(()),
            () = broken.cancelled() => break Err(BrokerError::Closed),
            delivery = consumer.next_delivery() => match delivery {
                Ok(delivery) => delivery,
                Err(error) => break Err(error),
            },
        };
        let Ok(place) = places.clone().acquire_owned().await else { break Err(BrokerError::Closed) };
        let (desk, publisher, settler) = (desk.clone(), publisher.clone(), settler.clone());
        let broken = broken.clone();
        tasks.spawn(async move {
            if one(&desk, &publisher, &settler, delivery).await.is_err() {
                broken.cancel();
            }
            drop(place);
        });
    };
    // A clean stop: nothing more is taken, what is under way ends, within the bound of the session.
    let _ = consumer.stop().await;
    tasks.close();
    let limit = Duration::from_millis(session.settings.teardown_timeout_ms);
    if tokio::time::timeout(limit, tasks.wait()).await.is_err() {
        tracing::warn!(agency = %desk.kind, "calls under way are left; they will be delivered again");
    }
    ended
}

/// One delivery: call, publish with a confirm, acknowledge. Without a confirm it is not acknowledged.
async fn one(
    desk: &Desk,
    publisher: &Publisher,
    settler: &Settler,
    delivery: Delivery,
) -> Result<(), BrokerError> {
    let tag = delivery.tag;
    let Some(answer) = call::answer(desk, &delivery).await else {
        // Not a message of ours: the broker dead-letters it and the core sets it aside.
        return settler.reject(tag).await;
    };
    let outcome = publisher.publish(answer).await;
    publisher.ensure_usable()?;
    match outcome {
        crate::broker::PublishOutcome::Confirmed => settler.ack(tag).await,
        other => {
            tracing::warn!(agency = %desk.kind, outcome = other.key(), "an outcome was not confirmed");
            tokio::time::sleep(Duration::from_millis(500)).await;
            settler.give_back(tag).await
        }
    }
}
