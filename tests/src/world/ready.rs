//! Waiting for what was started: on answers and files, never on a guess of how long it takes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::process::Process;

/// How often something is asked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Waits until `GET url` answers 200, as long as the processes live.
///
/// # Errors
/// A process has ended, or the time is over; then with the last answer.
pub async fn wait_for(url: &str, processes: &mut [Process], timeout: Duration) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let (begin, mut last) = (Instant::now(), String::new());
    while begin.elapsed() < timeout {
        alive(processes)?;
        match client.get(url).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => last = answer.text().await.unwrap_or_default(),
            Err(fault) => last = fault.without_url().to_string(),
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    bail!("{url} is not ready after {} s: {last}", timeout.as_secs())
}

/// Fails when one of the processes has ended, with the end of its log.
///
/// # Errors
/// Names the process.
pub fn alive(processes: &mut [Process]) -> anyhow::Result<()> {
    match processes.iter_mut().find_map(|process| process.has_ended().then(|| process.name.clone())) {
        Some(name) => bail!("the process {name} has ended; see its log"),
        None => Ok(()),
    }
}

/// Reads a JSON file.
///
/// # Errors
/// It is not there or is not JSON.
pub fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))
}
