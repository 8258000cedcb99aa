//! `wasl feed`: the cursors of polled feeds. Rewinding is free: what comes a second time has the same id and falls away.

use clap::Subcommand;

use super::{Failure, block_on, output};
use crate::config::Settings;
use crate::store::{connect, feeds};

#[derive(Debug, Subcommand)]
pub(super) enum FeedCommand {
    /// List the feeds with their cursors. Reads the database of the settings.
    List,
    /// Have a feed read again from a cursor, an empty one for its beginning. A reading that is under way is dropped.
    Rewind {
        /// The kind of agency, like `urban-agency`.
        agency: String,
        /// The feed's name, like `notifications`.
        feed: String,
        /// From where, as `wasl feed list` shows it; empty for the beginning.
        #[arg(default_value = "")]
        cursor: String,
    },
}

pub(super) fn run(command: &FeedCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        FeedCommand::List => list(settings),
        FeedCommand::Rewind { agency, feed, cursor } => rewind(settings, agency, feed, cursor),
    }
}

fn list(settings: &Settings) -> Result<(), Failure> {
    let all = block_on(async {
        let pool = connect::pool(&settings.database)?;
        feeds::all(&pool).await
    })??;
    for feed in all {
        let fault = feed.last_fault.map(|fault| format!("  {} failures: {fault}", feed.failures));
        let line =
            format!("{} {}  cursor `{}`{}", feed.agency, feed.name, feed.cursor, fault.unwrap_or_default());
        output::say(&line)?;
    }
    Ok(())
}

fn rewind(settings: &Settings, agency: &str, feed: &str, cursor: &str) -> Result<(), Failure> {
    let before = block_on(async {
        let pool = connect::pool(&settings.database)?;
        feeds::rewind(&pool, agency, feed, cursor).await
    })??;
    match before {
        Some(before) => Ok(output::say(&format!("{agency} {feed}: from `{before}` back to `{cursor}`"))?),
        None => Err(Failure::Usage(format!("{agency} has no feed `{feed}`: see `wasl feed list`"))),
    }
}
