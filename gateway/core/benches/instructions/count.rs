//! Counts instructions, not seconds: the same for the same binary, whatever else the machine does.
//!
//! Called by itself, a benchmark runs each of its cases in a process of its own under `valgrind --tool=callgrind`,
//! which counts only what happens inside [`measured`], and compares the counts with those kept beside it
//! ([`compare`]). `WASL_UPDATE=1` keeps the new ones. Called with the name of a case it runs that case alone:
//! `valgrind --tool=callgrind --collect-atstart=no '--toggle-collect=*measured*' PROGRAM NAME` shows where it spends.

#[path = "compare.rs"]
mod compare;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use compare::{Counts, Finding, Kept, Tools, change_percent, findings};

/// How often a case runs before it is counted: what is made once is then made.
const WARM_UPS: u32 = 3;
/// Passages that are counted, for their mean: the allocator tidies up now and then, at the cost of a small case.
const PASSAGES: u32 = 16;
const HEAD: &str = "\
# Instructions of one passage of each pure part (a mean), counted by callgrind; `count.rs` says how. `make bench-instructions`
# compares: a rise of more than 5 % must be explained in the commit that keeps it. Written by WASL_UPDATE=1.

";

/// What is done again and again.
pub(crate) type Work = Box<dyn FnMut()>;

/// A case by its name.
pub(crate) struct Case {
    name: String,
    make: Box<dyn Fn() -> Option<Work>>,
}

impl Case {
    /// A case. What `make` gives is counted; `None` where there is nothing to count.
    pub(crate) fn new(name: impl Into<String>, make: impl Fn() -> Option<Work> + 'static) -> Self {
        Self { name: name.into(), make: Box::new(make) }
    }
}

/// The one function inside which instructions are counted.
#[inline(never)]
pub(crate) fn measured(work: &mut dyn FnMut()) {
    (0..PASSAGES).for_each(|_| work());
}

/// Runs one case when its name is given, and otherwise counts and compares them all.
pub(crate) fn main(cases: &[Case], kept: &Path) -> ExitCode {
    match std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) {
        Some(name) => run(cases, &name),
        None => judge(cases, kept),
    }
}

fn run(cases: &[Case], name: &str) -> ExitCode {
    let found = cases.iter().find(|case| case.name == name).and_then(|case| (case.make)());
    let Some(mut work) = found else {
        eprintln!("there is no case {name}");
        return ExitCode::from(2);
    };
    (0..WARM_UPS).for_each(|_| work());
    measured(&mut *work);
    ExitCode::SUCCESS
}

fn judge(cases: &[Case], path: &Path) -> ExitCode {
    let update = std::env::var_os("WASL_UPDATE").is_some();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let kept = toml::from_str(&text).unwrap_or_else(|why| {
        assert!(update, "{}: {why}: write it anew with WASL_UPDATE=1", path.display());
        Kept::default()
    });
    let tools = tools();
    let names: Vec<&str> =
        cases.iter().filter(|case| (case.make)().is_some()).map(|case| case.name.as_str()).collect();
    let now = count_all(&names);
    show(&kept.instructions, &now);
    if update {
        let new = Kept { made_with: tools, instructions: now };
        std::fs::write(path, HEAD.to_owned() + &toml::to_string(&new).unwrap()).unwrap();
        println!("kept in {}", path.display());
        return ExitCode::SUCCESS;
    }
    let (found, other) = (findings(&kept.instructions, &now), kept.made_with.differences(&tools));
    other
        .iter()
        .for_each(|difference| eprintln!("other tools than those of {}: {difference}", path.display()));
    found.iter().for_each(|finding: &Finding| eprintln!("{finding}"));
    match found.as_slice() {
        [] => ExitCode::SUCCESS,
        _ if !other.is_empty() => {
            eprintln!(
                "{} findings; the other tools alone may be why: count the commit before with them",
                found.len()
            );
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

fn show(kept: &Counts, now: &Counts) {
    println!("{:<52} {:>10} {:>10} {:>8}", "instructions", "kept", "now", "change");
    for (name, now) in now {
        match kept.get(name) {
            Some(kept) => println!("{name:<52} {kept:>10} {now:>10} {:>7.1}%", change_percent(*kept, *now)),
            None => println!("{name:<52} {:>10} {now:>10}", "-"),
        }
    }
}

/// Each case in a process of its own, as many at a time as there are processors: a count does not feel the others.
fn count_all(names: &[&str]) -> Counts {
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(Counts::new()));
    let worker = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let count = count(name);
            counts.lock().unwrap().insert((*name).to_owned(), count);
        }
    };
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        (0..workers).for_each(|_| drop(scope.spawn(worker)));
    });
    counts.into_inner().unwrap()
}

/// Instructions of one passage inside [`measured`], by callgrind's own words: `Collected : 12345`.
fn count(name: &str) -> u64 {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    command.arg("--toggle-collect=*measured*").arg(program).arg(name);
    let output =
        command.output().unwrap_or_else(|error| panic!("valgrind is needed (Debian: valgrind): {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    let count = line.and_then(|count| count.parse::<u64>().ok()).map(|count| count / u64::from(PASSAGES));
    count.filter(|count| *count > 0).unwrap_or_else(|| panic!("{name} was not counted: {said}"))
}

fn tools() -> Tools {
    Tools { rustc: version("rustc"), valgrind: version("valgrind"), processor: processor() }
}

fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Searching, hashing and copying have code of their own for these.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let has = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("bmi2", std::arch::is_x86_feature_detected!("bmi2")),
            ("sha", std::arch::is_x86_feature_detected!("sha")),
        ];
        let named = has.iter().filter(|(_, has)| *has).map(|(name, _)| format!(" {name}"));
        format!("x86_64{}", named.collect::<String>())
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::env::consts::ARCH.to_owned()
}
