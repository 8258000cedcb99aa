//! Builds adapters from their configuration.

use std::sync::Arc;

use wasl_adapters::port::Adapter;
use wasl_adapters::registry::{self, BuildError};

use crate::config::{ConfigError, Settings, agency_settings};

/// Why an adapter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AgenciesError {
    /// Its file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its settings, or no such adapter.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// The adapter of a kind, from `agencies/<kind>.toml`.
///
/// # Errors
/// [`AgenciesError`] in one sentence that says what to mend.
pub fn adapter_of(settings: &Settings, kind: &str) -> Result<Arc<dyn Adapter>, AgenciesError> {
    let found = agency_settings(settings, kind)?;
    Ok(registry::build(kind, &found.place, &found.table)?)
}
