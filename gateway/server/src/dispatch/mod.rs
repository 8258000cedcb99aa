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
mod read;
mod repeat;
mod report;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wasl_adapters::port::Adapter;
use wasl_schemas::id::AgencyKind;
use wasl_schemas::wire;

pub use self::agencies::{AgenciesError, adapter_of};
use self::breaker::Breaker;
use self::lanes::Lanes;
pub use self::line::{CERTIFICATE_WARNING, Line};
use self::read::Reader;
use crate::broker::{BrokerError, Publisher, Session, run_connection};
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
    match (requests, feeds) {
        // What has ended it, and not what has ended because of it.
        (Err(BrokerError::Closed), Err(cause)) => Err(cause),
        (requests, feeds) => requests.and(feeds),
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
