//! One agency hangs: how much longer do the others' requests take? Rounds with all well and rounds with ONEE hanging take
//! turns, so that whatever else the machine does falls on both.
//!
//! A request's time runs from the file's registration to the sending to one of the two other agencies, by the database's
//! clock. Files come at a steady pace, as they do in life. Writes `target/bench/neighbours.json`; fails when the 99th
//! percentile over all hanging rounds is more than a tenth above that over all others. `make bench-neighbours` runs it with
//! the release build.
#![expect(clippy::disallowed_methods, reason = "a measurement asks the database freely")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot go on must stop")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is being done, and the figures")]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

#[path = "../../tests/it/support/mod.rs"]
mod support;

#[path = "../measure/mod.rs"]
mod measure;

mod figures;

use std::time::Duration;

use figures::Figures;
use serde_json::{Value, json};
use support::gateway::SOUANI;
use support::servers::root;
use support::wait::until;
use support::{Commune, Gateway, Options};

/// Shown to urban agency, ONEE and water basin agency.
const CONDITIONS: [&str; 2] = ["near-watercourse", "new-connection"];
/// Rounds of each kind; one more of each warms up and is not counted.
const ROUNDS: usize = 5;
/// Files of a round, and the pause between two of them: requests of two agencies each.
const FILES: usize = 120;
const PACE: Duration = Duration::from_millis(60);
/// The others' 99th percentile may be so much longer while one agency hangs.
const SLOWER_MAX: f64 = 1.10;

#[tokio::main]
async fn main() {
    let shipped = root().join("target/release/wasl");
    let mut gateway =
        Gateway::lay("bench-neighbours", Options { legal_day_ms: 600_000, ..Options::default() }).await;
    let release = std::env::var_os("WASL_BENCH_DEBUG").is_none();
    if release {
        assert!(shipped.exists(), "{} is missing: cargo build --release -p wasl", shipped.display());
        gateway.program = shipped;
    }
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let (mut well, mut hanging, mut turns) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..=ROUNDS {
        let quiet = round(&gateway, &mut commune, &format!("WELL{number}")).await;
        hang(&gateway, true).await;
        let slow = round(&gateway, &mut commune, &format!("HANG{number}")).await;
        assert!(waiting(&gateway).await > 0, "the agency did not hang");
        hang(&gateway, false).await;
        until("what waited has gone out", async || (waiting(&gateway).await == 0).then_some(())).await;
        let (a, b) = (Figures::of(&quiet), Figures::of(&slow));
        eprintln!("round {number}: p99 {:.0} ms, with one agency hanging {:.0} ms", a.p99, b.p99);
        if number > 0 {
            turns.push(json!({"quiet": a.json(), "hanging": b.json()}));
            well.extend(quiet);
            hanging.extend(slow);
        }
    }
    judge(&well, &hanging, &turns, release);
}

/// Submits a round of files and waits until the two agencies that are well have all of theirs; milliseconds.
async fn round(gateway: &Gateway, commune: &mut Commune, prefix: &str) -> Vec<f64> {
    let mut pace = tokio::time::interval(PACE);
    for number in 0..FILES {
        pace.tick().await;
        commune.submit(&format!("{prefix}-{number}"), "building", &CONDITIONS).await;
    }
    let sql = "SELECT EXTRACT(EPOCH FROM sent.recorded_at - came.recorded_at)::float8 * 1000
         FROM file f JOIN consultation c ON c.file_id = f.id AND c.agency IN ('urban-agency', 'water-basin')
         JOIN event came ON came.file_id = f.id AND came.sequence = 1
         JOIN event sent ON sent.file_id = f.id AND sent.name = 'consultation-sent'
              AND sent.data::jsonb @> jsonb_build_object('consultation', c.id)
         WHERE f.reference LIKE $1";
    until("the others have all of theirs", async || {
        let rows: Vec<f64> =
            sqlx::query_scalar(sql).bind(format!("{prefix}-%")).fetch_all(&gateway.pool).await.unwrap();
        (rows.len() >= 2 * FILES).then_some(rows)
    })
    .await
}

async fn hang(gateway: &Gateway, on: bool) {
    gateway.control("outage", json!({"agency": "onee", "on": on, "mode": on.then_some("hang")})).await;
}

async fn waiting(gateway: &Gateway) -> i64 {
    gateway.count("SELECT count(*) FROM consultation WHERE agency = 'onee' AND status = 'planned'").await
}

fn judge(well: &[f64], hanging: &[f64], turns: &[Value], release: bool) {
    let (a, b) = (Figures::of(well), Figures::of(hanging));
    let ratio = b.p99 / a.p99;
    let figures = json!({
        "rounds": ROUNDS, "files_per_round": FILES, "pace_ms": PACE.as_millis(), "release_build": release,
        "quiet": a.json(), "hanging": b.json(), "p99_ratio": ratio, "p99_ratio_max": SLOWER_MAX,
        "each_round": turns, "load": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
    });
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string_pretty(&figures).unwrap();
    std::fs::write(folder.join("neighbours.json"), &text).unwrap();
    println!("{text}");
    assert!(ratio <= SLOWER_MAX, "the others' p99 grew by {:.1} %", (ratio - 1.0) * 100.0);
}
