//! Does the cost of a file grow with the files that there are? Databases with ten thousand, a hundred thousand and a
//! million open files stand side by side, all communes' queues are declared, and the gateway as it is shipped takes
//! turns on them: files a second from submission to review, and memory of its processes. Then every route of the API
//! and the pages is asked many times over the largest.
//!
//! Writes `target/bench/growth.json`; fails when a demand is missed. `make bench-growth` runs it. Sizes, files and rounds
//! can be set by `SIZES`, `FILES`, `ROUNDS`, the questions of each route by `READS`.
#![expect(clippy::disallowed_methods, reason = "a measurement asks the database freely")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot go on must stop")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is being done, and the figures")]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

#[path = "../floor/cpu.rs"]
mod cpu;
mod fill;
#[path = "../load/mod.rs"]
mod load;
#[path = "../measure/mod.rs"]
mod measure;
mod reads;
#[path = "../../tests/it/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use load::{median, setting};
use reads::Read;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::gateway::SOUANI;
use support::servers::database_address;
use support::wait::until;
use support::{Commune, Gateway};
use toml::Value as Toml;
use wasl_tests::world::servers::with_user;

/// Open files in the databases.
const SIZES: &str = "10000,100000,1000000";
/// Files of a round, and rounds at each size.
const FILES: usize = 2_000;
const ROUNDS: usize = 6;
/// Files that warm a gateway up after it has turned to another database.
const WARM_UP: usize = 300;
/// Questions of each route.
const READS: usize = 200;
/// The demands: against the smallest size, and of each route.
const THROUGHPUT_RATIO_MIN: f64 = 0.9;
const MEMORY_RATIO_MAX: f64 = 1.2;
const READ_P99_MS_MAX: f64 = 50.0;

/// What was measured at one size.
#[derive(Default)]
struct Size {
    files_per_second: Vec<f64>,
    rss_kib: Vec<f64>,
    database_cpu_ms: Vec<f64>,
    bytes: i64,
}

#[tokio::main]
async fn main() {
    let sizes: Vec<usize> = std::env::var("SIZES")
        .unwrap_or_else(|_| SIZES.to_owned())
        .split(',')
        .map(|size| size.parse().unwrap())
        .collect();
    let (files, rounds, times) =
        (setting("FILES", FILES), setting("ROUNDS", ROUNDS), setting("READS", READS));
    let mut gateway = load::lay("bench-growth").await;
    // All communes of the country unless others are named.
    let communes = std::env::var("COMMUNES").unwrap_or_else(|_| "all".to_owned());
    let begin = std::time::Instant::now();
    let (done, said) = gateway.wasl(&["topology", "apply", "--communes", &communes]).await;
    assert!(done, "{said}");
    eprintln!("queues of {communes} communes after {:?}", begin.elapsed());
    let (template, mut feeds) = template(&mut gateway).await;
    let address = |size| database_address(&gateway.servers, &name(size));
    for size in sizes.iter().copied() {
        copy(&gateway, &name(size)).await;
        fill::fill(address(size).as_str(), &template, size).await;
    }
    // Only now: filling the largest takes all of the memory.
    for size in sizes.iter().copied() {
        fill::warm(address(size).as_str()).await;
    }
    let mut measured: BTreeMap<usize, Size> = BTreeMap::new();
    for round in 0..rounds {
        let mut order = sizes.clone();
        if round % 2 == 1 {
            order.reverse();
        }
        for size in order {
            turn_to(&mut gateway, size, &feeds).await;
            load::saturate(&gateway, &format!("W{round}-{size}"), WARM_UP).await;
            let before = cpu::busy_ms(&database(&gateway));
            let rate = load::saturate(&gateway, &format!("S{round}-{size}"), files).await;
            let after = cpu::busy_ms(&database(&gateway));
            let own: Vec<u32> = gateway
                .roles
                .iter()
                .filter(|(name, _)| *name != "sandbox")
                .map(|(_, role)| role.pid())
                .collect();
            let rss = measure::rss_kib(&own) as f64;
            eprintln!("round {round}, {size} open files: {rate:.0} files a second, {:.0} MiB", rss / 1024.0);
            let at = measured.entry(size).or_default();
            at.files_per_second.push(rate);
            at.rss_kib.push(rss);
            at.database_cpu_ms.push((after["database"] - before["database"]) / files as f64);
            let strange = gateway.count("SELECT count(*) FROM parked WHERE code = 'agency.unmatched'").await;
            assert_eq!(strange, 0, "answers that belong to no file of this database");
            feeds = stop(&mut gateway).await;
        }
    }
    let largest = *sizes.last().unwrap();
    turn_to(&mut gateway, largest, &feeds).await;
    if let Ok(planted) = std::env::var("PLANT") {
        sqlx::raw_sql(AssertSqlSafe(planted)).execute(&gateway.pool).await.unwrap();
    }
    let reads = reads::all(&gateway, largest, times).await;
    for (size, at) in &mut measured {
        at.bytes = sqlx::query_scalar("SELECT pg_database_size($1)")
            .bind(name(*size))
            .fetch_one(&gateway.pool)
            .await
            .unwrap();
    }
    load::write("growth.json", &gateway.servers, report(&measured, &reads, (files, rounds, times)));
    print(&measured, &reads);
    load::end(gateway).await;
    judge(&measured, &reads);
}

fn name(size: usize) -> String {
    format!("growth-{size}")
}

/// How far each feed of an agency has been read: agency, name, cursor, version.
type Feeds = Vec<(String, String, String, i64)>;

/// A file that was registered and reviewed in earnest; core and api are stopped afterwards.
async fn template(gateway: &mut Gateway) -> (String, Feeds) {
    gateway.go().await;
    let mut commune = Commune::connect(gateway, SOUANI).await;
    commune.submit("TEMPLATE", "building", &load::CONDITIONS).await;
    commune.expect("TEMPLATE", "file.reviewed").await;
    until("nothing is left to say", async || {
        (gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
    })
    .await;
    ("TEMPLATE".to_owned(), stop(gateway).await)
}

/// Ends core and api; how far they had read what agencies tell.
async fn stop(gateway: &mut Gateway) -> Feeds {
    for role in ["core", "api"] {
        if let Some(mut role) = gateway.roles.remove(role) {
            role.stop(std::time::Duration::from_secs(20)).await;
        }
    }
    let feeds =
        sqlx::query_as("SELECT agency, name, cursor, version FROM feed").fetch_all(&gateway.pool).await;
    gateway.pool.close().await;
    feeds.unwrap()
}

/// A copy of the database as the template's file has left it.
async fn copy(gateway: &Gateway, name: &str) {
    let mut connection = PgConnection::connect(gateway.servers.database.as_str()).await.unwrap();
    for statement in [
        format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        format!("CREATE DATABASE \"{name}\" TEMPLATE \"{}\"", gateway.name),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
}

/// Core and api of the gateway on the database of this size. The agencies are the same as before: what they have told is
/// read on from there, or it would be set aside as nobody's.
async fn turn_to(gateway: &mut Gateway, size: usize, feeds: &Feeds) {
    let address = database_address(&gateway.servers, &name(size));
    for (role, (user, password)) in ["core", "api"].into_iter().zip(gateway.logins.clone()) {
        let url = with_user(&address, &user, &password).unwrap();
        gateway.set(role, "database.url", Toml::String(url));
    }
    gateway.pool = PgPoolOptions::new().max_connections(3).connect_lazy(address.as_str()).unwrap();
    for (agency, name, cursor, version) in feeds {
        sqlx::query(
            "INSERT INTO feed (agency, name, cursor, version) VALUES ($1, $2, $3, $4)
             ON CONFLICT (agency, name) DO UPDATE SET cursor = excluded.cursor, version = excluded.version",
        )
        .bind(agency)
        .bind(name)
        .bind(cursor)
        .bind(version)
        .execute(&gateway.pool)
        .await
        .unwrap();
    }
    let epoch = gateway.count("SELECT epoch FROM leader").await;
    gateway.run("core");
    gateway.run("api");
    until("the core leads", async || (gateway.count("SELECT epoch FROM leader").await > epoch).then_some(()))
        .await;
    gateway.ready().await;
}

fn database(gateway: &Gateway) -> cpu::Groups {
    let known: serde_json::Value =
        wasl_tests::world::ready::read_json(&gateway.layout.servers.join("servers.json")).unwrap();
    let pid = u32::try_from(known["pids"]["database"].as_u64().unwrap()).unwrap();
    BTreeMap::from([("database", vec![pid])])
}

fn report(
    measured: &BTreeMap<usize, Size>,
    reads: &[Read],
    (files, rounds, times): (usize, usize, usize),
) -> serde_json::Value {
    let size = |(size, at): (&usize, &Size)| {
        json!({
            "open_files": size, "files_per_second": median(&at.files_per_second),
            "files_per_second_each_round": at.files_per_second, "rss_kib": median(&at.rss_kib),
            "rss_kib_each_round": at.rss_kib, "database_cpu_ms_per_file": median(&at.database_cpu_ms),
            "database_bytes": at.bytes,
        })
    };
    json!({
        "sizes": measured.iter().map(size).collect::<Vec<_>>(),
        "reads": reads.iter().map(Read::json).collect::<Vec<_>>(),
        "files_per_round": files, "rounds": rounds, "questions_per_route": times,
        "demands": {
            "throughput_ratio_min": THROUGHPUT_RATIO_MIN, "memory_ratio_max": MEMORY_RATIO_MAX,
            "read_p99_ms_max": READ_P99_MS_MAX,
        },
    })
}

fn print(measured: &BTreeMap<usize, Size>, reads: &[Read]) {
    println!(
        "{:>12} {:>12} {:>10} {:>16} {:>14}",
        "open files", "files/s", "MiB", "database ms/file", "database MiB"
    );
    for (size, at) in measured {
        let (rate, rss) = (median(&at.files_per_second), median(&at.rss_kib) / 1024.0);
        let (cpu, bytes) = (median(&at.database_cpu_ms), at.bytes / 1_048_576);
        println!("{size:>12} {rate:>12.0} {rss:>10.0} {cpu:>16.2} {bytes:>14}");
    }
    println!("{:<72} {:>10} {:>10} {:>10}", "route", "p50 ms", "p99 ms", "max ms");
    for read in reads {
        println!("{:<72} {:>10.1} {:>10.1} {:>10.1}", read.route, read.p50_ms, read.p99_ms, read.max_ms);
    }
}

/// Fails when a demand is missed; the report is written before.
fn judge(measured: &BTreeMap<usize, Size>, reads: &[Read]) {
    let mut missed = Vec::new();
    let (_, least) = measured.iter().next().unwrap();
    for (size, at) in measured {
        let rate = median(&at.files_per_second) / median(&least.files_per_second);
        let memory = median(&at.rss_kib) / median(&least.rss_kib);
        if rate < THROUGHPUT_RATIO_MIN {
            missed.push(format!(
                "{size} open files: {rate:.2} of the throughput, at least {THROUGHPUT_RATIO_MIN}"
            ));
        }
        if memory > MEMORY_RATIO_MAX {
            missed
                .push(format!("{size} open files: {memory:.2} times the memory, at most {MEMORY_RATIO_MAX}"));
        }
    }
    for read in reads.iter().filter(|read| read.p99_ms > READ_P99_MS_MAX) {
        missed.push(format!("{}: p99 {:.1} ms, at most {READ_P99_MS_MAX}", read.route, read.p99_ms));
    }
    assert!(missed.is_empty(), "missed: {}", missed.join("; "));
}
