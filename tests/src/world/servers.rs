//! The private broker and database of a run, started by `deploy/local`.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::layout::Layout;

/// What `servers.json` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Servers {
    /// The broker, as its administrator.
    #[serde(deserialize_with = "address")]
    pub amqp: Url,
    /// Its management page, as its administrator.
    #[serde(deserialize_with = "address")]
    pub amqp_management: Url,
    /// The database, as its superuser.
    #[serde(deserialize_with = "address")]
    pub database: Url,
    /// Version of the broker.
    pub broker_version: String,
    /// Version of the database.
    pub postgres_version: String,
    /// Read back from the server.
    pub fsync: bool,
    /// Read back from the server.
    pub synchronous_commit: String,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    Url::parse(&text).map_err(serde::de::Error::custom)
}

impl Servers {
    /// Starts them, or finds them running.
    ///
    /// # Errors
    /// They cannot be started; the script has said why.
    pub fn up(layout: &Layout) -> anyhow::Result<Self> {
        script(layout, "up", &[])?;
        Self::read(layout)
    }

    /// Where they are.
    ///
    /// # Errors
    /// They do not run.
    pub fn read(layout: &Layout) -> anyhow::Result<Self> {
        let path = layout.servers.join("servers.json");
        let text =
            std::fs::read(&path).with_context(|| format!("no servers run: {} is missing", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))
    }

    /// Stops them; with `wipe` their data goes too.
    ///
    /// # Errors
    /// The script failed.
    pub fn down(layout: &Layout, wipe: bool) -> anyhow::Result<()> {
        script(layout, "down", if wipe { &["--wipe"] } else { &[] })
    }

    /// An address of the broker for another user.
    ///
    /// # Errors
    /// Never for an address that was read.
    pub fn amqp_as(&self, user: &str, password: &str) -> anyhow::Result<String> {
        with_user(&self.amqp, user, password)
    }
}

/// An address with another user.
///
/// # Errors
/// The address has no host.
pub fn with_user(address: &Url, user: &str, password: &str) -> anyhow::Result<String> {
    let mut url = address.clone();
    let set = url.set_username(user).is_ok() && url.set_password(Some(password)).is_ok();
    ensure!(set, "an address without a host");
    Ok(url.to_string())
}

/// An address without user and password.
#[must_use]
pub fn without_user(address: &Url) -> String {
    let mut url = address.clone();
    // Neither can fail on an address with a host.
    _ = url.set_username("");
    _ = url.set_password(None);
    url.to_string()
}

fn script(layout: &Layout, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(layout.root.join("deploy/local").join(name))
        .args(arguments)
        .arg(&layout.servers)
        .current_dir(&layout.root)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run deploy/local/{name}"))?;
    ensure!(status.success(), "deploy/local/{name} failed");
    Ok(())
}
