//! `wasl serve`: runs the roles until it is told to stop.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use wasl_adapters::registry;
use wasl_core::time::{TzdbInfo, TzdbTooOld};

use super::{Failure, block_on, block_on_alone, block_on_threads};
use crate::config::Settings;
use crate::context::Context;
use crate::observe::logging;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// `all`, `core`, `api` or `adapter:<kind>`.
    #[arg(long, default_value = "all")]
    role: Role,
}

/// What a process does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    All,
    Core,
    Api,
    Adapter(String),
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "core" => Ok(Self::Core),
            "api" => Ok(Self::Api),
            _ => match text.strip_prefix("adapter:") {
                Some(kind) if registry::entry(kind).is_some() => Ok(Self::Adapter(kind.to_owned())),
                Some(kind) => {
                    Err(format!("there is no adapter `{kind}` (known: {})", registry::kinds().join(", ")))
                }
                None => Err("must be all, core, api or adapter:<kind>".to_owned()),
            },
        }
    }
}

pub(super) fn run(args: &ServeArgs, files: &[PathBuf]) -> Result<(), Failure> {
    run_with(wasl_core::time::check_tzdb(), args, files)
}

/// Nothing is read, opened or counted before the time zone data are known to be right.
fn run_with(tzdb: Result<TzdbInfo, TzdbTooOld>, args: &ServeArgs, files: &[PathBuf]) -> Result<(), Failure> {
    let tzdb = tzdb?;
    super::install_crypto();
    let settings = Settings::load(files)?;
    logging::install(&settings.log)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), tzdb = tzdb.version, role = ?args.role, "starting");
    let context = Context::new(settings.clone(), settings.clock.legal()?);
    match &args.role {
        // Both wait most of the time, and do one thing after another: the core is one writer, an adapter speaks with one
        // agency. A second thread would mostly wake up the first.
        Role::Core | Role::Adapter(_) => block_on_alone(serve(&args.role, &context))??,
        Role::All => block_on(serve(&args.role, &context))??,
        Role::Api => block_on_threads(settings.http.threads_count, serve(&args.role, &context))??,
    }
    Ok(())
}

/// Runs the roles until a signal, or until one of them ends with a fault.
async fn serve(role: &Role, context: &Context) -> anyhow::Result<()> {
    let (ended, mut first_fault) = mpsc::channel(1);
    for role in parts(role, &context.settings) {
        let (context, ended) = (context.clone(), ended.clone());
        context.tasks.clone().spawn(async move {
            let result = run_role(&role, context.clone()).await.with_context(|| format!("{role:?}"));
            if !context.cancel.is_cancelled() {
                let fault = result.err().unwrap_or_else(|| anyhow::anyhow!("{role:?} ended by itself"));
                // Only the first fault is told; the others follow from it.
                let _ = ended.try_send(fault);
            }
        });
    }
    // A process with the api role has health and metrics there.
    if context.settings.observe.listen.is_some() && !matches!(role, Role::All | Role::Api) {
        let (context, ended) = (context.clone(), ended.clone());
        context.tasks.clone().spawn(async move {
            if let Err(fault) = crate::http::side::run(context).await {
                let _ = ended.try_send(fault);
            }
        });
    }
    drop(ended);
    context.tasks.close();
    let fault = tokio::select! {
        fault = first_fault.recv() => fault,
        stopped = stop_signal() => { stopped?; None }
    };
    context.cancel.cancel();
    let limit = Duration::from_millis(context.settings.gateway.stop_timeout_ms);
    if tokio::time::timeout(limit, context.tasks.wait()).await.is_err() {
        tracing::warn!(left = context.tasks.len(), "tasks did not end in time and are left behind");
    }
    tracing::info!("stopped");
    fault.map_or(Ok(()), Err)
}

/// The roles inside a role.
fn parts(role: &Role, settings: &Settings) -> Vec<Role> {
    match role {
        Role::All => {
            let adapters = settings.agencies.enabled.iter().cloned().map(Role::Adapter);
            [Role::Core, Role::Api].into_iter().chain(adapters).collect()
        }
        one => vec![one.clone()],
    }
}

async fn run_role(role: &Role, context: Context) -> anyhow::Result<()> {
    match role {
        Role::All => anyhow::bail!("all is run as its parts"),
        Role::Core => crate::flow::run_core(context).await,
        Role::Api => crate::http::run_api(context).await,
        Role::Adapter(kind) => crate::dispatch::run_adapter(kind, context).await,
    }
}

/// Waits for SIGTERM or SIGINT.
async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("stopping on SIGTERM"),
        _ = interrupt.recv() => tracing::info!("stopping on SIGINT"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings do not exist: had they been looked for, the fault would be another one.
    #[test]
    fn with_wrong_time_zone_data_the_start_is_refused_before_anything_is_read() {
        let wrong = TzdbTooOld { version: "2025b", found: "+01".to_owned() };
        let nowhere = [PathBuf::from("there-is-no-such-file.toml")];
        let args = |role| ServeArgs { role };
        for role in [Role::All, Role::Core, Role::Api, Role::Adapter("onee".to_owned())] {
            let refused = run_with(Err(wrong.clone()), &args(role), &nowhere).unwrap_err();
            let said = format!("{refused:?}");
            assert!(said.contains("time zone database 2025b is too old"), "{said}");
        }
        let right = wasl_core::time::check_tzdb();
        assert!(right.is_ok());
        let said = format!("{:?}", run_with(right, &args(Role::Core), &nowhere).unwrap_err());
        assert!(said.contains("there-is-no-such-file.toml"), "{said}");
    }
}
