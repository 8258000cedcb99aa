//! `wasl-chaos`: the country's day with everything broken on purpose, judged.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use wasl_tests::chaos::options::{Options, What};
use wasl_tests::chaos::{plants, points, run};
use wasl_tests::world::layout::Layout;

fn main() -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error,lapin=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let good = runtime.block_on(async {
        let folder = format!("target/{}", options.folder);
        let layout = Layout::new(&folder, &format!("{folder}/servers"))?;
        match &options.what {
            What::Random(random) => run::random(&layout, random, options.date).await,
            What::Points(points) => points::run(&layout, points, options.date).await,
            What::Plants(plants) => plants::run(&layout, plants, options.date).await,
        }
    })?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
