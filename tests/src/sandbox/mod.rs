//! The simulated agencies, as one program: they speak the written contracts, check what they get,
//! answer after a drawn delay, and keep a ledger of what they were asked to do.
//!
//! Written against the contracts alone and free of every crate of the gateway, so that a mistake
//! which both sides would share shows as a violation.

mod action;
mod agency;
mod barid_bank;
mod callbacks;
pub(crate) mod clock;
mod config;
mod control;
mod desk;
mod draw;
mod filing;
mod hand_out;
mod land_registry;
mod ledger;
mod legal;
mod office;
mod onee;
mod page;
mod profile;
pub(crate) mod proofs;
mod review;
mod scenario;
mod schedule;
mod secrets;
mod urban_agency;
mod water_basin;
pub(crate) mod xml;
pub(crate) mod xsd;

#[cfg(test)]
mod live_tests;

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use action::Action;
pub use agency::Agency;
pub(crate) use clock as wall;
pub use config::{ServeArgs, Settings};
pub use draw::{Behaviour, Draw, Draws, PlannedDraw, uniform};
pub use ledger::{Entry, Ledger};
pub use legal::{LegalClock, Segment};
pub use profile::{BankShares, Profile, ReviewerShares};
pub use scenario::{HEADER as SCENARIO_HEADER, Scenario};
pub use secrets::Secrets;

use office::Office;
use schedule::Schedule;

/// A panic elsewhere leaves the value usable: every change is one assignment or one push.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A `wsse:Security` block of now with a new nonce, for whoever speaks to ONEE.
#[must_use]
pub fn security_header(username: &str, password: &str) -> String {
    proofs::security_header(username, password, 0)
}

/// Runs the agencies until `stop`: listens, writes the port file, answers.
///
/// # Errors
/// The ledger, the secrets or the drop folder can't be used, or the address is taken.
pub async fn serve(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let print = |text: &str| {
        // Nobody may be reading: the agencies are open all the same.
        _ = std::io::stdout().lock().write_all(text.as_bytes());
    };
    serve_with(settings, stop, |_| (), print).await
}

/// The same; `ready` gets the address as soon as requests are taken.
///
/// # Errors
/// As [`serve`].
pub async fn serve_and_tell(
    settings: Settings,
    stop: CancellationToken,
    ready: impl FnOnce(&str) + Send,
) -> anyhow::Result<()> {
    serve_with(settings, stop, ready, |_| ()).await
}

async fn serve_with(
    settings: Settings,
    stop: CancellationToken,
    ready: impl FnOnce(&str) + Send,
    tell: impl FnOnce(&str) + Send,
) -> anyhow::Result<()> {
    // Another part of the same process may have chosen the provider already.
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let secrets = match &settings.secrets {
        Some(path) => Secrets::load_or_make(path)?,
        None => Secrets::generate(),
    };
    let ledger = Ledger::open(settings.ledger.as_deref())?;
    let schedule = Schedule::new(settings.legal_clock.clone(), stop.clone());
    let (listen, port_file) = (settings.listen, settings.port_file.clone());
    let office = Arc::new(Office::new(settings, secrets, ledger, schedule)?);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let http = format!("http://{}", listener.local_addr()?);
    let (router, onee) = routers(&office, &http)?;
    let onee = onee_address(&office, onee, &http, &stop).await?;
    if let Some(path) = port_file {
        write_port_file(&path, &http, &onee)?;
    }
    tell(&hand_out::hand_out(&office.settings, &office.secrets, &http, &onee)?);
    ready(&http);
    tracing::info!(%http, seed = office.settings.seed, "the agencies are open");
    let stopped = stop.clone();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await });
    tokio::select! {
        ended = server => ended?,
        // A hanging connection (an outage on purpose) must not keep the process alive.
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {}
    }
    stop.cancel();
    office.schedule.ended().await;
    Ok(())
}

/// How long requests under way may take after the stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// All agencies, and ONEE by itself where it has a door of its own.
fn routers(office: &Arc<Office>, http: &str) -> anyhow::Result<(Router, Router)> {
    let (mut agencies, mut behind_tls) = (Router::new(), Router::new());
    for agency in &office.settings.agencies {
        let path = format!("/{}", agency.key());
        agencies = match agency {
            Agency::UrbanAgency => agencies.nest(&path, urban_agency::open(office)),
            Agency::Onee if office.settings.onee_keys.is_some() => {
                behind_tls = behind_tls.nest(&path, onee::open(office)?);
                agencies
            }
            Agency::Onee => agencies.nest(&path, onee::open(office)?),
            Agency::LandRegistry => agencies.nest(&path, land_registry::open(office)?),
            Agency::BaridBank => agencies.nest(&path, barid_bank::open(office, http)?),
            Agency::WaterBasin => agencies.nest(&path, water_basin::open(office)?),
        };
    }
    let stand_in = axum::middleware::from_fn_with_state(Arc::clone(office), scenario::stand_in);
    let limit = DefaultBodyLimit::max(config::BODY_BYTES_MAX);
    let all = control::routes(Arc::clone(office)).merge(agencies.layer(stand_in.clone())).layer(limit);
    Ok((all, behind_tls.layer(stand_in).layer(limit)))
}

/// Opens ONEE's own door, where it has one; the address under which it is reached.
async fn onee_address(
    office: &Arc<Office>,
    router: Router,
    http: &str,
    stop: &CancellationToken,
) -> anyhow::Result<String> {
    match onee::keys(office)? {
        Some(keys) => onee::secured::serve(office.settings.onee_listen, &keys, router, stop.clone()).await,
        None => Ok(http.to_owned()),
    }
}

/// Written beside and renamed: who waits for the file never reads half of it.
fn write_port_file(path: &Path, http: &str, onee: &str) -> anyhow::Result<()> {
    let text = json!({
        "http": http,
        "pid": std::process::id(),
        "endpoints": {
            "urban_agency_base": format!("{http}/urban-agency/v1"),
            "urban_agency_token": format!("{http}/urban-agency/oauth2/token"),
            "onee": format!("{onee}/onee/ServiceRequest"),
            "land_registry": format!("{http}/land-registry/TitleState"),
            "barid_bank_base": format!("{http}/barid-bank"),
        },
    });
    let part = path.with_extension("part");
    std::fs::write(&part, text.to_string()).with_context(|| format!("cannot write {}", part.display()))?;
    std::fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
}
