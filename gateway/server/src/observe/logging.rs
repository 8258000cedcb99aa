//! Log lines: for people or as JSON, filtered by directives. They carry ids and codes only.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{ConfigError, Log, LogFormat};

/// Never written, whatever the filter says: the client library would log whole messages that are returned, and
/// so personal data.
const SILENCED: [&str; 1] = ["lapin::returned_messages=off"];

/// Installs the process's log writer (standard error). Does nothing when one is installed already.
///
/// # Errors
/// Directives in `log.filter` that cannot be read.
pub fn install(settings: &Log) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&settings.filter)
        .map_err(|error| ConfigError::value("log.filter", error.to_string()))?;
    let filter = SILENCED.iter().filter_map(|text| text.parse().ok()).fold(filter, EnvFilter::add_directive);
    let registry = tracing_subscriber::registry().with(filter);
    let installed: Result<(), TryInitError> = match settings.format {
        LogFormat::Text => {
            let layer = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
            registry.with(layer.with_ansi(std::io::stderr().is_terminal())).try_init()
        }
        LogFormat::Json => {
            registry.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).try_init()
        }
    };
    if installed.is_err() {
        tracing::debug!("a log writer is installed already");
    }
    Ok(())
}
