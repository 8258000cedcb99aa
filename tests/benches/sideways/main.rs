//! More processes of every role that may have more: nothing is done twice, it is no slower, and a standby takes over soon
//! from a core that is killed under load.
//!
//! Rounds with one, two and four processes of the api and of every adapter take turns, each with an active core and a
//! standby; callbacks are spread over the api's processes. Then the active core is killed several times while files
//! come in. Writes `target/bench/sideways.json`; fails when a demand is missed. `make bench-sideways` runs it.
#![expect(clippy::disallowed_methods, reason = "a measurement asks the database freely")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot go on must stop")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is being done, and the figures")]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

#[path = "../floor/cpu.rs"]
mod cpu;
#[path = "../load/mod.rs"]
mod load;
mod many;
#[path = "../measure/mod.rs"]
mod measure;
mod once;
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod takeover;

use std::collections::BTreeMap;

use load::{median, setting};
use serde_json::json;
use support::wait::until;

/// Processes of the api and of each adapter.
const COUNTS: [usize; 3] = [1, 2, 4];
/// Files of a round, rounds of each, and how often the core is killed.
const FILES: usize = 2_000;
const ROUNDS: usize = 6;
const KILLS: usize = 3;
/// Not slower than one process of each: what the machine's own noise makes of equal rounds stays above this.
const THROUGHPUT_RATIO_MIN: f64 = 0.9;
/// A standby has taken over so soon after the kill.
const TAKEOVER_S_MAX: f64 = 5.0;

/// What was measured with so many processes.
#[derive(Default)]
struct Measured {
    files_per_second: Vec<f64>,
    core_cpu_ms: Vec<f64>,
}

#[tokio::main]
async fn main() {
    let (files, rounds, kills) =
        (setting("FILES", FILES), setting("ROUNDS", ROUNDS), setting("KILLS", KILLS));
    let mut gateway = load::lay("bench-sideways").await;
    let fan = many::Fan::lay(&mut gateway, COUNTS[COUNTS.len() - 1]).await;
    gateway.run("sandbox");
    gateway.run("core");
    until("the core leads", async || (gateway.count("SELECT epoch FROM leader").await > 0).then_some(()))
        .await;
    gateway.run("core_2");
    let mut measured: BTreeMap<usize, Measured> = BTreeMap::new();
    for round in 0..rounds {
        // In all orders by turns: the machine and the database do not stay as they are.
        let mut order = COUNTS;
        order.rotate_left(round % COUNTS.len());
        if round / COUNTS.len() % 2 == 1 {
            order.reverse();
        }
        for count in order {
            fan.run(&mut gateway, count).await;
            load::saturate(&gateway, &format!("W{round}-{count}"), 300).await;
            let group = BTreeMap::from([("core", vec![gateway.roles["core"].pid()])]);
            let before = cpu::busy_ms(&group);
            let rate = load::saturate(&gateway, &format!("S{round}-{count}"), files).await;
            let core = (cpu::busy_ms(&group)["core"] - before["core"]) / files as f64;
            eprintln!("round {round}, {count} of each: {rate:.0} files a second, core {core:.2} ms a file");
            let at = measured.entry(count).or_default();
            at.files_per_second.push(rate);
            at.core_cpu_ms.push(core);
            fan.stop(&mut gateway).await;
        }
    }
    fan.run(&mut gateway, 2).await;
    let rate = median(&measured[&2].files_per_second) / 2.0;
    let takeovers = takeover::kill(&mut gateway, kills, rate).await;
    let twice = once::violations(&gateway).await;
    let core_ms = median(&measured[&1].core_cpu_ms);
    let size = |(count, at): (&usize, &Measured)| {
        json!({
            "processes": count, "files_per_second": median(&at.files_per_second),
            "files_per_second_each_round": at.files_per_second, "core_cpu_ms_per_file": median(&at.core_cpu_ms),
        })
    };
    let report = json!({
        "counts": measured.iter().map(size).collect::<Vec<_>>(), "takeovers": takeovers.iter().map(takeover::Takeover::json).collect::<Vec<_>>(),
        "done_twice": twice, "core_cpu_ms_per_file": core_ms, "files_per_second_of_a_core_on_one_cpu": 1_000.0 / core_ms,
        "files_per_round": files, "rounds": rounds, "throughput_ratio_min": THROUGHPUT_RATIO_MIN,
        "takeover_s_max": TAKEOVER_S_MAX,
    });
    let report = load::write("sideways.json", &gateway.servers, report);
    println!("{report:#}");
    load::end(gateway).await;
    judge(&measured, &takeovers, &twice);
}

fn judge(measured: &BTreeMap<usize, Measured>, takeovers: &[takeover::Takeover], twice: &[String]) {
    let one = median(&measured[&1].files_per_second);
    let mut missed: Vec<String> = twice.to_vec();
    for (count, at) in measured {
        let ratio = median(&at.files_per_second) / one;
        if ratio < THROUGHPUT_RATIO_MIN {
            missed.push(format!(
                "{count} of each: {ratio:.2} of the throughput, at least {THROUGHPUT_RATIO_MIN}"
            ));
        }
    }
    for takeover in takeovers.iter().filter(|takeover| takeover.works_s > TAKEOVER_S_MAX) {
        missed.push(format!("taken over after {:.1} s, at most {TAKEOVER_S_MAX}", takeover.works_s));
    }
    assert!(missed.is_empty(), "missed: {}", missed.join("; "));
}
