//! Mistakes that are planted: the judge must find each of them, by the invariant that names it.

use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::civil::Date;

use super::options::Plants;
use super::pace;
use super::points::{self, Crash, PROGRAM};
use super::run::{Breaking, Plan, play};
use super::schedule::{Fault, Line, Planned};
use super::stage::Wishes;
use crate::demo::say;
use crate::oracle::finding::Fault as Broken;
use crate::proxy::Mode;
use crate::world::layout::Layout;

/// Wall milliseconds of each day.
const SPAN_MS: i64 = 24_000;
const FILES: usize = 160;
/// What was lost does not come: nobody waits for it.
const DRAIN_MAX: Duration = Duration::from_secs(9);
/// Crashes at one point.
const CRASHES: u32 = 34;

/// How a mistake is brought to light.
struct Case {
    name: &'static str,
    /// One of these must be found.
    found: &'static [Broken],
    breaking: fn() -> Breaking,
    settings: &'static [(&'static str, i64)],
    shares: [f64; 3],
}

/// The first two weeks last longest.
const SLOW_WEEKS: [f64; 3] = [0.12, 0.76, 0.12];
const NONE: &[(&str, i64)] = &[];
/// So seldom that a run sees none.
const NO_POLLS: &[(&str, i64)] = &[("flow.poll_interval_ms", 600_000), ("flow.watchdog_ms", 600_000)];

/// Every mistake, what shows it, and the promise that is then broken.
const CASES: &[Case] = &[
    case("ack-before-commit", &[Broken::Lost], || dying("core.written"), NONE),
    case("inbox-off", &[Broken::Duplicated, Broken::WrongRefusal], || faults(Vec::new()), NONE),
    case("confirm-ignored", &[Broken::Lost], broker_swallows, NONE),
    case("is-ack-alone", &[Broken::Lost], unbound, NONE),
    case("no-mandatory", &[Broken::Lost], unbound, NONE),
    // Early by an hour: on a slow clock somebody hears of it before it happened, on any a limit passes on whom it must not.
    Case {
        shares: SLOW_WEEKS,
        ..case("timer-in-local-time", &[Broken::Early, Broken::Unexpected], || faults(Vec::new()), NONE)
    },
    case("callback-before-confirm", &[Broken::Lost], broker_is_deaf, NO_POLLS),
    case("doubt-sent-again", &[Broken::SentAgain], unheard, NONE),
    case("outbox-deleted-first", &[Broken::Lost], || dying("publish.read"), NONE),
    case("unbounded-buffer", &[Broken::Unbounded], || faults(Vec::new()), NONE),
    case("cursor-too-early", &[Broken::Lost], || dying("core.written"), NO_POLLS),
    case("order-by-arrival", &[Broken::OutOfOrder], || faults(Vec::new()), NONE),
];

const fn case(
    name: &'static str,
    found: &'static [Broken],
    breaking: fn() -> Breaking,
    settings: &'static [(&'static str, i64)],
) -> Case {
    Case { name, found, breaking, settings, shares: pace::SHARES }
}

/// Spread over the busy part of the day.
fn faults(all: Vec<Fault>) -> Breaking {
    let slot = u64::try_from(SPAN_MS).unwrap_or(0) * 7 / 10 / (all.len() as u64).max(1);
    let planned = all.into_iter().enumerate();
    Breaking::Schedule(
        planned.map(|(place, fault)| Planned { at_ms: 1_500 + slot * place as u64, fault }).collect(),
    )
}

/// The core dies at this point again and again, while all sorts of messages are under way.
fn dying(point: &str) -> Breaking {
    let crash =
        |passage| Crash { role: "core".to_owned(), point: point.to_owned(), passage: 2 + passage * 3 % 17 };
    Breaking::Points((0..CRASHES).map(crash).collect())
}

/// What the gateway publishes goes nowhere, and then its line is cut.
fn broker_swallows() -> Breaking {
    let hole = Fault::Line { line: Line::Broker, mode: Mode::BlackHole, ms: 700, once: false };
    faults(vec![hole; 6])
}

/// For long, so that callbacks fall into it.
fn broker_is_deaf() -> Breaking {
    faults(vec![Fault::Line { line: Line::Broker, mode: Mode::BlackHole, ms: 2_000, once: false }; 4])
}

/// Communes with many files.
const COMMUNES: [&str; 4] = ["024110123", "015110103", "044410109", "015110107"];

/// The queues of some communes get nothing for a while.
fn unbound() -> Breaking {
    let queue = |code: &&str| Fault::Unbind {
        exchange: "wasl.out".to_owned(),
        queue: format!("commune.{code}"),
        ms: 2_500,
    };
    faults(COMMUNES.iter().map(queue).collect())
}

/// Agencies do what they are asked, and nobody hears it.
fn unheard() -> Breaking {
    let deaf = Fault::Line { line: Line::Agencies, mode: Mode::CutAfterCommit, ms: 1_200, once: false };
    faults(vec![deaf; 5])
}

/// Plants every mistake (or those that are named), each in a run of its own; true when all were found.
///
/// # Errors
/// What kept a run from being played.
pub async fn run(layout: &Layout, options: &Plants, date: Date) -> anyhow::Result<bool> {
    let listed = points::listed(layout)?;
    let mut missed = Vec::new();
    for case in
        CASES.iter().filter(|case| options.names.is_empty() || options.names.iter().any(|n| n == case.name))
    {
        let plant = listed.plants.iter().find(|plant| plant.name == case.name);
        let plant = plant.with_context(|| format!("the program knows no mistake {}", case.name))?;
        say(&format!("\nplanted: {} ({})", plant.name, plant.mistake));
        if !is_found(layout, case, options.seed, date).await? {
            missed.push(case.name);
        }
    }
    ensure!(options.names.is_empty() || options.names.len() <= CASES.len(), "unknown names");
    for name in &missed {
        say(&format!("NOT FOUND: {name}"));
    }
    Ok(missed.is_empty())
}

async fn is_found(layout: &Layout, case: &Case, seed: u64, date: Date) -> anyhow::Result<bool> {
    let wishes = Wishes {
        program: Some(PROGRAM),
        plant: Some(case.name.to_owned()),
        settings: case.settings.to_vec(),
        seed,
        ..Wishes::default()
    };
    let breaking = (case.breaking)();
    let plan = Plan {
        seed,
        files: FILES,
        date,
        span_ms: SPAN_MS,
        breaking,
        wishes,
        shares: case.shares,
        drain_max: DRAIN_MAX,
        life: false,
    };
    let outcome = play(layout, &plan).await?;
    let counts = outcome.judgment.findings.counts();
    let found: usize = case.found.iter().filter_map(|kind| counts.get(kind)).sum();
    let first = outcome.judgment.findings.all.iter().find(|finding| case.found.contains(&finding.fault));
    say(&format!(
        "{}: {found} findings of {:?} after {:.0} s; all: {counts:?}",
        case.name, case.found, outcome.seconds
    ));
    if let Some(first) = first {
        say(&format!("  {:?} {} {}", first.fault, first.file, first.what));
    }
    Ok(found > 0)
}
