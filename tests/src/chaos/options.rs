//! What can be chosen about a run.

use clap::{Parser, Subcommand};
use jiff::civil::Date;

/// Breaks everything on purpose while the country's day is played, and judges what became of it.
#[derive(Debug, Clone, Parser)]
#[command(name = "wasl-chaos")]
pub struct Options {
    /// What is done.
    #[command(subcommand)]
    pub what: What,
    /// Folder below `target` for servers, logs and reports; two runs at a time need two.
    #[arg(long, default_value = "chaos", global = true)]
    pub folder: String,
    /// The working day.
    #[arg(long, default_value = "2026-11-02", global = true)]
    pub date: Date,
}

/// What is done.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// Kills, crashes and broken lines at random moments.
    Random(Random),
    /// Every crash point, on the first and the second passage.
    Points(Points),
    /// Mistakes that are planted, each of which the judge must find.
    Plants(Plants),
}

/// A random run.
#[derive(Debug, Clone, clap::Args)]
pub struct Random {
    /// Seed of every draw: the same seed plays the same schedule.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Files that are deposited.
    #[arg(long, default_value_t = 20_000)]
    pub files: usize,
    /// Kills of gateway processes; a tenth as many of broker and of database come besides, and half as many faults
    /// of lines.
    #[arg(long, default_value_t = 100)]
    pub kills: usize,
    /// Wall seconds from the first deposit to the last legal date; 0: as long as the files and faults need.
    #[arg(long, default_value_t = 0)]
    pub seconds: u64,
    /// How long recoveries take is told, and not judged: where others use the machine too.
    #[arg(long)]
    pub untimed: bool,
}

/// A run through the crash points.
#[derive(Debug, Clone, clap::Args)]
pub struct Points {
    /// Seed of the day, and of the draw.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Files that are deposited.
    #[arg(long, default_value_t = 1_200)]
    pub files: usize,
    /// So many crashes, drawn with the seed; 0: all.
    #[arg(long, default_value_t = 0)]
    pub draw: usize,
    /// Wall seconds of the day.
    #[arg(long, default_value_t = 150)]
    pub seconds: u64,
}

/// A run of planted mistakes.
#[derive(Debug, Clone, clap::Args)]
pub struct Plants {
    /// Seed of the days.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only these; none: all.
    pub names: Vec<String>,
}
