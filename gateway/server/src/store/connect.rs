//! Connections to PostgreSQL, with every wait bounded.

use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use super::StoreError;
use crate::config::Database;

/// Forward-only migrations, compiled in.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// A connection that was idle for longer is tried before it is used: the server may have gone away.
const IDLE_UNTRIED: Duration = Duration::from_secs(1);

/// Options of one connection, with the limits of the settings.
///
/// # Errors
/// The URL cannot be read, or the password's file.
pub fn options(settings: &Database) -> Result<PgConnectOptions, StoreError> {
    let mut options = PgConnectOptions::from_str(&settings.url)?;
    if let Some(file) = &settings.password_file {
        let text = std::fs::read_to_string(file).map_err(|e| StoreError::Unavailable(sqlx::Error::Io(e)))?;
        options = options.password(text.trim_end());
    }
    let milliseconds = |n: u64| format!("{n}ms");
    Ok(options
        .application_name("wasl")
        .options([
            ("timezone", "UTC".to_owned()),
            ("statement_timeout", milliseconds(settings.statement_timeout_ms)),
            ("lock_timeout", milliseconds(settings.lock_timeout_ms)),
            ("idle_in_transaction_session_timeout", milliseconds(settings.idle_in_transaction_timeout_ms)),
        ])
        .disable_statement_logging())
}

/// A pool that connects when it is first asked.
///
/// # Errors
/// The settings cannot be read.
pub fn pool(settings: &Database) -> Result<PgPool, StoreError> {
    Ok(pool_with(settings, options(settings)?))
}

fn pool_with(settings: &Database, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(settings.connections_max)
        .acquire_timeout(Duration::from_millis(settings.connect_timeout_ms))
        // Each connection is tried when it is given back; one that was given back a moment ago is not tried once more.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            async move {
                if about.idle_for > IDLE_UNTRIED {
                    connection.ping().await?;
                }
                Ok(true)
            }
            .boxed()
        })
        .connect_lazy_with(options)
}

/// The same for the core, which asks by key: rows are found by an index, one after another. A plan that reads a whole table
/// would be chosen for one that was empty a moment ago (outbox, timers), and be kept when it no longer is.
///
/// # Errors
/// The settings cannot be read.
pub fn pool_by_key(settings: &Database) -> Result<PgPool, StoreError> {
    let by_key = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map(|plan| (plan, "off"));
    Ok(pool_with(settings, options(settings)?.options(by_key)))
}

/// The same for lists and sums that may be asked for by anything: each is planned for what is asked, never for all at once,
/// since a plan that suits every question reads the whole table.
///
/// # Errors
/// The settings cannot be read.
pub fn pool_for_lists(settings: &Database) -> Result<PgPool, StoreError> {
    Ok(pool_with(settings, options(settings)?.options([("plan_cache_mode", "force_custom_plan")])))
}

/// Brings the database to the present version. Run by an administrator, not by the roles.
///
/// # Errors
/// The database is away, or a migration fails (it is then rolled back).
pub async fn migrate(settings: &Database) -> Result<(), StoreError> {
    let pool = pool(settings)?;
    MIGRATIONS.run(&pool).await?;
    pool.close().await;
    Ok(())
}
