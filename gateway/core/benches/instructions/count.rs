//! Counts instructions, not seconds: the same for the same binary, whatever else the machine does.
//!
//! Called by itself, a benchmark runs each of its cases in a process of its own under `valgrind --tool=callgrind`,
//! which counts only what happens inside [`measured`], and compares the counts with those kept beside it. A rise of
//! more than [`RISE_PERCENT_MAX`] is a failure: mend it, or keep the new counts with `WASL_UPDATE=1` and say in the
//! commit what they buy.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

/// A count may rise by so much; compilers and their dependencies move it a little.
const RISE_PERCENT_MAX: f64 = 5.0;
/// How often a case runs before it is counted: what is made once is then made.
const WARM_UPS: u32 = 3;

/// A case: its name, and what makes it. What is made is called again and again.
pub(crate) type Case = (&'static str, fn() -> Box<dyn FnMut()>);

/// The one function inside which instructions are counted.
#[inline(never)]
pub(crate) fn measured(case: &mut dyn FnMut()) {
    case();
}

/// Runs one case when its name is given, and otherwise counts and compares them all.
pub(crate) fn main(cases: &[Case], kept: &Path) -> ExitCode {
    let wanted = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    match wanted {
        Some(name) => run(cases, &name),
        None => compare(cases, kept),
    }
}

fn run(cases: &[Case], name: &str) -> ExitCode {
    let Some((_, make)) = cases.iter().find(|(known, _)| *known == name) else {
        eprintln!("there is no case {name}");
        return ExitCode::from(2);
    };
    let mut case = make();
    (0..WARM_UPS).for_each(|_| case());
    measured(&mut *case);
    ExitCode::SUCCESS
}

fn compare(cases: &[Case], kept: &Path) -> ExitCode {
    let known: BTreeMap<String, u64> =
        std::fs::read_to_string(kept).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
    let update = std::env::var_os("WASL_UPDATE").is_some();
    let (mut counts, mut risen) = (BTreeMap::new(), Vec::new());
    println!("{:<36} {:>14} {:>14} {:>9}", "instructions", "kept", "now", "change");
    for (name, _) in cases {
        let now = count(name);
        let before = known.get(*name).copied();
        let change = before.map(|before| (now as f64 / before as f64 - 1.0) * 100.0);
        let (shown, moved) = (before.map_or("-".to_owned(), |n| n.to_string()), change.unwrap_or(0.0));
        println!("{name:<36} {shown:>14} {now:>14} {moved:>8.1}%");
        if before.is_none() || moved > RISE_PERCENT_MAX {
            risen.push(*name);
        }
        counts.insert(*name, now);
    }
    if update {
        let head =
            "# Instructions of one passage, counted by callgrind; see count.rs. Written by WASL_UPDATE=1.\n";
        std::fs::write(kept, head.to_owned() + &toml::to_string(&counts).unwrap()).unwrap();
        println!("kept in {}", kept.display());
        return ExitCode::SUCCESS;
    }
    if risen.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("risen by more than {RISE_PERCENT_MAX} %, or new: {}", risen.join(", "));
    ExitCode::FAILURE
}

/// Instructions inside [`measured`], by callgrind's own words: `Collected : 12345`.
fn count(name: &str) -> u64 {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    command.arg("--toggle-collect=*measured*").arg(program).arg(name);
    let output =
        command.output().unwrap_or_else(|error| panic!("valgrind is needed (Debian: valgrind): {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    let count = line.and_then(|count| count.parse().ok());
    count.filter(|count| *count > 0).unwrap_or_else(|| panic!("{name} was not counted: {said}"))
}
