//! `wasl rebuild`: states and read models from the events, and how they differ from what is stored.

use clap::Args;
use uuid::Uuid;

use super::{Failure, block_on, output};
use crate::config::Settings;
use crate::store::{connect, rebuild};

/// Files between two remarks on how far it is.
const TELL_EVERY: u64 = 1_000;
/// Differences that are told; the rest is counted.
const TOLD_MAX: usize = 1_000;

#[derive(Debug, Args)]
pub(super) struct RebuildArgs {
    /// Change nothing: only compare. Exit code 1 when anything differs.
    #[arg(long)]
    check: bool,
    /// Only this file: reference, registration number or id.
    #[arg(long, value_name = "REFERENCE")]
    file: Option<String>,
    /// The commune, when two of them use the same reference.
    #[arg(long, value_name = "CODE")]
    commune: Option<String>,
}

pub(super) fn run(args: &RebuildArgs, settings: &Settings) -> Result<(), Failure> {
    let (files, differences) = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let one = match &args.file {
            Some(reference) => {
                Some(super::file::find_one(&pool, reference, args.commune.as_deref()).await?.id)
            }
            None => None,
        };
        let all = rebuild::count(&pool).await?;
        let (mut files, mut told, mut last): (u64, u64, Option<Uuid>) = (0, 0, None);
        let mut differences = Vec::new();
        loop {
            let batch = rebuild::batch(&pool, last, one, !args.check).await?;
            files += batch.files;
            differences.extend(batch.differences);
            if files >= told + TELL_EVERY {
                told = files;
                output::remark(&format!("{files} of {all} files, {} differences", differences.len()));
            }
            match batch.last {
                Some(id) if one.is_none() => last = Some(id),
                _ => return Ok::<_, Failure>((files, differences)),
            }
        }
    })??;
    for difference in differences.iter().take(TOLD_MAX) {
        output::say(&format!(
            "{}  {} {}: {} stored, {} by its events",
            difference.file, difference.table, difference.what, difference.stored, difference.told
        ))?;
    }
    let count = differences.len();
    let end = match (count, args.check) {
        (0, _) => "everything is what the events tell".to_owned(),
        (_, true) => format!("{count} differences"),
        (_, false) => format!("{count} differences, mended"),
    };
    output::say(&format!("{files} files: {end}"))?;
    if count > 0 && args.check { Err(Failure::Told) } else { Ok(()) }
}
