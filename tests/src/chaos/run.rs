//! The story of a run: ground, stage, day under faults, drain, judgment, life.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::evidence::{self, Seen, in_flight, parked, redelivered, unlimited_readers};
use super::inject::{Done, inject};
use super::options::Random;
use super::report::{self, Outcome};
use super::schedule::{self, Fault, Line, Planned};
use super::stage::{POLLS, Stage, Wishes};
use super::watch::Watch;
use super::{life, pace, points};
use crate::communes::country::Country;
use crate::communes::day::Day;
use crate::communes::places::Places;
use crate::demo::{progress, run as demo, say};
use crate::oracle::evidence::{ASKED_EVERY, Entry, Evidence};
use crate::oracle::finding::{Fault as Broken, Findings};
use crate::oracle::judge::judge;
use crate::proxy::Mode;
use crate::world::clock::{LegalClock, wall_ms, zone};
use crate::world::layout::Layout;
use crate::world::servers::Servers;
use crate::world::start::Ground;

/// The processes have this long to start before the day begins, wall milliseconds.
const LEAD_MS: i64 = 4_000;
/// Every role must serve within this time of its first start.
const START_MAX: Duration = Duration::from_secs(60);
/// The last part of the time is without faults.
const CALM_SHARE: f64 = 0.08;
/// The drain is over when nothing is under way and nothing has come for so long; waited for at most [`DRAIN_MAX`], or as
/// the plan says.
const QUIET: Duration = Duration::from_secs(3);
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(150);
/// How often it is looked whether the feeds were read.
const FEEDS_LOOK: Duration = Duration::from_millis(200);
/// What the simulated agencies say of a request that a proxy has cut.
const CUT_BODY: &str = "the body is too big, or was cut";
/// The most populous communes.
const COMMUNES: usize = 40;
/// Between two faults, at least: behind schedule they do not come all at once.
const GAP: Duration = Duration::from_millis(700);
/// Longest time between two polls for a thousand files.
const POLLS_MS_PER_1000_FILES: i64 = 1_500;
/// Files that are deposited in a second, when nobody says how long a run takes.
const FILES_PER_S: usize = 110;

/// What is broken in a run.
#[derive(Debug, Clone)]
pub enum Breaking {
    /// At moments that were drawn.
    Schedule(Vec<Planned>),
    /// At crash points, every role on its own way through them.
    Points(Vec<points::Crash>),
}

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Seed of the day.
    pub seed: u64,
    /// Files.
    pub files: usize,
    /// The working day.
    pub date: Date,
    /// Wall milliseconds from the first deposit to the last date.
    pub span_ms: i64,
    /// Faults.
    pub breaking: Breaking,
    /// What it wants of the stage.
    pub wishes: Wishes,
    /// Shares of the time: see [`pace::SHARES`].
    pub shares: [f64; 3],
    /// The drain ends after this time at the latest.
    pub drain_max: Duration,
    /// Fresh files go through at the end.
    pub life: bool,
}

/// A random run, judged and reported; true when nothing was found and it is not void.
///
/// # Errors
/// What kept it from being played.
pub async fn random(layout: &Layout, options: &Random, date: Date) -> anyhow::Result<bool> {
    let needs = (options.files as u64 * 1_000 / FILES_PER_S as u64 * 2)
        .max(schedule::least_ms(options.kills))
        .max(40_000);
    let span = if options.seconds > 0 { options.seconds * 1_000 } else { needs };
    let span_ms = i64::try_from(span)?;
    let chaos_ms = u64::try_from(pace::part(span_ms, 1.0 - CALM_SHARE))?;
    let schedule = schedule::draw(options.seed, options.kills, chaos_ms);
    say(&format!("{} files, {} faults over {} s", options.files, schedule.len(), chaos_ms / 1_000));
    let settings = vec![(POLLS, polls_ms(options.files))];
    let wishes = Wishes { seed: options.seed, settings, ..Wishes::default() };
    let breaking = Breaking::Schedule(schedule);
    let plan = Plan {
        seed: options.seed,
        files: options.files,
        date,
        span_ms,
        breaking,
        wishes,
        shares: pace::SHARES,
        drain_max: DRAIN_MAX,
        life: true,
    };
    let outcome = play(layout, &plan).await?;
    report::tell(layout, &plan, &outcome)?;
    Ok(outcome.is_good() && (options.untimed || outcome.is_quick()))
}

/// Longest time between two polls about one request. So many files wait for agencies at once, in days that pass in
/// seconds, that polls at the pace of the demo would be all that the gateway does.
fn polls_ms(files: usize) -> i64 {
    i64::try_from(files).unwrap_or(i64::MAX).saturating_mul(POLLS_MS_PER_1000_FILES) / 1_000
}

/// Plays a run from the servers up, and stops everything.
///
/// # Errors
/// What kept it from being played.
pub async fn play(layout: &Layout, plan: &Plan) -> anyhow::Result<Outcome> {
    zone()?;
    let begin = Instant::now();
    // A broker that is killed has to recover every queue: a few communes with many files break more in the same time.
    let places = Places::read(&layout.root.join("config"))?.largest(COMMUNES);
    let day = Day::draw(plan.seed, plan.files, plan.date, &places)?;
    demo::clear(layout).await?;
    let communes: Vec<&str> = places.all.iter().map(|place| place.code.as_str()).collect();
    let ground = Ground::lay_for(layout.clone(), &communes.join(",")).await?;
    let (clock, end) = pace::lay(&day, plan.shares, plan.span_ms, wall_ms() + LEAD_MS);
    let mut stage = Stage::set(ground, &clock, plan.wishes.clone()).await?;
    say(&format!("everything started after {:.1} s", begin.elapsed().as_secs_f64()));
    let played = act(&mut stage, plan, &day, &clock, end, &places).await;
    let servers = stage.ground.servers.clone();
    stage.stop().await;
    Servers::down(layout, false)?;
    let mut outcome = played?;
    outcome.seconds = begin.elapsed().as_secs_f64();
    outcome.servers = Some(servers);
    Ok(outcome)
}

async fn act(
    stage: &mut Stage,
    plan: &Plan,
    day: &Day,
    clock: &LegalClock,
    end: jiff::Timestamp,
    places: &Places,
) -> anyhow::Result<Outcome> {
    let mut watch = Watch::new(stage.ground.servers.amqp.as_str(), &format!("http://{}", stage.ports.http))?;
    let first = watch.until_all(START_MAX).await;
    anyhow::ensure!(
        first.is_some(),
        "the gateway does not start; see {}",
        stage.layout().dir.join("logs").display()
    );
    let stop = CancellationToken::new();
    let addresses = demo::addresses(day, &stage.ground)?;
    let country = Country::open(day, &addresses, clock.clone(), stop.clone()).await?;
    // No wrong messages: what they quote may not have been deposited yet on a day like this.
    country.play(day, &[]);
    let begin_ms = clock.segments().first().map_or(0, |segment| segment.wall_ms);
    let calm_ms = begin_ms + pace::part(plan.span_ms, 1.0 - CALM_SHARE);
    let broken = async {
        match &plan.breaking {
            Breaking::Schedule(planned) => follow(stage, &mut watch, planned, begin_ms, calm_ms).await,
            Breaking::Points(crashes) => points::walk(stage, &mut watch, crashes, calm_ms).await,
        }
    };
    let shown = progress::show(&country, clock, end, plan.files, tokio::signal::ctrl_c());
    let (done, interrupted) = tokio::join!(broken, shown);
    anyhow::ensure!(!interrupted, "interrupted");
    let done = done?;
    stage.proxies.pass();
    anyhow::ensure!(watch.until_all(START_MAX).await.is_some(), "the gateway does not come back");
    let drained_s = drain(stage, &country, clock, plan.drain_max).await;
    let ended_ms = wall_ms();
    let mut ledger = demo::ledger(&stage.sandbox()).await?;
    // Half a request, while that line was broken, is what was asked for here, not the gateway's breach of a contract.
    let cutting = cutting(&done);
    ledger.retain(|entry| {
        !(is_cut(entry) && cutting.iter().any(|(from, to)| (*from..=*to).contains(&entry.at_ms)))
    });
    let seen = Seen {
        deliveries_again: country.again(),
        deliveries_repeated: 0,
        redelivered_by_broker: redelivered(stage).await,
        callbacks_repeated: Seen::repeated(&ledger),
        lines: stage.proxies.counts(),
        refused_as_duplicate: Seen::duplicates(&ledger),
    };
    stop.cancel();
    country.ended().await;
    country.journal().write(&stage.layout().dir)?;
    let (sent, received) = country.journal().all();
    let (disturbed, asked_every_ms) = (disturbed(&done), plan.wishes.polls_ms());
    let of_day = clock.clone();
    let evidence = Evidence { sent, received, ledger, clock: of_day, ended_ms, disturbed, asked_every_ms };
    std::fs::write(stage.layout().dir.join(ASKED_EVERY), asked_every_ms.to_string())?;
    std::fs::write(stage.layout().dir.join("disturbed.json"), serde_json::to_string(&evidence.disturbed)?)?;
    let mut judgment = judge(&evidence);
    for queue in unlimited_readers(stage).await? {
        judgment.findings.general(Broken::Unbounded, format!("{queue} is read without a limit"));
    }
    sent_again(plan, &seen, &mut judgment.findings);
    let seen = Seen { deliveries_repeated: judgment.repeats, ..seen };
    let life = match plan.life {
        true => life::fresh_files(stage, plan.seed, clock, places).await,
        false => Ok(Duration::ZERO),
    };
    let ended = stage.ended();
    let parked = parked(stage).await?;
    let failures = country.failures();
    let planned = match &plan.breaking {
        Breaking::Schedule(planned) => planned.len(),
        Breaking::Points(crashes) => crashes.len(),
    };
    Ok(Outcome {
        planned,
        judgment,
        done,
        seen,
        life,
        parked,
        drained_s,
        ended,
        failures,
        seconds: 0.0,
        servers: None,
    })
}

/// Follows a schedule until its end, or until the calm begins.
async fn follow(
    stage: &mut Stage,
    watch: &mut Watch,
    planned: &[Planned],
    begin_ms: i64,
    calm_ms: i64,
) -> anyhow::Result<Vec<Done>> {
    let mut done = Vec::with_capacity(planned.len());
    for one in planned {
        let wait_ms = begin_ms + i64::try_from(one.at_ms)? - wall_ms();
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
        tokio::time::sleep(wait.max(if done.is_empty() { Duration::ZERO } else { GAP })).await;
        if wall_ms() >= calm_ms {
            break;
        }
        done.push(inject(stage, watch, &one.fault).await?);
    }
    Ok(done)
}

/// ONEE can be asked what became of a request. Where nothing but answers was lost, and no process died, it gets none
/// that it has.
fn sent_again(plan: &Plan, seen: &Seen, findings: &mut Findings) {
    let Breaking::Schedule(planned) = &plan.breaking else { return };
    let only_answers = |one: &Planned| matches!(one.fault, Fault::Line { mode: Mode::CutAfterCommit, .. });
    if planned.iter().all(only_answers)
        && let Some(count) = seen.refused_as_duplicate.get("onee")
    {
        findings.general(Broken::SentAgain, format!("onee was sent {count} requests that it had"));
    }
}

/// Waits until every feed was read, nothing is under way, no timer is overdue and nothing more comes; seconds.
async fn drain(stage: &Stage, country: &Country, clock: &LegalClock, longest: Duration) -> f64 {
    let begin = Instant::now();
    let before = evidence::feeds(stage).await.unwrap_or_default();
    while !read_on(&before, &evidence::feeds(stage).await.unwrap_or_default()) && begin.elapsed() < longest {
        tokio::time::sleep(FEEDS_LOOK).await;
    }
    loop {
        progress::settle(country, QUIET, longest.saturating_sub(begin.elapsed())).await;
        let left = in_flight(stage, clock.now()).await.unwrap_or(i64::MAX);
        if left == 0 || begin.elapsed() >= longest {
            return begin.elapsed().as_secs_f64();
        }
    }
}

/// Every feed was asked for and read since: the reading that was under way may be older than what it is to tell.
fn read_on(before: &BTreeMap<String, i64>, now: &BTreeMap<String, i64>) -> bool {
    !before.is_empty()
        && before.iter().all(|(feed, version)| now.get(feed).is_some_and(|now| *now >= version + 2))
}

/// An agency got half a request.
fn is_cut(entry: &Entry) -> bool {
    entry.action == "violation" && entry.detail["reasons"] == json!([CUT_BODY])
}

/// The times in which requests on their way to an agency could be cut: their line was broken, or who sent them died.
fn cutting(done: &[Done]) -> Vec<(i64, i64)> {
    let cuts = |fault: &Fault| match fault {
        Fault::Line { line, .. } | Fault::Cut { line } => *line == Line::Agencies,
        Fault::Kill { role } | Fault::Crash { role, .. } => role.starts_with("adapter-"),
        Fault::Broker | Fault::Database | Fault::Unbind { .. } => false,
    };
    done.iter().filter(|one| cuts(&one.fault)).map(|one| (one.at_ms, one.until_ms)).collect()
}

/// The times in which something was broken, joined where they touch.
fn disturbed(done: &[Done]) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = done.iter().map(|one| (one.at_ms, one.until_ms)).collect();
    spans.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one_and_lateness_does_not_count_in_them() {
        let done = |at_ms, until_ms| Done {
            at_ms,
            until_ms,
            fault: Fault::Broker,
            what: String::new(),
            recovery_ms: None,
        };
        let spans = disturbed(&[done(50_000, 60_000), done(10_000, 20_000), done(15_000, 30_000)]);
        assert_eq!(spans, [(10_000, 30_000), (50_000, 60_000)]);
        let evidence = Evidence { disturbed: spans, ..Evidence::default() };
        assert_eq!(evidence.told_by(1_000), 6_000);
        assert_eq!(evidence.told_by(9_000), 34_000);
        assert_eq!(evidence.told_by(20_000), 35_000);
        assert_eq!(evidence.told_by(29_000), 35_000);
        assert_eq!(evidence.told_by(47_000), 62_000);
    }
}
