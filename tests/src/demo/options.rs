//! What can be chosen about a demo.

use clap::Parser;
use jiff::civil::Date;

/// Plays one working day of the whole country on real servers, with every role as a process of its own.
#[derive(Debug, Clone, Parser)]
#[command(name = "wasl-demo")]
pub struct Options {
    /// Seed of every draw: the same seed plays the same day.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Files that are deposited; 1,251 is a day of 2022.
    #[arg(long, default_value_t = 1251)]
    pub files: usize,
    /// Legal days a second, once the working day is over.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// The working day.
    #[arg(long, default_value = "2026-11-02")]
    pub date: Date,
    /// End by itself, and fail unless the judge accounts for every file.
    #[arg(long)]
    pub check: bool,
    /// Judge the last run once more, from what it left in its folder; starts nothing.
    #[arg(long)]
    pub judge: bool,
}
