//! Binds the two listeners, says where they are, and serves until the process stops.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use serde_json::json;
use tokio::net::TcpListener;

use super::app::{App, Shared};
use super::callbacks::{Answers, run_answers};
use super::{in_force, page, routes};
use crate::context::Context;

/// How often the database is looked at for `/readyz`.
const DATABASE_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Runs the api role: `http.listen` and `http.callbacks_listen`, until the process stops. Requests under way
/// are finished.
///
/// # Errors
/// One sentence that names the setting to mend, or the address that cannot be bound.
pub async fn run_api(context: Context) -> anyhow::Result<()> {
    let settings = context.settings.clone();
    let answers = Answers::new(Duration::from_millis(settings.http.callback_confirm_timeout_ms));
    let app = App::load(context.clone(), answers.clone())?;
    let (public, public_at) = bind("http.listen", settings.http.listen).await?;
    let (partners, partners_at) = bind("http.callbacks_listen", settings.http.callbacks_listen).await?;
    if let Some(file) = &settings.http.port_file {
        write_port_file(file, public_at, partners_at)?;
    }
    tracing::info!(http = %public_at, callbacks = %partners_at, "listening");
    let served = tokio::try_join!(
        serve(public, routes::public(app.clone()).into_router(), &context),
        serve(partners, routes::partners(app.clone()).into_router(), &context),
        async {
            tokio::join!(
                run_answers(context.clone(), answers),
                watch_database(app.clone()),
                in_force::follow(app.clone()),
                page::live::run(app.clone())
            );
            Ok(())
        },
    );
    app.pool.close().await;
    served.map(|_| ())
}

async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("{setting} = {address}"))?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

async fn serve(listener: TcpListener, router: Router, context: &Context) -> anyhow::Result<()> {
    let stop = context.cancel.clone().cancelled_owned();
    axum::serve(listener, router).with_graceful_shutdown(stop).await.context("the HTTP server failed")
}

/// Written beside and renamed, so that who waits for the file never reads half of it.
fn write_port_file(file: &Path, http: SocketAddr, callbacks: SocketAddr) -> anyhow::Result<()> {
    let text = json!({
        "http": format!("http://{http}"),
        "callbacks": format!("http://{callbacks}"),
        "pid": std::process::id(),
    });
    let draft = file.with_extension("part");
    let written = std::fs::write(&draft, format!("{text}\n")).and_then(|()| std::fs::rename(&draft, file));
    written.with_context(|| format!("http.port_file {}", file.display()))
}

/// Says in `/readyz` whether the database answers, until the process stops.
async fn watch_database(app: Shared) {
    const COMPONENT: &str = "database:api";
    let health = &app.context.health;
    let mut tick = tokio::time::interval(DATABASE_CHECK_INTERVAL);
    loop {
        tokio::select! {
            () = app.context.cancel.cancelled() => break,
            _ = tick.tick() => {}
        }
        match sqlx::query_scalar!(r#"SELECT 1 AS "one!""#).fetch_one(&app.pool).await {
            Ok(_) => health.ready(COMPONENT),
            Err(error) => health.not_ready(COMPONENT, format!("the database does not answer: {error}")),
        }
    }
    health.forget(COMPONENT);
}
