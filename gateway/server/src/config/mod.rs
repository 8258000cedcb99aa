//! Settings: defaults (compiled in) < files < environment. Every key has a default and a comment in
//! `config/wasl.toml`, which is also the list of all keys: what it does not have is refused.

mod agency;
mod env;
mod error;
mod layers;
mod sections;
mod show;
mod validate;

use std::path::PathBuf;

use serde::Deserialize;

pub use agency::{AgencySettings, agency_settings};
pub use error::ConfigError;
pub use sections::{
    Adapter, Agencies, Alarm, Auth, Broker, Clock, Database, Documents, Flow, Gateway, Http, Log, LogFormat,
    Observe, Topology,
};

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("../../../../config/wasl.toml");

/// The effective settings of a process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The process itself.
    pub gateway: Gateway,
    /// RabbitMQ.
    pub broker: Broker,
    /// What the definitions of the broker say.
    pub topology: Topology,
    /// PostgreSQL.
    pub database: Database,
    /// The legal clock.
    pub clock: Clock,
    /// The HTTP side.
    pub http: Http,
    /// Retries, timers, outbox, leader.
    pub flow: Flow,
    /// How an adapter is run.
    pub adapter: Adapter,
    /// Which agencies are served.
    pub agencies: Agencies,
    /// The document store.
    pub documents: Documents,
    /// Who may call the API.
    pub auth: Auth,
    /// Health and metrics of processes without the api.
    pub observe: Observe,
    /// When something is wrong.
    pub alarm: Alarm,
    /// Logging.
    pub log: Log,
}

impl Settings {
    /// Loads defaults, then the files in their order, then the environment (`WASL__SECTION__KEY`).
    ///
    /// # Errors
    /// One sentence that names the place, the key and, for an unknown key, the nearest known one.
    pub fn load(files: &[PathBuf]) -> Result<Self, ConfigError> {
        Self::load_with(files, std::env::vars())
    }

    /// As [`Settings::load`], with the environment given.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_with(
        files: &[PathBuf],
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut settings: Self =
            layers::effective(files, environment)?.try_into().map_err(|error: toml::de::Error| {
                ConfigError::value("settings", error.to_string().trim().replace('\n', " "))
            })?;
        settings.clock.read_file()?;
        validate::check(&settings)?;
        Ok(settings)
    }

    /// The effective settings as TOML, with secrets (and passwords inside addresses) left out.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn show(files: &[PathBuf]) -> Result<String, ConfigError> {
        Self::load(files)?;
        Ok(show::without_secrets(&layers::effective(files, std::env::vars())?))
    }
}

#[cfg(test)]
mod tests;
