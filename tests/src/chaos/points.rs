//! Every crash point, on the first and the second passage. The list comes from the program itself.

use std::collections::{BTreeMap, VecDeque};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::civil::Date;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::Deserialize;

use super::inject::{Done, crash};
use super::options::Points;
use super::report;
use super::run::{Breaking, DRAIN_MAX, Plan, play};
use super::schedule::{Fault, Line};
use super::stage::{Stage, Starter, Wishes};
use super::watch::Watch;
use crate::demo::say;
use crate::world::clock::wall_ms;
use crate::world::layout::Layout;

/// The program with crash points.
pub const PROGRAM: &str = "wasl-faulty";
/// After a crash the gateway has so long for what has piled up, wall milliseconds.
const CATCH_UP_MS: i64 = 2_000;
/// Agencies that answer within legal hours, so that every kind of message is under way all the time.
const SWIFT: &str = "
[reviewer]
delay_days_min = 0.01
delay_days_max = 0.6
pushed = 0.6
[bank]
counter = 0.3
delay_days_min = 0.01
delay_days_max = 0.3
callback_twice = 0.3
";

/// Most of the time is the working day, in which requests go out.
const SHARES: [f64; 3] = [0.55, 0.30, 0.15];
/// A process has so long to come to its point before another one is tried first.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often the lines to the broker are cut.
const CUT_EVERY: Duration = Duration::from_secs(5);

/// A point as the program lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct Point {
    /// Name.
    pub name: String,
    /// Processes that pass it.
    pub roles: Vec<String>,
    /// What has been done, and what has not.
    pub between: String,
}

/// A mistake as the program lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct Plant {
    /// Name.
    pub name: String,
    /// What is done wrong.
    pub mistake: String,
}

/// What the program can be told to do wrong.
#[derive(Debug, Clone, Deserialize)]
pub struct Faults {
    /// Crash points.
    pub points: Vec<Point>,
    /// Mistakes.
    pub plants: Vec<Plant>,
}

/// One crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// Who.
    pub role: String,
    /// Where.
    pub point: String,
    /// On which passage.
    pub passage: u32,
}

/// Asks the program.
///
/// # Errors
/// It has not been built with its faults.
pub fn listed(layout: &Layout) -> anyhow::Result<Faults> {
    let program = layout.program(PROGRAM)?;
    let output = Command::new(program).arg("faults").output()?;
    ensure!(output.status.success(), "{PROGRAM} does not list its faults");
    serde_json::from_slice(&output.stdout).context("the list of faults")
}

/// Every crash: each point, each process that passes it, first and second passage.
#[must_use]
pub fn all(faults: &Faults) -> Vec<Crash> {
    let of = |point: &Point, role: &String, passage| Crash {
        role: role.clone(),
        point: point.name.clone(),
        passage,
    };
    let points = faults.points.iter();
    points
        .flat_map(|point| point.roles.iter().flat_map(move |role| [of(point, role, 1), of(point, role, 2)]))
        .collect()
}

/// Runs through the points; true when every crash happened and the judge found nothing.
///
/// # Errors
/// What kept it from being played.
pub async fn run(layout: &Layout, options: &Points, date: Date) -> anyhow::Result<bool> {
    let mut crashes = all(&listed(layout)?);
    let whole = crashes.len();
    if options.draw > 0 {
        crashes.shuffle(&mut StdRng::seed_from_u64(options.seed));
        crashes.truncate(options.draw);
    }
    say(&format!("{} of {whole} crashes, {} files", crashes.len(), options.files));
    let wishes =
        Wishes { program: Some(PROGRAM), profile: Some(SWIFT), seed: options.seed, ..Wishes::default() };
    let plan = Plan {
        seed: options.seed,
        files: options.files,
        date,
        span_ms: i64::try_from(options.seconds)? * 1_000,
        breaking: Breaking::Points(crashes.clone()),
        wishes,
        shares: SHARES,
        drain_max: DRAIN_MAX,
        life: true,
    };
    let outcome = play(layout, &plan).await?;
    report::tell(layout, &plan, &outcome)?;
    let happened = |crash: &&Crash| !outcome.done.iter().any(|done| is(&done.fault, crash));
    let missed: Vec<&Crash> = crashes.iter().filter(happened).collect();
    for crash in &missed {
        say(&format!("never came to {}:{} in {}", crash.point, crash.passage, crash.role));
    }
    Ok(missed.is_empty() && outcome.finds_nothing())
}

fn is(fault: &Fault, crash: &Crash) -> bool {
    matches!(fault, Fault::Crash { role, point, passage }
        if *role == crash.role && *point == crash.point && *passage == crash.passage)
}

/// Every role goes its way through its points, all of them at once, until the calm begins.
///
/// # Errors
/// A process ended otherwise than it was told.
pub async fn walk(
    stage: &mut Stage,
    watch: &mut Watch,
    crashes: &[Crash],
    calm_ms: i64,
) -> anyhow::Result<Vec<Done>> {
    let mut ways: BTreeMap<&str, Vec<&Crash>> = BTreeMap::new();
    for crash in crashes {
        ways.entry(&crash.role).or_default().push(crash);
    }
    let mut walks = tokio::task::JoinSet::new();
    for (role, way) in ways {
        let process = stage.take(role).with_context(|| format!("{role} does not run"))?;
        drop(process);
        let (starter, role) = (stage.starter(role), role.to_owned());
        let way: Vec<Crash> = way.into_iter().cloned().collect();
        walks.spawn(async move { (role, through(&starter, &way, calm_ms).await) });
    }
    let mut done = Vec::new();
    // Lines that are cut now and then are opened again: what comes after that is passed a second time.
    let mut cuts = tokio::time::interval(CUT_EVERY);
    while !walks.is_empty() {
        tokio::select! {
            Some(walked) = walks.join_next() => {
                let (role, walked) = walked?;
                done.extend(walked?);
                stage.start(&role, None)?;
            }
            _ = cuts.tick() => stage.proxies.of(Line::Broker)?.cut_all(),
        }
    }
    watch.until_all(Duration::from_secs(30)).await.context("the gateway does not come back")?;
    Ok(done)
}

/// One crash after another; a point that is not reached is tried again after the others.
async fn through(starter: &Starter, way: &[Crash], calm_ms: i64) -> anyhow::Result<Vec<Done>> {
    let mut done = Vec::with_capacity(way.len());
    let mut left: VecDeque<&Crash> = way.iter().collect();
    while let Some(one) = left.pop_front() {
        let time = Duration::from_millis(u64::try_from(calm_ms - wall_ms()).unwrap_or(0));
        if time.is_zero() {
            break;
        }
        if crash(starter, &one.point, one.passage, time.min(PATIENCE)).await?.is_none() {
            left.push_back(one);
            continue;
        }
        let at_ms = wall_ms();
        let fault = Fault::Crash { role: one.role.clone(), point: one.point.clone(), passage: one.passage };
        tracing::info!(role = one.role, point = one.point, passage = one.passage, "crashed");
        done.push(Done {
            at_ms,
            until_ms: at_ms + CATCH_UP_MS,
            fault,
            what: "crash point".to_owned(),
            recovery_ms: Some(0),
        });
    }
    Ok(done)
}
