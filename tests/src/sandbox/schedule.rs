//! Things that happen later: one sleeping task per item, ended together when the sandbox stops.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock;

/// Starts work at a wall time; what is not due when the sandbox stops is taken up from the ledger
/// at the next start.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    legal_day_ms: u64,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Schedule {
    pub(super) fn new(legal_day_ms: u64, stop: CancellationToken) -> Self {
        Self { legal_day_ms, stop, tasks: TaskTracker::new() }
    }

    /// The wall time that lies this many legal days after an instant.
    pub(super) fn due_ms(&self, from_ms: u64, days: f64) -> u64 {
        let day = Duration::from_millis(self.legal_day_ms);
        let wait = Duration::try_from_secs_f64(day.as_secs_f64() * days.max(0.0)).unwrap_or(Duration::MAX);
        from_ms.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_days_are_scaled_to_wall_time() {
        let schedule = Schedule::new(1500, CancellationToken::new());
        assert_eq!(schedule.due_ms(1_000, 2.5), 4_750);
        assert_eq!(schedule.due_ms(1_000, -1.0), 1_000);
    }
}
