//! Short runs of chaos: random kills, a draw of the crash points, and mistakes that are planted. `make chaos` and
//! `make long` run all of it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must stop, and say what it saw"
)]

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One at a time: each has servers of its own and needs the whole machine.
static TURN: Mutex<()> = Mutex::new(());

/// Runs `wasl-chaos`; it must find nothing wrong, and have done what it was asked.
#[track_caller]
fn chaos(folder: &str, arguments: &[&str]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let program = Path::new(env!("CARGO_BIN_EXE_wasl-chaos"));
    for needed in ["wasl", "wasl-faulty"] {
        let path = program.with_file_name(needed);
        assert!(path.exists(), "{} is missing: run `make build faulty` first", path.display());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output =
        Command::new(program).args(arguments).args(["--folder", folder]).current_dir(root).output().unwrap();
    if !output.status.success() {
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        panic!("wasl-chaos {}: {}\n{said}\n{told}", arguments.join(" "), output.status);
    }
}

#[test]
fn after_kills_and_broken_lines_at_random_moments_the_judge_accounts_for_every_file() {
    let arguments =
        ["random", "--seed", "1", "--files", "250", "--kills", "6", "--seconds", "60", "--untimed"];
    chaos("test/chaos", &arguments);
}

#[test]
fn after_a_crash_at_a_draw_of_the_points_the_judge_accounts_for_every_file() {
    chaos("test/chaos", &["points", "--seed", "1", "--files", "300", "--draw", "14", "--seconds", "40"]);
}

#[test]
fn mistakes_that_are_planted_are_found_by_the_invariants_that_name_them() {
    chaos("test/chaos", &["plants", "--seed", "1", "inbox-off", "order-by-arrival"]);
}
