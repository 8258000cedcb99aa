//! Ten times the load that the machine carries, for minutes: is anything lost, does memory stay flat, does urgent work
//! stay quick, and does all of it recover by itself?
//!
//! First it is measured what the gateway as it is shipped carries (files a second from submission to review). Then ten
//! times as much is offered at a steady rate, whatever becomes of it; a publish that the broker refuses is the sender's to
//! repeat and is counted. Meanwhile timers fall due, agencies call back, and a decision is sent now and then. Afterwards
//! nothing more is offered: every submission that was confirmed must be registered, and each file reviewed. Writes
//! `target/bench/overload.json`; fails when a demand is missed. `make bench-overload [SECONDS=300]` runs it.
#![expect(clippy::disallowed_methods, reason = "a measurement asks the database freely")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot go on must stop")]
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is being done, and the figures")]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

#[path = "../load/mod.rs"]
mod load;
#[path = "../measure/mod.rs"]
mod measure;
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod urgent;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use load::{Publisher, Sent, quantile, setting, whole};
use serde_json::json;
use support::Gateway;
use toml::Value as Toml;

/// Files by which the load is measured that the machine carries, and by how much it is exceeded.
const FILES: usize = 3_000;
const TIMES: usize = 10;
/// How long.
const SECONDS: usize = 300;
/// Submissions that wait in front of the gateway at most: past them the broker refuses.
const BACKLOG: usize = 20_000;
/// Urgent work is done so soon, at the 99th percentile.
const URGENT_P99_MS_MAX: f64 = 1_000.0;
/// Memory of one process may so much exceed what it was after the first third of the overload.
const MEMORY_RATIO_MAX: f64 = 1.2;
/// How long the backlog may take to be worked off, in times of what it should take at the load that is carried.
const RECOVERY_TIMES_MAX: f64 = 3.0;

#[tokio::main]
async fn main() {
    let (files, seconds, backlog) =
        (setting("FILES", FILES), setting("SECONDS", SECONDS), setting("BACKLOG", BACKLOG));
    let mut gateway = load::lay("bench-overload").await;
    gateway.set("admin", "topology.intake_length_count", Toml::Integer(i64::try_from(backlog).unwrap()));
    let communes = [support::gateway::SOUANI, support::gateway::OTHER].join(",");
    let (done, said) = gateway.wasl(&["topology", "apply", "--communes", &communes]).await;
    assert!(done, "{said}");
    gateway.go().await;
    load::saturate(&gateway, "WARM", 500).await;
    let carried = load::saturate(&gateway, "CARRIED", files).await;
    let offered = carried * TIMES as f64;
    eprintln!("carries {carried:.0} files a second; {offered:.0} a second are offered for {seconds} s");

    let stop = Arc::new(AtomicBool::new(false));
    urgent::timers(&gateway, seconds).await;
    let watching = tokio::spawn(watch::watch(watch::processes(&gateway), stop.clone()));
    let hearing = tokio::spawn(watch::hear(load::reader(&gateway).await, stop.clone()));
    let sent = Sent::default();
    let began = jiff::Timestamp::now();
    let (confirmed, refused, decided) = offer(&gateway, offered, seconds, &sent).await;
    let (ended, recovering) = (jiff::Timestamp::now(), Instant::now());
    let backlog_at_end = confirmed.saturating_sub(usize::try_from(registered(&gateway).await).unwrap());
    eprintln!("{confirmed} confirmed, {refused} refused; {backlog_at_end} wait");
    let in_time = Duration::from_secs_f64(RECOVERY_TIMES_MAX * backlog_at_end as f64 / carried + 60.0);
    while recovering.elapsed() < in_time && !recovered(&gateway, confirmed).await {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let recovery_s = recovering.elapsed().as_secs_f64();
    let urgent = urgent::Urgent::measure(&gateway, &began, &ended).await;
    let lost = i64::try_from(confirmed).unwrap() - registered(&gateway).await;
    let unfinished = gateway
        .count("SELECT count(*) FROM file WHERE reference LIKE 'LOAD-%' AND reviewed_at IS NULL")
        .await;
    hearing.abort();
    _ = hearing.await;
    // The same again: it is as it was.
    let after = load::saturate(&gateway, "AFTER", files).await;
    stop.store(true, Ordering::Release);
    let memory = watching.await.unwrap();
    let decisions = urgent::decisions(&gateway, &decided).await;
    let report = json!({
        "carried_files_per_second": carried, "offered_files_per_second": offered, "seconds": seconds,
        "queue_limit_messages": backlog, "confirmed": confirmed, "refused_by_the_broker": refused,
        "waiting_when_the_offer_ended": backlog_at_end, "recovery_seconds": recovery_s,
        "confirmed_but_not_registered": lost, "not_reviewed": unfinished, "files_per_second_after": after,
        "urgent": urgent.json(), "decisions_ms": {
            "sent": decided.len(), "recorded": decisions.len(), "p50": quantile(&decisions, 50),
            "p99": quantile(&decisions, 99),
        },
        "memory": memory.json(),
    });
    let report = load::write("overload.json", &gateway.servers, report);
    println!("{report:#}");
    load::end(gateway).await;
    let mut missed = urgent.missed(URGENT_P99_MS_MAX);
    missed.extend(memory.missed(MEMORY_RATIO_MAX));
    if lost != 0 || unfinished != 0 {
        missed.push(format!(
            "{lost} confirmed submissions are not registered, {unfinished} files not reviewed"
        ));
    }
    if after < carried * 0.8 {
        missed.push(format!("afterwards it carries {after:.0} files a second, before {carried:.0}"));
    }
    let p99 = quantile(&decisions, 99);
    if p99.is_nan() || p99 > URGENT_P99_MS_MAX || decisions.len() < decided.len() {
        missed.push(format!("{} of {} decisions, p99 {p99:.0} ms", decisions.len(), decided.len()));
    }
    assert!(missed.is_empty(), "missed: {}", missed.join("; "));
}

/// Offers submissions at a steady rate, and a decision a second; how many were confirmed and refused, and which files
/// were decided on.
async fn offer(
    gateway: &Gateway,
    rate: f64,
    seconds: usize,
    sent: &Sent,
) -> (usize, usize, Vec<(String, Instant)>) {
    let publisher = Publisher::open(gateway).await;
    let urgent = Publisher::open(gateway).await;
    let (mut decided, known) = (Vec::new(), Sent::default());
    let body = String::from_utf8(load::submission(gateway, "LOAD-MODEL")).unwrap();
    let model: serde_json::Value = serde_json::from_str(&body).unwrap();
    let id = model["id"].as_str().unwrap().to_owned();
    let (begin, mut number) = (Instant::now(), 0_usize);
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    while begin.elapsed().as_secs_f64() < seconds as f64 {
        ticks.tick().await;
        let due = whole(begin.elapsed().as_secs_f64() * rate);
        while number < due && begin.elapsed().as_secs_f64() < seconds as f64 {
            let reference = format!("LOAD-{number}");
            let text = body.replace("LOAD-MODEL", &reference).replace(&id, &uuid::Uuid::now_v7().to_string());
            publisher.submit(reference, text.into_bytes(), sent).await;
            number += 1;
        }
        if whole(begin.elapsed().as_secs_f64()) > decided.len() {
            let reference = format!("CARRIED-{}", decided.len());
            urgent
                .say("decision.taken", reference.clone(), &urgent::decision(gateway, &reference), &known)
                .await;
            decided.push((reference, Instant::now()));
        }
    }
    publisher.settled().await;
    urgent.settled().await;
    let refused = publisher.refused.lock().unwrap().len();
    (number - refused, refused, decided)
}

async fn registered(gateway: &Gateway) -> i64 {
    gateway.count("SELECT count(*) FROM file WHERE reference LIKE 'LOAD-%'").await
}

async fn recovered(gateway: &Gateway, confirmed: usize) -> bool {
    let reviewed = "SELECT count(*) FROM file WHERE reference LIKE 'LOAD-%' AND reviewed_at IS NOT NULL";
    usize::try_from(gateway.count(reviewed).await).unwrap() >= confirmed
}
