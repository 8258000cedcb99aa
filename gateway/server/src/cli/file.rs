//! `wasl file show`: what the gateway knows of a permit file.

use clap::Subcommand;

use super::Failure;
use crate::config::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum FileCommand {
    /// Show a file with its events, consultations and timers.
    Show {
        /// The file's reference, as its commune gives it.
        reference: String,
    },
}

pub(super) fn run(command: &FileCommand, settings: &Settings) -> Result<(), Failure> {
    let FileCommand::Show { reference } = command;
    let _ = (reference, settings);
    Err(anyhow::anyhow!("the database cannot be read yet").into())
}
