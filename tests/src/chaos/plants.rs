//! Mistakes that are planted: the judge must find each of them, by the invariant that names it.

use anyhow::{Context, ensure};
use jiff::civil::Date;

use super::options::Plants;
use super::points::{self, PROGRAM};
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

/// How a mistake is brought to light.
struct Case {
    name: &'static str,
    /// One of these must be found.
    found: &'static [Broken],
    faults: fn() -> Vec<Fault>,
    settings: &'static [(&'static str, i64)],
}

const NONE: &[(&str, i64)] = &[];
/// So seldom that a run sees none.
const NO_POLLS: &[(&str, i64)] = &[("flow.poll_interval_ms", 600_000), ("flow.watchdog_ms", 600_000)];

/// Every mistake, the fault of the world that shows it, and the promise that is then broken.
const CASES: &[Case] = &[
    Case { name: "ack-before-commit", found: &[Broken::Lost], faults: database_away, settings: NONE },
    Case {
        name: "inbox-off",
        found: &[Broken::Duplicated, Broken::WrongRefusal],
        faults: no_faults,
        settings: NONE,
    },
    Case { name: "confirm-ignored", found: &[Broken::Lost], faults: broker_swallows, settings: NONE },
    Case { name: "is-ack-alone", found: &[Broken::Lost], faults: unbound, settings: NONE },
    Case { name: "no-mandatory", found: &[Broken::Lost], faults: unbound, settings: NONE },
    Case { name: "timer-in-local-time", found: &[Broken::Early], faults: no_faults, settings: NONE },
    Case {
        name: "callback-before-confirm",
        found: &[Broken::Lost],
        faults: broker_swallows,
        settings: NO_POLLS,
    },
    Case { name: "doubt-sent-again", found: &[Broken::Duplicated], faults: unheard, settings: NONE },
    Case { name: "outbox-deleted-first", found: &[Broken::Lost], faults: broker_swallows, settings: NONE },
    Case { name: "cursor-too-early", found: &[Broken::Lost], faults: database_away, settings: NONE },
    Case { name: "order-by-arrival", found: &[Broken::OutOfOrder], faults: no_faults, settings: NONE },
];

fn no_faults() -> Vec<Fault> {
    Vec::new()
}

/// The database goes away again and again while work is under way.
fn database_away() -> Vec<Fault> {
    let hole = Fault::Line { line: Line::Database, mode: Mode::Refuse, ms: 300, once: false };
    let kill = Fault::Kill { role: "core".to_owned() };
    vec![
        hole.clone(),
        kill.clone(),
        hole.clone(),
        kill.clone(),
        hole.clone(),
        kill.clone(),
        hole.clone(),
        kill,
        hole,
    ]
}

/// What the gateway publishes goes nowhere, and then its line is cut.
fn broker_swallows() -> Vec<Fault> {
    let hole = Fault::Line { line: Line::Broker, mode: Mode::BlackHole, ms: 700, once: false };
    vec![hole.clone(), hole.clone(), hole.clone(), hole.clone(), hole]
}

/// A queue gets nothing for a while.
fn unbound() -> Vec<Fault> {
    let queue = |kind: &str| Fault::Unbind {
        exchange: "wasl.review".to_owned(),
        queue: format!("review.{kind}"),
        ms: 2_000,
    };
    vec![queue("urban-agency"), queue("onee"), queue("urban-agency"), queue("onee")]
}

/// Agencies do what they are asked, and nobody hears it.
fn unheard() -> Vec<Fault> {
    let deaf = Fault::Line { line: Line::Agencies, mode: Mode::CutAfterCommit, ms: 1_200, once: false };
    vec![deaf.clone(), deaf.clone(), deaf.clone(), deaf]
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
    let faults = (case.faults)();
    let slot = u64::try_from(SPAN_MS)? * 8 / 10 / (faults.len() as u64).max(1);
    let schedule = faults.into_iter().enumerate();
    let schedule =
        schedule.map(|(place, fault)| Planned { at_ms: 1_500 + slot * place as u64, fault }).collect();
    let wishes = Wishes {
        program: Some(PROGRAM),
        plant: Some(case.name.to_owned()),
        settings: case.settings.to_vec(),
        seed,
        ..Wishes::default()
    };
    let breaking = Breaking::Schedule(schedule);
    let plan = Plan { seed, files: FILES, date, span_ms: SPAN_MS, breaking, wishes };
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
