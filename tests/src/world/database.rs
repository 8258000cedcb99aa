//! The database of a run: made empty, migrated by the gateway's own program, with one login per role.

use anyhow::Context;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use url::Url;

/// Name of the database.
pub const NAME: &str = "wasl";

/// The address of the run's database, from that of the server's first one.
#[must_use]
pub fn address(server: &Url) -> Url {
    let mut url = server.clone();
    url.set_path(NAME);
    url
}

/// Makes the database when it is not there yet.
///
/// # Errors
/// The server cannot be reached or refuses.
#[expect(clippy::disallowed_methods, reason = "asked of the server before the tables exist")]
pub async fn make(server: &Url) -> anyhow::Result<()> {
    let mut connection = connect(server).await?;
    let there: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(NAME)
        .fetch_optional(&mut connection)
        .await?;
    if there.is_none() {
        run(&mut connection, format!("CREATE DATABASE {NAME}")).await?;
    }
    Ok(())
}

/// Makes the login of a role of the migrations, or gives it this password. The password is hexadecimal.
///
/// # Errors
/// The server cannot be reached or refuses.
#[expect(clippy::disallowed_methods, reason = "asked of the server about its logins")]
pub async fn login(database: &Url, role: &str, password: &str) -> anyhow::Result<String> {
    let mut connection = connect(database).await?;
    let user = format!("{role}_login");
    let there: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_roles WHERE rolname = $1")
        .bind(&user)
        .fetch_optional(&mut connection)
        .await?;
    if there.is_none() {
        run(&mut connection, format!("CREATE ROLE {user} LOGIN IN ROLE {role}")).await?;
    }
    run(&mut connection, format!("ALTER ROLE {user} PASSWORD '{password}'")).await?;
    Ok(user)
}

async fn connect(address: &Url) -> anyhow::Result<PgConnection> {
    PgConnection::connect(address.as_str()).await.context("no connection to the database")
}

/// Names and passwords here are our own: letters, digits and underscores.
async fn run(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}
