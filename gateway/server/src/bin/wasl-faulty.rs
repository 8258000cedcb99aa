//! `wasl-faulty`: the program `wasl` with crash points and planted mistakes, for tests. `wasl-faulty faults` lists them.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use serde_json::json;
use wasl_adapters::faults::{PLANTS, POINTS};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() != Some("faults") {
        return wasl::cli::run(std::env::args_os());
    }
    let points: Vec<_> = POINTS
        .iter()
        .map(|point| json!({"name": point.name, "roles": point.roles, "between": point.between}))
        .collect();
    let plants: Vec<_> =
        PLANTS.iter().map(|plant| json!({"name": plant.name, "mistake": plant.mistake})).collect();
    let list = json!({"points": points, "plants": plants}).to_string();
    match std::io::Write::write_all(&mut std::io::stdout(), list.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
