//! `wasl check`: all faults of a message, without any server.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, read_input};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Name of the message, e.g. `file.submitted`.
    #[arg(long = "type", value_name = "NAME")]
    name: String,
    /// Show the faults as JSON, with their texts in the three languages.
    #[arg(long)]
    json: bool,
    /// File to check, `-` for standard input: a CloudEvent in JSON, or its data alone.
    file: PathBuf,
}

pub(super) fn run(args: &CheckArgs, files: &[PathBuf]) -> Result<(), Failure> {
    let bytes = read_input(&args.file)?;
    let _ = (bytes, files, args.json, &args.name);
    Err(anyhow::anyhow!("not wired").into())
}
