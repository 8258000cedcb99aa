//! `wasl agency`: holding back what is sent to one kind of agency, and sending it again. `wasl drain`: taking nothing
//! new in, and finishing what is in.

use std::time::Duration;

use clap::Subcommand;

use super::{Failure, block_on, operator, output};
use crate::acting::Wish;
use crate::config::Settings;
use crate::store::acts::ActKind;
use crate::store::connect;
use crate::store::read::held::{self, DrainState};

/// Longest wait for the core to take an act over.
const WAIT: Duration = Duration::from_secs(15);
/// How often a drain is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum AgencyCommand {
    /// Send nothing more to a kind of agency: it waits in the outbox. What the agency sends is still received, and legal
    /// limits run on. Needs `auth.operator_token_file`.
    Pause {
        /// The kind, like `onee`.
        kind: String,
        /// Why: kept.
        #[arg(long)]
        reason: String,
    },
    /// Send to it again. Needs `auth.operator_token_file`.
    Resume {
        /// The kind, like `onee`.
        kind: String,
        /// Why: kept.
        #[arg(long)]
        reason: String,
    },
    /// List the kinds that are paused, since when, by whom, and how much waits.
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum DrainCommand {
    /// Take nothing new in: what communes send waits in its queue. What is in is finished. Needs `auth.operator_token_file`.
    Begin {
        /// Why: kept.
        #[arg(long)]
        reason: String,
        /// Also wait until the gateway is dry, at most so long.
        #[arg(long, value_name = "SECONDS")]
        wait_s: Option<u64>,
    },
    /// How far it has come; exit code 1 while it is not dry.
    Status {
        /// Wait until the gateway is dry, at most so long.
        #[arg(long, value_name = "SECONDS")]
        wait_s: Option<u64>,
    },
    /// Take in again. Needs `auth.operator_token_file`.
    End {
        /// Why: kept.
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn run(command: &AgencyCommand, settings: &Settings) -> Result<(), Failure> {
    let (kind, act, reason) = match command {
        AgencyCommand::Pause { kind, reason } => (kind, ActKind::Pause, reason),
        AgencyCommand::Resume { kind, reason } => (kind, ActKind::Resume, reason),
        AgencyCommand::List => return list(settings),
    };
    operator::ask(settings, &Wish { agency: Some(kind.clone()), ..Wish::new(act, reason) }, WAIT)
}

fn list(settings: &Settings) -> Result<(), Failure> {
    let found = block_on(async { held::pauses(&connect::pool(&settings.database)?).await })??;
    found.iter().try_for_each(|line| {
        output::say(&format!(
            "{}  paused since {} by {}  {} held back  {}",
            line.agency, line.since, line.by, line.held, line.reason
        ))
    })
}

pub(super) fn drain(command: &DrainCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        DrainCommand::Begin { reason, wait_s } => {
            operator::ask(settings, &Wish::new(ActKind::Drain, reason), WAIT)?;
            wait_s.map_or(Ok(()), |seconds| status(settings, Some(seconds)))
        }
        DrainCommand::Status { wait_s } => status(settings, *wait_s),
        DrainCommand::End { reason } => operator::ask(settings, &Wish::new(ActKind::Undrain, reason), WAIT),
    }
}

fn status(settings: &Settings, wait_s: Option<u64>) -> Result<(), Failure> {
    let state = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let limit = tokio::time::Instant::now() + Duration::from_secs(wait_s.unwrap_or(0));
        loop {
            let state = held::drain(&pool).await?;
            if state.dry || !state.draining || tokio::time::Instant::now() >= limit {
                return Ok::<_, Failure>(state);
            }
            output::remark(&text(&state));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    })??;
    output::say(&text(&state))?;
    if state.dry { Ok(()) } else { Err(Failure::Told) }
}

fn text(state: &DrainState) -> String {
    let (outbox, under_way, acts) = (state.outbox, state.under_way, state.acts);
    match (state.draining, state.dry) {
        (false, _) => "the gateway is not drained: it takes in".to_owned(),
        (true, true) => "dry: everything that was in is finished".to_owned(),
        (true, false) => {
            format!("draining: {outbox} messages to go out, {under_way} requests under way, {acts} acts")
        }
    }
}
