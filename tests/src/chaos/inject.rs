//! Does one fault, and measures how long it took until the gateway served again.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::schedule::{Fault, Line};
use super::stage::{Stage, was_killed};
use super::watch::Watch;
use crate::proxy::Mode;
use crate::world::clock::wall_ms;
use crate::world::servers::without_user;

/// Longest wait until what has piled up is worked off.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(20);
/// Longest wait for a recovery; what takes longer is told as "did not recover".
const RECOVERY_MAX: Duration = Duration::from_secs(60);
/// A killed process is out of sight of broker and api at the latest now.
const REFUSED_MAX: Duration = Duration::from_secs(2);
/// Something that is to happen once is waited for so long at most.
const ONCE_MAX: Duration = Duration::from_secs(4);
/// After its recovery the gateway has so long for what has piled up, wall milliseconds.
const CATCH_UP_MS: i64 = 1_500;
/// Agencies that failed are left alone by their breaker (5 s) and asked again later and later.
const AGENCIES_CATCH_UP_MS: i64 = 9_000;

/// A fault that was done.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// When, wall milliseconds since 1970.
    pub at_ms: i64,
    /// Until when what follows from it may last.
    pub until_ms: i64,
    /// Which.
    pub fault: Fault,
    /// What had to recover: `gateway`, `broker`, `database`, or the line.
    pub what: String,
    /// From the first refused (a killed process), or from when it was up again (a server, a line), to the first served;
    /// none: it did not recover in time.
    pub recovery_ms: Option<u64>,
}

/// Does a fault and waits until it is over.
///
/// # Errors
/// It could not be done: the run proves nothing.
pub async fn inject(stage: &mut Stage, watch: &mut Watch, fault: &Fault) -> anyhow::Result<Done> {
    let at_ms = wall_ms();
    let (what, recovery) = match fault {
        Fault::Kill { role } => ("gateway".to_owned(), kill(stage, watch, role).await?),
        Fault::Crash { .. } => anyhow::bail!("crash points have a run of their own"),
        Fault::Broker => ("broker".to_owned(), server(stage, watch, "broker").await?),
        Fault::Database => ("database".to_owned(), server(stage, watch, "database").await?),
        Fault::Line { line, mode, ms, once } => {
            broken(stage, *line, *mode, Duration::from_millis(*ms), *once).await?;
            (format!("{} line", line.key()), watch.until_all(RECOVERY_MAX).await)
        }
        Fault::Cut { line } => {
            stage.proxies.of(*line)?.cut_all();
            (format!("{} line", line.key()), watch.until_all(RECOVERY_MAX).await)
        }
        Fault::Unbind { exchange, queue, ms } => {
            unbound(stage, exchange, queue, Duration::from_millis(*ms)).await?;
            ("binding".to_owned(), Some(Duration::ZERO))
        }
    };
    let catch_up = match fault {
        Fault::Line { line: Line::Agencies | Line::Callbacks, .. } | Fault::Unbind { .. } => {
            AGENCIES_CATCH_UP_MS
        }
        _ => CATCH_UP_MS,
    };
    // What has piled up is worked off before the next fault; how long that takes is no part of the recovery.
    watch.caught_up(CAUGHT_UP_MAX).await;
    let recovery_ms = recovery.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    Ok(Done { at_ms, until_ms: wall_ms() + catch_up, fault: fault.clone(), what, recovery_ms })
}

async fn kill(stage: &mut Stage, watch: &mut Watch, role: &str) -> anyhow::Result<Option<Duration>> {
    let mut process = stage.take(role).with_context(|| format!("{role} does not run"))?;
    ensure!(!process.has_ended(), "{role} has ended by itself; see {}", stage.layout().log(role).display());
    drop(process);
    watch
        .until(role, false, REFUSED_MAX)
        .await
        .with_context(|| format!("{role} still serves after its death"))?;
    let refused = Instant::now();
    stage.start(role, None)?;
    Ok(watch.until(role, true, RECOVERY_MAX).await.map(|_| refused.elapsed()))
}

/// Kills broker or database and starts it again.
async fn server(stage: &Stage, watch: &mut Watch, name: &str) -> anyhow::Result<Option<Duration>> {
    script(stage, &format!("kill-{name}")).await?;
    script(stage, &format!("start-{name}")).await?;
    Ok(watch.until_all(RECOVERY_MAX).await)
}

async fn script(stage: &Stage, name: &str) -> anyhow::Result<()> {
    let layout = stage.layout();
    let mut command = tokio::process::Command::new(layout.root.join("deploy/local").join(name));
    let output = command.arg(&layout.servers).current_dir(&layout.root).output().await?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn broken(stage: &Stage, line: Line, mode: Mode, time: Duration, once: bool) -> anyhow::Result<()> {
    let proxy = stage.proxies.of(line)?;
    if once {
        let before = proxy.counts().faults();
        proxy.once(mode);
        // When nothing comes along to be broken it stays armed, for whatever comes next.
        let happened = tokio::time::timeout(ONCE_MAX, proxy.until(|counts| counts.faults() > before)).await;
        if happened.is_err() {
            return Ok(());
        }
    } else {
        proxy.set(mode);
        tokio::time::sleep(time).await;
    }
    proxy.set(Mode::Pass);
    Ok(())
}

/// Takes the bindings of a queue away for a while.
pub async fn unbound(stage: &Stage, exchange: &str, queue: &str, time: Duration) -> anyhow::Result<()> {
    let path = format!("api/bindings/%2f/e/{exchange}/q/{queue}");
    let bindings = manage(stage, Method::GET, &path, None).await?;
    let all = bindings.as_array().cloned().unwrap_or_default();
    ensure!(!all.is_empty(), "{queue} has no binding to {exchange}");
    for binding in &all {
        let key = binding["properties_key"].as_str().unwrap_or("~").replace('%', "%25");
        manage(stage, Method::DELETE, &format!("{path}/{key}"), None).await?;
    }
    tokio::time::sleep(time).await;
    for binding in &all {
        let again = json!({"routing_key": binding["routing_key"], "arguments": binding["arguments"]});
        manage(stage, Method::POST, &path, Some(again)).await?;
    }
    Ok(())
}

/// Asks the management API as the administrator.
///
/// # Errors
/// It refuses.
pub async fn manage(stage: &Stage, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
    let admin = &stage.ground.servers.amqp_management;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
    let url = format!("{}/{path}", without_user(admin).trim_end_matches('/'));
    let mut request = client.request(method, url).basic_auth(admin.username(), admin.password());
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await?;
    ensure!(answer.status().is_success(), "the broker refuses {path}: {}", answer.status());
    let text = answer.text().await?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Has a role kill itself at a point and starts it again; none when it never came there in time.
///
/// # Errors
/// It ended otherwise.
pub async fn crash(
    starter: &super::stage::Starter,
    point: &str,
    passage: u32,
    patience: Duration,
) -> anyhow::Result<Option<Duration>> {
    let begin = Instant::now();
    let mut process = starter.start(Some(&format!("{point}:{passage}")))?;
    match process.end(patience).await {
        None => Ok(None),
        Some(status) if was_killed(status) => Ok(Some(begin.elapsed())),
        Some(status) => anyhow::bail!("{} ended at {point} with {status}", process.name),
    }
}
