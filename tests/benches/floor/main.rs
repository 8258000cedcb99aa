//! How near wasl comes to the least that its job costs on this machine.
//!
//! Two programs do, per file, the same messages, rows and calls: wasl itself (the release build, every rule, check,
//! translation, event and metric on), and [`worker`], the floor: the same libraries, no rules, no checks, no
//! translation, batched as well as can be. They take turns on the same private servers and before the same agencies,
//! everything durable. The load comes from a commune that submits and reads its queue; a file is done when `file.reviewed` has come back.
//!
//! Writes `target/bench/report.json` and prints a table. `make bench-floor` runs it.
#![expect(clippy::disallowed_methods, reason = "a measurement asks the database freely")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot go on must stop")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is being done, and the figures")]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../load/mod.rs"]
mod commune;
#[path = "../measure/mod.rs"]
mod measure;

mod cpu;
mod load;
mod report;
mod rows;
mod shape;
mod sides;
mod worker;

use commune::setting;
use serde_json::json;
use sides::{Floor, Side, Wasl};
use support::servers::root;

/// The gateway's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of each side.
const ROUNDS: usize = 3;
/// Files of a saturated round.
const FILES: usize = 3_000;
/// Files a second of the open loops, and how long each lasts.
const RATES: [u32; 2] = [50, 300];
const OPEN_SECONDS: u32 = 15;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("floor-worker") => worker::begin(&arguments.next().unwrap()),
        _ => measure(),
    }
}

/// Both sides in turns, at full speed and at steady rates.
#[tokio::main]
async fn measure() {
    let files = setting("FILES", FILES);
    let rounds = setting("ROUNDS", ROUNDS);
    let wasl = Wasl::start().await;
    let floor = Floor::start(&wasl).await;
    let mut report = report::Report::default();
    for round in 0..=rounds {
        for side in [&floor as &dyn Side, &wasl as &dyn Side] {
            let name = side.name();
            let done = load::saturate(side, &format!("S{round}{name}"), files).await;
            let (rate, own) = (done.files_per_second(), done.busy_per_file_ms(name));
            eprintln!("round {round}: {name} {rate:.0} files a second, {own:.2} ms of its own for each");
            // The first round of each warms up.
            if round > 0 {
                report.saturated(name, done);
            }
        }
    }
    for rate in RATES {
        for round in 1..=rounds {
            for side in [&floor as &dyn Side, &wasl as &dyn Side] {
                let name = side.name();
                let done = load::open(side, &format!("O{rate}-{round}{name}"), rate, OPEN_SECONDS).await;
                eprintln!("{rate} files a second, round {round}: {name} p99 {:.0} ms", done.quantile_ms(99));
                report.open(name, rate, done);
            }
        }
    }
    report.shapes(rows::shape(wasl.gateway()).await, rows::shape(floor.gateway()).await);
    report.about(json!({
        "files_per_round": files, "rounds": rounds, "open_seconds": OPEN_SECONDS,
        "broker": wasl.servers().broker_version, "postgres": wasl.servers().postgres_version,
        "fsync": wasl.servers().fsync, "synchronous_commit": wasl.servers().synchronous_commit,
        "cpus": std::thread::available_parallelism().unwrap().get(),
        "load_average": std::fs::read_to_string("/proc/loadavg").unwrap().trim(),
    }));
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("report.json"), format!("{:#}\n", report.json())).unwrap();
    println!("{}", report.table());
    wasl.end().await;
    report.judge();
}
