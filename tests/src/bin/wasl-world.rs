//! `wasl-world up|down`: the local world without the day's traffic, for anybody's own client.
#![forbid(unsafe_code)]

use clap::Parser;
use wasl_tests::local;

/// Starts or stops private servers, the gateway and the simulated agencies.
#[derive(Debug, Parser)]
#[command(name = "wasl-world")]
enum World {
    /// Start them, or say where they are when they run.
    Up,
    /// Stop them. What is stored stays.
    Down,
}

fn main() -> anyhow::Result<()> {
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match World::parse() {
            World::Up => local::up().await,
            World::Down => local::down().await,
        }
    })
}
