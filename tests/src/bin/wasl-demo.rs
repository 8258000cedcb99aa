//! `wasl-demo`: one working day of the whole country, judged.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use wasl_tests::demo::options::Options;
use wasl_tests::demo::run;

fn main() -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let good = runtime.block_on(run::run(&options))?;
    Ok(if good || !options.check { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
