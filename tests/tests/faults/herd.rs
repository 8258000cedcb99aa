//! An agency that is away for long, and what comes down on it when it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use toml::Value as Toml;

use crate::front::{Deed, Front, answer};
use crate::spoilt::point;
use crate::support::gateway::SOUANI;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Requests that wait when the agency comes back.
const FILES: usize = 90;
/// What the agency can bear, by its settings.
const REQUESTS_PER_S_MAX: usize = 12;
/// The breaker's pause; an hour of outage is several hundred of them at its usual length of five seconds.
const PAUSE_MS: i64 = 700;
/// So many pauses the agency is away after the breaker has opened.
const PAUSES: u32 = 8;

/// Requests in the fullest second.
fn fullest_second(at: &[Instant]) -> usize {
    let within = |first: &Instant| {
        at.iter().filter(|t| *t >= first && t.duration_since(*first) < Duration::from_secs(1)).count()
    };
    at.iter().map(within).max().unwrap_or(0)
}

/// Invariant: while an agency is away it is asked by one message after each pause and not by all that wait; when it is
/// back everything that waits goes out once, and at no moment faster than the agency bears.
#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_comes_back_after_long_is_not_trampled_and_gets_everything_once() {
    let options = Options {
        legal_day_ms: 120_000,
        settings: vec![
            ("adapter.breaker_failures_max", 4),
            ("adapter.breaker_open_ms", PAUSE_MS),
            ("flow.retry_max_ms", 1_000),
            ("flow.poll_interval_ms", 60_000),
        ],
        ..Options::default()
    };
    let mut gateway = Gateway::lay("herd", options).await;
    let away = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&away);
    let front = Front::start(Some(gateway.ports.sandbox), move |_| {
        if state.load(Ordering::SeqCst) {
            Deed::Say(answer("503 Service Unavailable", &[], ""))
        } else {
            Deed::HandOn
        }
    })
    .await;
    let address = Toml::String(format!("http://{}/onee/ServiceRequest", front.address));
    let pace = Toml::Integer(i64::try_from(REQUESTS_PER_S_MAX).unwrap());
    point(&gateway, "onee", &[("endpoint", address), ("requests_per_s_max", pace)]);
    gateway.go().await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    for number in 0..FILES {
        commune.submit(&format!("H-{number:03}"), "building", &["new-connection"]).await;
    }
    let open = "SELECT count(*) FROM agency_line WHERE agency = 'onee' AND breaker = 'open'";
    until("the breaker opens", async || (gateway.count(open).await == 1).then_some(())).await;
    let (begin, before) = (Instant::now(), front.asked("").len());
    let pause = Duration::from_millis(u64::try_from(PAUSE_MS).unwrap());
    until("some pauses of the breaker", async || (begin.elapsed() > pause * PAUSES).then_some(())).await;
    let probes = front.asked("").len() - before;
    let room = usize::try_from(PAUSES).unwrap() + 4;
    assert!((1..=room).contains(&probes), "{probes} calls in {PAUSES} pauses");

    let back = Instant::now();
    away.store(false, Ordering::SeqCst);
    let sent = "SELECT count(*) FROM consultation WHERE agency = 'onee' AND status = 'planned'";
    until("everything goes out", async || (gateway.count(sent).await == 0).then_some(())).await;
    let took = back.elapsed();
    let at: Vec<Instant> = front.asked("").iter().map(|asked| asked.at).filter(|at| *at >= back).collect();
    let fullest = fullest_second(&at);
    eprintln!(
        "{probes} probes while away; back: {} calls in {took:?}, {fullest} in the fullest second",
        at.len()
    );
    // One second's worth may come at once, and then as many in the second that follows.
    assert!(fullest <= 2 * REQUESTS_PER_S_MAX, "{fullest} calls within a second");
    assert!(at.len() >= FILES, "{} calls", at.len());
    let accepted = gateway.ledger("agency=onee&action=consultation-accepted").await;
    assert_eq!(accepted.len(), FILES);
    assert!(gateway.ledger("agency=onee&action=duplicate").await.is_empty(), "sent twice");
}
