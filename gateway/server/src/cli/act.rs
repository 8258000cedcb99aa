//! `wasl act`: what operators asked for; approving and declining it.

use std::time::Duration;

use clap::Subcommand;
use uuid::Uuid;

use super::{Failure, block_on, operator, output};
use crate::config::Settings;
use crate::store::connect;
use crate::store::read::acts;

/// Acts that are listed at most.
const ACTS_MAX: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum ActCommand {
    /// List acts, newest first: those that wait for a decision or are under way.
    List {
        /// Also those that are over.
        #[arg(long)]
        all: bool,
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one act.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Approve what somebody else asked for, and wait until the core has done it. Needs `auth.operator_token_file`.
    Approve {
        /// Its id.
        id: Uuid,
        /// Longest wait for the core to be done.
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        wait_s: u64,
    },
    /// Decline an act, or take back one's own. Needs `auth.operator_token_file`.
    Decline {
        /// Its id.
        id: Uuid,
    },
}

pub(super) fn run(command: &ActCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        ActCommand::List { all, json } => {
            let found = block_on(async {
                acts::list(&connect::pool(&settings.database)?, !all, None, ACTS_MAX).await
            })??;
            if *json {
                return output::say(&serde_json::to_string_pretty(&found)?);
            }
            found.iter().try_for_each(|act| output::say(&operator::line(act)))
        }
        ActCommand::Show { id } => {
            let found = block_on(async { acts::one(&connect::pool(&settings.database)?, *id).await })??;
            let act = found.ok_or_else(|| anyhow::anyhow!("there is no act {id}"))?;
            output::say(&serde_json::to_string_pretty(&act)?)
        }
        ActCommand::Approve { id, wait_s } => {
            operator::decide(settings, *id, true, Duration::from_secs(*wait_s))
        }
        ActCommand::Decline { id } => operator::decide(settings, *id, false, Duration::ZERO),
    }
}
