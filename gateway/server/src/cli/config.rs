//! `wasl config show`, `wasl version`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, output};
use crate::config::{DEFAULTS, Settings};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Show the effective settings, without passwords.
    Show,
    /// Show all settings with their defaults and what they mean.
    Defaults,
}

pub(super) fn run(command: &ConfigCommand, files: &[PathBuf]) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show => output::say(&Settings::show(files)?),
        ConfigCommand::Defaults => output::say(DEFAULTS),
    }
}

pub(super) fn version() -> Result<(), Failure> {
    output::say(&format!(
        "wasl {}\ntime zone data {}\nadapters {}",
        env!("CARGO_PKG_VERSION"),
        wasl_core::time::tzdb_version(),
        wasl_adapters::registry::kinds().join(" ")
    ))
}
