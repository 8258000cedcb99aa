//! `wasl event redeliver`: telling a commune once more what it was told by one event.

use std::time::Duration;

use clap::Subcommand;

use super::{Failure, operator};
use crate::acting::Wish;
use crate::config::Settings;
use crate::store::acts::ActKind;

/// Longest wait for the core.
const WAIT: Duration = Duration::from_secs(15);

#[derive(Debug, Subcommand)]
pub(super) enum EventCommand {
    /// Send the message of an event to its commune again, under the same id: who has heard it lets it fall away. Needs
    /// `auth.operator_token_file`.
    Redeliver {
        /// The file: reference, registration number or id.
        reference: String,
        /// Number of the event, as `wasl file show` lists it.
        sequence: i64,
        /// The commune, when two of them use the same reference.
        #[arg(long, value_name = "CODE")]
        commune: Option<String>,
        /// Why: kept.
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn run(command: &EventCommand, settings: &Settings) -> Result<(), Failure> {
    let EventCommand::Redeliver { reference, sequence, commune, reason } = command;
    let wish = Wish {
        file: Some(reference.clone()),
        commune: commune.clone(),
        sequence: Some(*sequence),
        ..Wish::new(ActKind::Redeliver, reason)
    };
    operator::ask(settings, &wish, WAIT)
}
