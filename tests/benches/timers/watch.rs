//! Watches the core while the timers fire.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use wasl_tests::world::clock::wall_ms;

use crate::support::Gateway;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// From the instant until no timer is due any more.
    pub(crate) fired: Duration,
    /// From the instant until the broker has confirmed every notice.
    pub(crate) told: Duration,
    /// Timers that had fired after each second.
    pub(crate) by_second: Vec<i64>,
    pub(crate) rss_before_kib: i64,
    pub(crate) rss_peak_kib: i64,
    pub(crate) rss_after_kib: i64,
}

/// Waits for the instant, and until all is fired and told.
pub(crate) async fn watch(gateway: &Gateway, pid: u32, instant_wall_ms: i64, instant: Timestamp) -> Seen {
    let lead = u64::try_from(instant_wall_ms - wall_ms()).expect("the core took too long to lead");
    let begin = Instant::now() + Duration::from_millis(lead);
    tokio::time::sleep_until((begin - Duration::from_millis(300)).into()).await;
    let due = left(gateway, instant).await;
    let rss_before_kib = rss_kib(pid);
    let mut seen = Seen {
        fired: Duration::ZERO,
        told: Duration::ZERO,
        by_second: Vec::new(),
        rss_before_kib,
        rss_peak_kib: rss_before_kib,
        rss_after_kib: 0,
    };
    tokio::time::sleep_until(begin.into()).await;
    while seen.told.is_zero() {
        assert!(begin.elapsed() < PATIENCE, "not after {PATIENCE:?}: {seen:?}");
        tokio::time::sleep(LOOK_EVERY).await;
        seen.rss_peak_kib = seen.rss_peak_kib.max(rss_kib(pid));
        if seen.fired.is_zero() {
            let left = left(gateway, instant).await;
            if left == 0 {
                seen.fired = begin.elapsed();
            }
            if left == 0 || begin.elapsed().as_secs() > seen.by_second.len() as u64 {
                seen.by_second.push(due - left);
            }
        } else if gateway.count("SELECT count(*) FROM (SELECT FROM outbox LIMIT 1) o").await == 0 {
            seen.told = begin.elapsed();
        }
    }
    seen.rss_after_kib = rss_kib(pid);
    seen
}

/// Timers that are due at the instant and have not fired.
async fn left(gateway: &Gateway, instant: Timestamp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM timer WHERE legal AND due_at <= $1::text::timestamptz")
        .bind(instant.to_string())
        .fetch_one(&gateway.pool)
        .await
        .unwrap()
}

/// Resident memory of the core in KiB.
fn rss_kib(pid: u32) -> i64 {
    let kib = crate::measure::rss_kib(&[pid]);
    assert!(kib > 0, "the core has ended");
    kib.cast_signed()
}
