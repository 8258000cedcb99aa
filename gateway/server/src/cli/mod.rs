//! The command line. Exit codes: 0 good, 1 refused, 2 wrong usage.

mod act;
mod agency;
mod alarms;
mod bank;
mod calendar;
mod check;
mod commune;
mod config;
mod deadline;
mod event;
mod feed;
mod file;
mod migrate;
mod operator;
mod output;
mod parked;
mod rebuild;
mod request;
mod serve;
mod topology;
mod translate;

use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

use crate::config::Settings;

/// Carries permit files between communes and the agencies that review them, and keeps the legal clock.
#[derive(Debug, Parser)]
#[command(name = "wasl", version, propagate_version = true)]
struct Cli {
    /// Settings file (TOML), over the defaults; may be given several times, the later one wins. Environment
    /// variables WASL__SECTION__KEY win over all files.
    #[arg(long, value_name = "FILE", global = true)]
    config: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway, or one role of it.
    Serve(serve::ServeArgs),
    /// What must exist on the broker: queues, policies, users, rights.
    #[command(subcommand)]
    Topology(topology::TopologyCommand),
    /// Communes that join.
    #[command(subcommand)]
    Commune(commune::CommuneCommand),
    /// Check a message as the gateway would, and show all its faults. Needs no server.
    Check(check::CheckArgs),
    /// Show what an adapter would send, or what it makes of an answer. Needs no server.
    Translate(translate::TranslateArgs),
    /// What the bank's adapter makes of your own files. Needs no server.
    #[command(subcommand)]
    Bank(bank::BankCommand),
    /// Permit files in the database.
    #[command(subcommand)]
    File(file::FileCommand),
    /// Feeds that agencies are read from, and where their reading stands.
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    /// What is wrong now, and since when. Reads the database of the settings.
    Alarms(alarms::AlarmsArgs),
    /// Messages that could not go on.
    #[command(subcommand)]
    Parked(parked::ParkedCommand),
    /// Requests of which nobody knows whether they have arrived.
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// What operators asked for, and approving it.
    #[command(subcommand)]
    Act(act::ActCommand),
    /// Holding back what is sent to an agency.
    #[command(subcommand)]
    Agency(agency::AgencyCommand),
    /// Taking nothing new in, and finishing what is in.
    #[command(subcommand)]
    Drain(agency::DrainCommand),
    /// Events of files.
    #[command(subcommand)]
    Event(event::EventCommand),
    /// States and read models from the events: how they differ, and mending them. Needs the database login of the core.
    Rebuild(rebuild::RebuildArgs),
    /// Worked days and holidays.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// The legal clock: why a date, and what it would be.
    #[command(subcommand)]
    Deadline(deadline::DeadlineCommand),
    /// Bring the database to the present version, as its administrator.
    Migrate,
    /// The settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// What this program is made of.
    Version,
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was understood and refused: exit code 1.
    Refused(anyhow::Error),
    /// It was not understood: exit code 2.
    Usage(String),
    /// All was said already: exit code 1 without a word more.
    Told,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// Runs the program with these arguments (the first is its name).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::from(1),
        Err(Failure::Refused(error)) => {
            output::complain(&format!("{error:#}"));
            ExitCode::from(1)
        }
        Err(Failure::Usage(reason)) => {
            output::complain(&reason);
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let files = cli.config;
    match cli.command {
        Command::Serve(args) => serve::run(&args, &files),
        Command::Topology(command) => topology::run(&command, &Settings::load(&files)?),
        Command::Commune(command) => commune::run(&command, &Settings::load(&files)?),
        Command::Check(args) => check::run(&args, &Settings::load(&files)?),
        Command::Translate(args) => translate::run(&args, &Settings::load(&files)?),
        Command::Bank(command) => bank::run(&command),
        Command::File(command) => file::run(&command, &Settings::load(&files)?),
        Command::Feed(command) => feed::run(&command, &Settings::load(&files)?),
        Command::Alarms(args) => alarms::run(&args, &Settings::load(&files)?),
        Command::Parked(command) => parked::run(&command, &Settings::load(&files)?),
        Command::Request(command) => request::run(&command, &Settings::load(&files)?),
        Command::Act(command) => act::run(&command, &Settings::load(&files)?),
        Command::Agency(command) => agency::run(&command, &Settings::load(&files)?),
        Command::Drain(command) => agency::drain(&command, &Settings::load(&files)?),
        Command::Event(command) => event::run(&command, &Settings::load(&files)?),
        Command::Rebuild(args) => rebuild::run(&args, &Settings::load(&files)?),
        Command::Calendar(command) => calendar::run(&command, &Settings::load(&files)?),
        Command::Deadline(command) => deadline::run(&command, &Settings::load(&files)?),
        Command::Migrate => migrate::run(&Settings::load(&files)?),
        Command::Config(command) => config::run(&command, &files),
        Command::Version => config::version(),
    }
}

/// Runs a future to its end on a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    block_on_runtime(Builder::new_multi_thread(), future)
}

/// Runs a future to its end on so many threads; 0: on half of the processors.
fn block_on_threads<T>(threads: usize, future: impl Future<Output = T>) -> Result<T, Failure> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if threads == 0 { processors / 2 } else { threads };
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads.max(1));
    block_on_runtime(builder, future)
}

/// Runs a future to its end on this thread alone.
fn block_on_alone<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    block_on_runtime(Builder::new_current_thread(), future)
}

fn block_on_runtime<T>(mut builder: Builder, future: impl Future<Output = T>) -> Result<T, Failure> {
    install_crypto();
    let runtime = builder.enable_all().build().context("no runtime")?;
    Ok(runtime.block_on(future))
}

/// One provider of TLS for the whole process. Every client needs it, so it comes first.
fn install_crypto() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
}

/// The content of a file, or of standard input for `-`.
fn read_input(path: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).map(String::into_bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
