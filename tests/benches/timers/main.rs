//! A million open timers, ten thousand of them due at the same instant: how long until all have fired, and whether the
//! core's memory stays flat meanwhile.
//!
//! Private PostgreSQL and RabbitMQ below `target/test/servers-bench`, and the core as it is shipped (the release build).
//! One real file, registered and reviewed, is the template of all others; so firing is what it is in life: the files
//! are locked, the core decides, events, states and timers are written, and the notices go out through the outbox.
//! Every timer that is due belongs to another file. Writes `target/bench/timers.json`; `make bench-timers` runs it.
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

mod fill;
mod watch;

use jiff::Timestamp;
use serde_json::json;
use support::gateway::SOUANI;
use support::role::Role;
use support::servers::root;
use support::wait::until;
use support::{Commune, Gateway, Options};
use toml::Value as Toml;
use wasl_tests::world::clock::{LegalClock, Segment, wall_ms};
use wasl_tests::world::servers::Servers;

/// Timers that wait.
const TIMERS: i64 = 1_000_000;
/// Each file has so many of them.
const TIMERS_PER_FILE: i64 = 4;
/// Timers that are due at the instant, each of another file.
const DUE: i64 = 10_000;
/// All of them have fired within this time.
const FIRE_SECONDS_MAX: f64 = 10.0;
/// By so much may the core's memory grow meanwhile.
const GROWTH_KIB_MAX: i64 = 64 * 1024;
/// Legal (and wall) time between the start of the core and the instant.
const LEAD_MS: i64 = 30_000;

#[tokio::main]
async fn main() {
    let core = root().join("target/release/wasl");
    assert!(core.exists(), "{} is missing: cargo build --release -p wasl", core.display());
    let options = Options { servers: "servers-bench".to_owned(), ..Options::default() };
    let mut gateway = Gateway::start("bench-timers", options).await;
    let (template, instant) = template(&gateway).await;
    gateway.roles.clear();

    fill::fill(&gateway.pool, &template, instant, TIMERS / TIMERS_PER_FILE, DUE).await;
    let open = gateway.count("SELECT count(*) FROM timer").await;
    assert!(open >= TIMERS, "{open}");

    let clock = LegalClock::new(vec![Segment {
        wall_ms: wall_ms(),
        legal: instant - jiff::SignedDuration::from_millis(LEAD_MS),
        speed: 1.0,
    }]);
    clock.write(&gateway.layout.dir.join("clock.json")).unwrap();
    // As shipped, not as in the fast world of the tests.
    gateway.set("core", "flow.timer_tick_ms", Toml::Integer(500));
    let config = gateway.layout.config("core").to_string_lossy().into_owned();
    let epoch = gateway.count("SELECT epoch FROM leader").await;
    let role = Role::start(
        &gateway.layout,
        "core-release",
        &core,
        &["serve", "--role", "core", "--config", &config],
    );
    until("the core leads", async || (gateway.count("SELECT epoch FROM leader").await > epoch).then_some(()))
        .await;

    let seen = watch::watch(&gateway, role.pid(), clock.wall_of(instant), instant).await;
    let figures = json!({
        "what": "timers that are due at one instant among many that are open, fired by the release build of the core",
        "timers_open": open, "files": TIMERS / TIMERS_PER_FILE, "timers_due": DUE,
        "seconds_until_all_fired": seen.fired.as_secs_f64(),
        "seconds_until_all_told": seen.told.as_secs_f64(),
        "seconds_max": FIRE_SECONDS_MAX,
        "fired_by_second": seen.by_second,
        "core_rss_kib": {"before": seen.rss_before_kib, "peak": seen.rss_peak_kib, "after": seen.rss_after_kib},
        "postgres": gateway.servers.postgres_version, "broker": gateway.servers.broker_version,
        "fsync": gateway.servers.fsync, "synchronous_commit": gateway.servers.synchronous_commit,
        "cpus": std::thread::available_parallelism().unwrap().get(),
        "load_average": std::fs::read_to_string("/proc/loadavg").unwrap().trim(),
    });
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("timers.json"), format!("{figures:#}\n")).unwrap();
    println!("{figures:#}");

    drop(role);
    fill::check(&gateway, instant, DUE).await;
    let layout = gateway.layout.clone();
    drop(gateway);
    if std::env::var_os("WASL_BENCH_KEEP").is_none() {
        tokio::task::spawn_blocking(move || Servers::down(&layout, true)).await.unwrap().unwrap();
    }
    assert!(seen.fired.as_secs_f64() <= FIRE_SECONDS_MAX, "not fired in time");
    assert!(seen.rss_peak_kib - seen.rss_before_kib <= GROWTH_KIB_MAX, "memory is not flat");
}

/// A file of a small building project that every agency has answered, and the instant of its right by silence.
async fn template(gateway: &Gateway) -> (String, Timestamp) {
    let mut commune = Commune::connect(gateway, SOUANI).await;
    commune.submit("PCT-TEMPLATE", "building", &["new-connection"]).await;
    let registered = commune.expect("PCT-TEMPLATE", "file.registered").await;
    commune.expect("PCT-TEMPLATE", "file.reviewed").await;
    until("its notices are out", async || {
        (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
    })
    .await;
    let instant = registered["data"]["deadlines"]["right_acquired_at"].as_str().unwrap().parse().unwrap();
    ("PCT-TEMPLATE".to_owned(), instant)
}
