//! SIGTERM: each process stops within seconds and cleanly; what was under way goes on after the next start.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::gateway::{SOUANI, roles};
use crate::support::wait::PATIENCE;
use crate::support::{Commune, Gateway, Options, books};

/// Whoever runs the gateway expects it to be gone by then.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const FILES: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn on_sigterm_every_process_stops_within_seconds_and_nothing_is_half_done() {
    let mut gateway = Gateway::start("stopping", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let references: BTreeSet<String> = (0..FILES).map(|number| format!("PCT-{number}")).collect();
    for reference in &references {
        commune.submit(reference, "building", &["new-connection", "near-watercourse"]).await;
    }
    let first = references.first().unwrap();
    commune.expect(first, "file.registered").await;
    for name in roles() {
        let role = gateway.roles.get_mut(&name).unwrap();
        let (status, took) = role.stop(STOP_LIMIT).await;
        assert_eq!(status.code(), Some(0), "{name}: {status}");
        eprintln!("{name} stopped after {took:?}");
    }
    // Not all can be over: what is left lies in queues and tables alone.
    let open = gateway.count("SELECT count(*) FROM file WHERE delivered_at IS NULL").await;
    let registered = gateway.count("SELECT count(*) FROM file").await;
    assert!(open > 0 || registered < FILES as i64, "there was nothing left to do");
    // Numbers of events have no gap and no file is ahead of its events.
    let torn = "SELECT count(*) FROM file f WHERE f.sequence <> (SELECT count(*) FROM event e WHERE e.file_id = f.id)";
    assert_eq!(gateway.count(torn).await, 0);

    for name in roles() {
        gateway.run(&name);
    }
    gateway.ready().await;
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "not at their end: {left:?}");
    books::balance(&gateway, &commune).await;
}
