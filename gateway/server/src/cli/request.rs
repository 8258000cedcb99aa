//! `wasl request`: requests of which nobody knows whether they have arrived, and settling them, by two operators.

use std::time::Duration;

use clap::Subcommand;
use uuid::Uuid;
use wasl_core::file::Release;

use super::{Failure, block_on, operator, output};
use crate::acting::Wish;
use crate::config::Settings;
use crate::store::acts::ActKind;
use crate::store::connect;
use crate::store::read::waiting;

#[derive(Debug, Subcommand)]
pub(super) enum RequestCommand {
    /// List the requests that wait for operators, the first due first.
    ListWaiting {
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask that one is settled, once it is known from the agency what became of it. Needs `auth.operator_token_file`.
    Release {
        /// The file: reference, registration number or id.
        reference: String,
        /// The consultation or order, as `list-waiting` shows it.
        consultation: Uuid,
        /// `done`: it has arrived; `not-done`: it has not, and is not sent any more; `send-again`: it is sent once more.
        #[arg(long = "as", value_name = "WAY", value_parser = way)]
        release: Release,
        /// The agency's own number, where it has arrived; an order of payment needs it.
        #[arg(long, value_name = "NUMBER")]
        agency_reference: Option<String>,
        /// The commune, when two of them use the same reference.
        #[arg(long, value_name = "CODE")]
        commune: Option<String>,
        /// Why: kept with the file's event.
        #[arg(long)]
        reason: String,
    },
}

fn way(key: &str) -> Result<Release, String> {
    let known = Release::ALL.map(Release::as_str).join(", ");
    Release::ALL.into_iter().find(|way| way.as_str() == key).ok_or_else(|| format!("known are {known}"))
}

pub(super) fn run(command: &RequestCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        RequestCommand::ListWaiting { json } => {
            let found =
                block_on(async { waiting::for_operators(&connect::pool(&settings.database)?).await })??;
            if *json {
                return output::say(&serde_json::to_string_pretty(&found)?);
            }
            found.iter().try_for_each(|line| {
                let due = line.due.map(|due| format!("  due {due}")).unwrap_or_default();
                let act = line.act.map(|act| format!("  asked for in act {act}")).unwrap_or_default();
                output::say(&format!(
                    "{}  {}  {} {}  attempt {}{due}{act}",
                    line.reference, line.consultation_id, line.agency, line.request, line.attempt
                ))
            })
        }
        RequestCommand::Release { reference, consultation, release, agency_reference, commune, reason } => {
            let wish = Wish {
                file: Some(reference.clone()),
                commune: commune.clone(),
                consultation: Some(*consultation),
                release_as: Some(*release),
                agency_reference: agency_reference.clone(),
                ..Wish::new(ActKind::Release, reason)
            };
            operator::ask(settings, &wish, Duration::ZERO)
        }
    }
}
