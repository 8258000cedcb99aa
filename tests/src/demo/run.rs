//! The story of a demo: servers, world, day, weeks, judgment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::options::Options;
use super::pace::{self, Pace};
use super::{plans, progress, report, say, table, upload};
use crate::communes::country::Country;
use crate::communes::day::Day;
use crate::communes::line::Addresses;
use crate::communes::mischief;
use crate::communes::places::Places;
use crate::oracle::evidence::{Entry, Evidence};
use crate::oracle::judge::{Judgment, judge};
use crate::oracle::{floors, played};
use crate::world::clock::{wall_ms, zone};
use crate::world::layout::Layout;
use crate::world::process::stop_left;
use crate::world::servers::Servers;
use crate::world::start::{Agencies, Ground, World, start};

/// The folder of the demo, and of its servers.
const FOLDER: &str = "target/demo";
const SERVERS: &str = "target/demo/servers";
/// How often the agencies' ledger is asked for.
const LEDGER_TRIES: u32 = 3;
/// The processes have this long to start before the day begins, in wall milliseconds; who is later finds the
/// first messages waiting.
const LEAD_MS: i64 = 3_000;
/// So many communes speak under their own user.
const OWN_USERS: usize = 5;
/// Nothing more comes when nothing has come for so long; waited for at most [`SETTLE_MAX`].
const QUIET: Duration = Duration::from_millis(1_500);
const SETTLE_MAX: Duration = Duration::from_secs(20);

/// Runs the demo. True when the judge found nothing.
///
/// # Errors
/// What kept the day from being played.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    zone()?;
    let layout = Layout::new(FOLDER, SERVERS)?;
    if options.judge {
        return judge_again(&layout);
    }
    let begin = Instant::now();
    let places = Places::read(&layout.root.join("config"))?;
    let day = Day::draw(options.seed, options.files, options.date, &places)?;
    clear(&layout).await?;
    say("starting a private broker and database …");
    let ground = Ground::lay(layout.clone()).await?;
    let laid = begin.elapsed().as_secs_f64();
    say(&format!("servers, queues and tables after {laid:.1} s"));
    say("starting core, api, five adapters and the simulated agencies …");
    let pace = pace::lay(&day, options.speed, wall_ms() + LEAD_MS);
    let communes = upload::communes(&day);
    let names: Vec<String> = communes.iter().map(|code| format!("commune-{code}")).collect();
    let agencies = Agencies { seed: options.seed, ..Agencies::default() };
    let world = start(ground, Some(&pace.clock), &agencies, &upload::callers(&communes, &names)).await?;
    plans::set(&world.sandbox(), &day).await?;
    let documents = upload::put(&world, &day, &communes).await?;
    say(&format!("{documents} documents put; the live page: {}/", world.http()));
    let played = play(options, &day, &pace, &world).await;
    let seconds = begin.elapsed().as_secs_f64();
    let servers = world.ground.servers.clone();
    let judged = played.and_then(|evidence| conclude(options, &layout, &servers, &evidence, seconds));
    if !options.check && judged.is_ok() {
        say(&format!("the live page stays at {}/ until Ctrl-C", world.http()));
        _ = tokio::signal::ctrl_c().await;
    }
    world.stop().await;
    Servers::down(&layout, false)?;
    judged
}

/// Removes what an earlier run has left: each run begins with an empty broker and database.
pub(crate) async fn clear(layout: &Layout) -> anyhow::Result<()> {
    stop_left(layout).await;
    if layout.servers.exists() {
        Servers::down(layout, true)?;
    }
    for name in ["ledger.jsonl", "sent.jsonl", "received.jsonl", "findings.jsonl", "report.json"] {
        _ = std::fs::remove_file(layout.dir.join(name));
    }
    for name in ["documents", "water-basin/in", "water-basin/out", "water-basin/rejected"] {
        let folder = layout.dir.join(name);
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(())
}

/// Plays day and weeks, and gathers the evidence.
async fn play(options: &Options, day: &Day, pace: &Pace, world: &World) -> anyhow::Result<Evidence> {
    let stop = CancellationToken::new();
    let country =
        Country::open(day, &addresses(day, &world.ground)?, pace.clock.clone(), stop.clone()).await?;
    let pranks = mischief::draw(day);
    country.play(day, &pranks);
    let interrupted =
        progress::show(&country, &pace.clock, pace.end, options.files, tokio::signal::ctrl_c()).await;
    anyhow::ensure!(!interrupted, "interrupted");
    progress::settle(&country, QUIET, SETTLE_MAX).await;
    let ledger = ledger(&world.sandbox()).await?;
    let ended_ms = wall_ms();
    stop.cancel();
    country.ended().await;
    for fault in country.failures() {
        say(&format!("a commune's line: {fault}"));
    }
    country.journal().write(&world.ground.layout.dir)?;
    let (sent, received) = country.journal().all();
    Ok(Evidence { sent, received, ledger, clock: pace.clock.clone(), ended_ms, ..Evidence::default() })
}

/// Some communes speak under their own user, the others through the one that stands in.
pub(crate) fn addresses(day: &Day, ground: &Ground) -> anyhow::Result<Addresses> {
    let mut own = BTreeMap::new();
    for file in &day.files {
        let user = format!("commune-{}", file.place.code);
        if own.len() < OWN_USERS && !own.contains_key(&user) {
            own.insert(user.clone(), ground.amqp_as(&user)?);
        }
    }
    Ok(Addresses { stand_in: ground.stand_in()?, own })
}

pub(crate) async fn ledger(sandbox: &str) -> anyhow::Result<Vec<Entry>> {
    let (mut left, url) = (LEDGER_TRIES, format!("{sandbox}/ledger"));
    loop {
        left -= 1;
        let client = reqwest::Client::builder().no_proxy().build()?;
        match client.get(&url).send().await {
            Ok(answer) => return Ok(answer.error_for_status()?.json().await?),
            Err(error) if left == 0 => return Err(error.into()),
            // A line that was closed, perhaps by a process that a run has kept busy.
            Err(error) => tracing::warn!(%error, "the ledger is asked for again"),
        }
    }
}

/// Judges, reports, and says what became of every file.
fn conclude(
    options: &Options,
    layout: &Layout,
    servers: &Servers,
    evidence: &Evidence,
    seconds: f64,
) -> anyhow::Result<bool> {
    let judgment = judged(evidence);
    say(&table::text(&judgment));
    let report = report::report(options.seed, &judgment, servers, seconds);
    report::write(&layout.dir, &report, &judgment)?;
    say(&format!("{seconds:.1} s; {}", layout.dir.join("report.json").display()));
    Ok(judgment.findings.all.is_empty())
}

fn judged(evidence: &Evidence) -> Judgment {
    let mut judgment = judge(evidence);
    let mut shares = std::mem::take(&mut judgment.findings);
    floors::judge(&judgment, &played::count(evidence), &mut shares);
    judgment.findings = shares;
    judgment
}

/// Judges what the last run has left.
fn judge_again(layout: &Layout) -> anyhow::Result<bool> {
    let judgment = judged(&Evidence::read(&layout.dir)?);
    say(&table::text(&judgment));
    Ok(judgment.findings.all.is_empty())
}
