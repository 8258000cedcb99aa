//! How many whole lives the pure core lives in a minute on one core, each of them judged.
//!
//! The lives and the judge are those of `tests/lives`. Writes `target/bench/clock.json`; fails when a life breaks a
//! promise, or when there are fewer than 200,000 in a minute. `make bench-clock` runs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on must stop")]
#![expect(clippy::print_stdout, reason = "the figure")]

#[path = "../tests/lives/draw.rs"]
mod draw;
#[path = "../tests/lives/judge/mod.rs"]
mod judge;
#[path = "../tests/lives/life/mod.rs"]
mod life;
#[path = "../tests/lives/world.rs"]
mod world;

use std::time::{Duration, Instant};

/// Fewer lives in a minute of one core are too few.
const LIVES_PER_MINUTE_MIN: f64 = 200_000.0;
/// Lives that are measured.
const LIVES: u64 = 200_000;

fn main() {
    let seed = std::env::var("WASL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_920);
    let world = world::World::shipped();
    let mut seen = judge::Seen::default();
    let (begin, busy) = (Instant::now(), busy());
    let mut events = 0;
    for number in 0..LIVES {
        let life = life::live(&world, life::seed_of(seed, number));
        events += life.events.len();
        if let Err(broken) = judge::judge(&world, &life, &mut seen) {
            panic!("WASL_SEED={seed} WASL_LIFE={number}: {broken}\n{}", life.told());
        }
    }
    let (wall, core) = (begin.elapsed(), self::busy() - busy);
    let per_minute = |time: Duration| (LIVES as f64 / time.as_secs_f64() * 60.0).round();
    let figures = serde_json::json!({
        "what": "whole lives of permit files, drawn, reordered, duplicated and judged, on one core",
        "lives": LIVES,
        "events": events,
        "seed": seed,
        "wall_seconds": wall.as_secs_f64(),
        "core_seconds": core.as_secs_f64(),
        "lives_per_minute_of_wall_time": per_minute(wall),
        "lives_per_minute_of_core_time": per_minute(core),
        "lives_per_minute_min": LIVES_PER_MINUTE_MIN,
        "optimised": !cfg!(debug_assertions),
    });
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(format!("{folder}/clock.json"), format!("{figures:#}\n")).unwrap();
    println!("{figures:#}");
    seen.demand_variety();
    // On a machine that others use, the time of the core tells, not that of the wall.
    assert!(per_minute(core) >= LIVES_PER_MINUTE_MIN, "too slow");
}

/// How long this thread has run on a core (`/proc/thread-self/schedstat`: nanoseconds, first field).
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}
