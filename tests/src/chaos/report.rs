//! `report.json`, and the table for people.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::evidence::Seen;
use super::inject::Done;
use super::run::Plan;
use super::schedule::Fault;
use crate::communes::journal::write_lines;
use crate::demo::{report as demo, say, table};
use crate::oracle::judge::Judgment;
use crate::world::layout::Layout;
use crate::world::servers::Servers;

/// Recovery after a fault, at most, milliseconds: of the gateway from its death, of servers once they are up again.
const RECOVERY_MS_MAX: [(&str, u64); 3] = [("gateway", 2_000), ("database", 3_000), ("broker", 5_000)];

fn recovery_ms_max(what: &str) -> Option<u64> {
    RECOVERY_MS_MAX.iter().find(|(name, _)| *name == what).map(|(_, most)| *most)
}

/// What a run has shown.
#[derive(Debug)]
pub struct Outcome {
    /// What the judge says.
    pub judgment: Judgment,
    /// How many faults were to be done.
    pub planned: usize,
    /// Faults that were done.
    pub done: Vec<Done>,
    /// What was seen of them.
    pub seen: Seen,
    /// How long fresh files took, or why they did not go through.
    pub life: anyhow::Result<Duration>,
    /// Messages set aside, by code.
    pub parked: BTreeMap<String, i64>,
    /// How long the drain took, seconds.
    pub drained_s: f64,
    /// Processes that ended by themselves.
    pub ended: Vec<String>,
    /// Messages that the communes could not send.
    pub failures: Vec<String>,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// The servers.
    pub servers: Option<Servers>,
}

impl Outcome {
    /// Nothing is wrong; whether the faults occurred is another question.
    #[must_use]
    pub fn finds_nothing(&self) -> bool {
        self.judgment.findings.all.is_empty()
            && self.life.is_ok()
            && self.ended.is_empty()
            && self.failures.is_empty()
    }

    /// Nothing is wrong, the faults occurred, and the gateway served again after each.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let recovered = self.done.iter().all(|done| done.recovery_ms.is_some());
        self.finds_nothing() && self.void().is_empty() && recovered
    }

    /// And it served again within the limits.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.slow().is_empty()
    }

    /// Why the run proves nothing. A run through points, or of planted mistakes, says by itself what it has met.
    fn void(&self) -> Vec<String> {
        let random = self.done.iter().any(|done| matches!(done.fault, Fault::Broker));
        if !random && !self.done.is_empty() {
            return Vec::new();
        }
        let mut reasons = self.seen.void(&self.done);
        if self.done.len() * 10 < self.planned * 9 {
            reasons.push(format!("only {} of {} faults were done in time", self.done.len(), self.planned));
        }
        reasons
    }

    /// Recoveries that took longer than they may, or did not come to an end.
    fn slow(&self) -> Vec<String> {
        let slow = |done: &&Done| match done.recovery_ms {
            None => true,
            Some(ms) => recovery_ms_max(&done.what).is_some_and(|most| ms > most),
        };
        let say = |done: &Done| match done.recovery_ms {
            Some(ms) => format!("{} after {}: {ms} ms", done.what, done.fault.step()),
            None => format!("{} did not serve again after {}", done.what, done.fault.step()),
        };
        self.done.iter().filter(slow).map(say).collect()
    }

    /// Recovery times by what recovered, sorted.
    fn recoveries(&self) -> BTreeMap<&str, Vec<u64>> {
        let mut all: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for done in self.done.iter().filter(|done| !matches!(done.what.as_str(), "binding" | "crash point")) {
            all.entry(&done.what).or_default().push(done.recovery_ms.unwrap_or(u64::MAX));
        }
        all.values_mut().for_each(|times| times.sort_unstable());
        all
    }

    fn counts(&self, of: impl Fn(&Done) -> String) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for done in &self.done {
            *counts.entry(of(done)).or_default() += 1;
        }
        counts
    }
}

/// The value at a share of a sorted list.
fn at(sorted: &[u64], share: usize) -> u64 {
    let place = (sorted.len() * share).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(0)
}

/// Writes `report.json` and `findings.jsonl`, and says the table.
///
/// # Errors
/// A file cannot be written.
pub fn tell(layout: &Layout, plan: &Plan, outcome: &Outcome) -> anyhow::Result<()> {
    let path = layout.dir.join("report.json");
    std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&json(plan, outcome))?))?;
    write_lines(&layout.dir.join("findings.jsonl"), &outcome.judgment.findings.all)?;
    say(&text(outcome));
    say(&format!("{:.1} s; {}", outcome.seconds, path.display()));
    Ok(())
}

/// The report: the demo's form, with faults, recovery, what was verified and what is left.
#[must_use]
pub fn json(plan: &Plan, outcome: &Outcome) -> Value {
    let mut all = match &outcome.servers {
        Some(servers) => demo::report(plan.seed, &outcome.judgment, servers, outcome.seconds),
        None => json!({}),
    };
    let recovery: BTreeMap<&str, Value> = outcome
        .recoveries()
        .into_iter()
        .map(|(what, times)| {
            let most = recovery_ms_max(what);
            let over = most.map(|most| times.iter().filter(|time| **time > most).count());
            (
                what,
                json!({"count": times.len(), "p50_ms": at(&times, 50), "p99_ms": at(&times, 99),
                "max_ms": times.last(), "limit_ms": most, "over_the_limit": over}),
            )
        })
        .collect();
    let registered =
        outcome.judgment.outcomes.iter().filter(|(name, _)| *name != "lost").map(|(_, n)| n).sum::<usize>();
    all["accepted"] = json!(registered);
    all["faults"] = json!({
        "count": outcome.done.len(),
        "planned": outcome.planned,
        "by_kind": outcome.counts(|done| done.fault.kind()),
        "by_step": outcome.counts(|done| done.fault.step()),
        "done": outcome.done,
    });
    all["recovery"] = json!(recovery);
    all["seen"] = json!(outcome.seen);
    all["void"] = json!(outcome.void());
    all["parked"] = json!(outcome.parked);
    all["life_s"] = json!(outcome.life.as_ref().ok().map(Duration::as_secs_f64));
    all["drained_s"] = json!(outcome.drained_s);
    all["ended_by_themselves"] = json!(outcome.ended);
    all["unsent"] = json!(outcome.failures);
    all["residue"] = json!({
        "what": "requests that an agency had already when they came: refused there, without effect; a sender frozen in \
                 the middle of a call to an agency that neither refuses duplicates nor can be asked would stand here \
                 as done twice",
        "refused_as_duplicate": outcome.seen.refused_as_duplicate,
    });
    all
}

/// The table.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    let mut out = table::text(&outcome.judgment);
    _ = writeln!(out, "\n{} of {} faults", outcome.done.len(), outcome.planned);
    for (kind, count) in outcome.counts(|done| done.fault.kind()) {
        _ = writeln!(out, "  {kind:<36}{count:>6}");
    }
    _ = writeln!(out, "\nrecovery                        count    p50 ms    p99 ms    max ms     limit");
    for (what, times) in outcome.recoveries() {
        let most = recovery_ms_max(what).map_or(String::new(), |most| most.to_string());
        let (p50, p99, max) = (at(&times, 50), at(&times, 99), at(&times, 100));
        _ = writeln!(out, "  {what:<27}{:>8}{p50:>10}{p99:>10}{max:>10}{most:>10}", times.len());
    }
    let seen = &outcome.seen;
    _ = writeln!(out, "\nseen from outside");
    _ = writeln!(out, "  {:<36}{:>6}", "deliveries marked as repeated", seen.deliveries_again);
    _ = writeln!(out, "  {:<36}{:>6}", "deliveries of a known message", seen.deliveries_repeated);
    _ = writeln!(out, "  {:<36}{:>6}", "callbacks made more than once", seen.callbacks_repeated);
    for (line, counts) in &seen.lines {
        _ = writeln!(
            out,
            "  {line:<10} {} lines; done and unheard {}, cut {}, half {}, swallowed {}, slowed {}",
            counts.lines,
            counts.cut_after_commit,
            counts.cut_after_request + counts.refused,
            counts.half_answers,
            counts.black_holed,
            counts.delayed + counts.trickled
        );
    }
    _ = writeln!(out, "\nset aside, by reason: {:?}", outcome.parked);
    _ = writeln!(out, "residue: requests refused as duplicates, by agency: {:?}", seen.refused_as_duplicate);
    match &outcome.life {
        Ok(time) => {
            let (drained, fresh) = (outcome.drained_s, time.as_secs_f64());
            _ = writeln!(out, "drained after {drained:.1} s; fresh files went through in {fresh:.1} s");
        }
        Err(why) => _ = writeln!(out, "LIFE: {why:#}"),
    }
    for why in outcome.void() {
        _ = writeln!(out, "VOID: {why}");
    }
    for recovery in outcome.slow() {
        _ = writeln!(out, "SLOW: {recovery}");
    }
    for role in &outcome.ended {
        _ = writeln!(out, "ENDED BY ITSELF: {role}");
    }
    for fault in outcome.failures.iter().take(10) {
        _ = writeln!(out, "NOT SENT: {fault}");
    }
    out
}
