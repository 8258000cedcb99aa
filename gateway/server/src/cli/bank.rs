//! `wasl bank`: what the bank's adapter makes of somebody's own files. No server, no database.

mod hash;
mod statement;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum BankCommand {
    /// The HASH, version 3, of the parameters of a card callback, and whether it is the one that was posted.
    Hash(HashArgs),
    /// What is read of a camt.053 or camt.054 file, and what is wrong with it.
    Statement(StatementArgs),
}

#[derive(Debug, Args)]
pub(super) struct HashArgs {
    /// The posted parameters, `-` for standard input: the form as it came, or one `name=value` a line (not
    /// encoded).
    file: PathBuf,
    /// File that holds the store key; white space at its end does not count.
    #[arg(long, value_name = "FILE", default_value = "store-key.txt")]
    key: PathBuf,
    /// How the bank's own program differs from version 3: html-entities, final-newline, no-escape,
    /// lower-case-order, plain-order, no-empty-values. May be given several times.
    #[arg(long, value_name = "NAME")]
    quirk: Vec<String>,
    /// Tell it as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatementArgs {
    /// The file, `-` for standard input: camt.053 or camt.054, version 001.02 or 001.08.
    file: PathBuf,
    /// What the bank writes before our reference.
    #[arg(long, value_name = "TEXT", default_value = "")]
    order_prefix: String,
    /// Tell all that was read as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &BankCommand) -> Result<(), Failure> {
    match command {
        BankCommand::Hash(args) => hash::run(args),
        BankCommand::Statement(args) => statement::run(args),
    }
}
