//! Instructions of the pure core and of the checks before it: each message of communes, each kind of decision, each
//! kind of deadline. Most cases come from the data (samples, rules), so that what is added there is counted too.
//! `make bench-instructions` runs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on must stop")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures")]

mod checks;
mod count;
mod deadlines;
mod decisions;
mod samples;
#[path = "../../tests/lives/world.rs"]
mod world;

use std::path::Path;
use std::process::ExitCode;

/// Legal time in every case: after everything that the samples say.
const NOW: &str = "2026-12-15T09:31:07Z";

fn now() -> jiff::Timestamp {
    NOW.parse().unwrap()
}

fn main() -> ExitCode {
    let samples = samples::all();
    let cases: Vec<count::Case> = checks::cases(&samples)
        .into_iter()
        .chain(decisions::cases(&samples))
        .chain(deadlines::cases())
        .collect();
    count::main(&cases, &Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.toml"))
}
