//! Things that happen later: one sleeping task per item, ended together when the sandbox stops.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock;
use super::legal::LegalClock;

/// Starts work at a wall time; what is not due when the sandbox stops is taken up from the ledger
/// at the next start.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    clock: LegalClock,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Schedule {
    pub(super) fn new(clock: LegalClock, stop: CancellationToken) -> Self {
        Self { clock, stop, tasks: TaskTracker::new() }
    }

    /// The wall time that lies this many legal days after an instant.
    pub(super) fn due_ms(&self, from_ms: u64, days: f64) -> u64 {
        self.clock.days_after(from_ms, days)
    }

    /// Runs `job` at a wall time (at once when it has passed), unless the sandbox stops before.
    pub(super) fn at(&self, due_ms: u64, job: impl Future<Output = ()> + Send + 'static) {
        let wait = Duration::from_millis(due_ms.saturating_sub(clock::now_ms()));
        self.run(async move {
            tokio::time::sleep(wait).await;
            job.await;
        });
    }

    /// Runs `job` now, until it ends or the sandbox stops.
    pub(super) fn run(&self, job: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = job => {}
            }
        });
    }

    /// Waits until every task has seen the stop.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
