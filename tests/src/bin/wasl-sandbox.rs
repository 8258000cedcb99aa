//! `wasl-sandbox`: the kit for partners. Simulated agencies, a commune that plays, conformance of an agency.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use wasl_tests::conform::{self, ConformArgs};
use wasl_tests::partner::{self, CommuneArgs};
use wasl_tests::sandbox::{Agency, SCENARIO_HEADER, Scenario, ServeArgs, serve};

/// The gateway's own: a fifth of the simulated agencies' time went into the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// For partners who test their own software against wasl, or against what wasl would say to them, with nobody's help.
#[derive(Parser)]
#[command(after_help = "Each command has --help of its own. A guide: deploy/partners/README.md")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play agencies: for whoever runs wasl, or develops for a commune, and needs the other side.
    ///
    /// Opens the agencies on one loopback address until it is stopped, speaks their true formats, checks what it
    /// gets, answers after a drawn delay (1 to 9 legal days; a legal day lasts --legal-day-ms), and keeps a ledger
    /// of every effect. What you need for wasl's own configuration is printed at the start; --settings writes it.
    Serve(Box<ServeArgs>),
    /// List the faults that `serve` can play, and how to ask for them.
    Scenarios,
    /// Play a commune: submit samples, watch its queue, print what comes.
    Commune(Box<CommuneArgs>),
    /// Play wasl against an agency's own endpoint (or an agency against wasl's callbacks) and judge the answers.
    ///
    /// Prints one line per case and, with --json, a report; ends with 0 when every case passes, 1 when one fails,
    /// 2 when the run itself could not be made.
    Conform(Box<ConformArgs>),
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,wasl_tests=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(fault) => {
            _ = writeln!(std::io::stderr(), "wasl-sandbox: {fault:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(args) => {
                serve(args.settings()?, until_stopped()?).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Scenarios => {
                std::io::stdout().lock().write_all(scenarios().as_bytes())?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Commune(args) => {
                partner::commune(&args, until_stopped()?).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Conform(args) => {
                let good = conform::run(&args).await?;
                Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    })
}

/// Ends with SIGTERM or SIGINT.
fn until_stopped() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        asked.cancel();
    });
    Ok(stop)
}

fn scenarios() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (_, key, agencies, means) in Scenario::ALL {
        let places: Vec<_> = agencies.iter().map(|agency| agency.key()).collect();
        let places =
            if agencies.len() == Agency::ALL.len() { "all agencies".to_owned() } else { places.join(", ") };
        _ = writeln!(text, "{key:16} {means}\n{:16} at {places}", "");
    }
    text + &format!(
        "\nFor a whole run   wasl-sandbox serve --scenario slow,busy=0.1 --seed 7   (a tenth of the requests, drawn by the seed)\n\
         For one request   the header {SCENARIO_HEADER}: slow\n\
         For one file      a mark at the end of the commune's reference, at all agencies or at one:\n                  \
         PCT-7..slow   PCT-7..onee.busy   (the first two requests about the file; those after it pass)\n\
         What it answers   the same way: PCT-7..urban-agency.unfavourable, and favourable, conditions, no-opinion,\n                  \
         refused, incomplete, never; at the bank paid, refused-then-paid, failed, pending, rejected\n"
    )
}
