//! The program `wasl`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    wasl::cli::run(std::env::args_os())
}
