//! Waiting for something to become true, with a bound: on a loaded machine with two cores all takes its time.

use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer, even on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);
/// How often is looked.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

/// Waits until a question has an answer.
///
/// # Panics
/// It has none in time.
pub(crate) async fn until<T>(what: &str, mut question: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(begin.elapsed() < PATIENCE, "{what}: not after {} s", PATIENCE.as_secs());
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
