//! kill -9 at any moment: nothing is lost and nothing is done twice.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::support::gateway::{OBLIGING, SOUANI, roles};
use crate::support::wait::{PATIENCE, until};
use crate::support::{Commune, Gateway, Options, books};

const KILLS: usize = 14;
const FILES_PER_KILL: usize = 4;
const PERMITS: [&str; 6] = ["building", "building", "parcelling", "repair", "subdivision", "building"];
/// Requests without an outcome, messages not yet confirmed, orders under way: work that a kill can tear.
const IN_FLIGHT: &str =
    "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM consultation WHERE waiting)
    + (SELECT count(*) FROM fee WHERE waiting)";

/// The seed: of the environment, or one that is always the same.
fn seed() -> u64 {
    std::env::var("IT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_102)
}

/// Agencies that also find files incomplete, refuse cards once and say things twice.
fn lively() -> String {
    OBLIGING
        .replace("incomplete = 0.0", "incomplete = 0.15")
        .replace("unfavourable = 0.0", "unfavourable = 0.1")
        .replace("refused_then_paid = 0.0", "refused_then_paid = 0.3")
        .replace("callback_twice = 0.0", "callback_twice = 0.3")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kills_at_random_moments_every_file_reaches_its_end_once() {
    let seed = seed();
    eprintln!("IT_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let options = Options { profile: lively(), seed, ..Options::default() };
    let mut gateway = Gateway::start("kills", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let mut references = BTreeSet::new();
    let names = roles();
    for kill in 0..KILLS {
        submit(&mut commune, &mut random, kill, &mut references).await;
        go_on(&mut commune, Duration::from_millis(random.random_range(0..400))).await;
        // Core and api first, so that a short run meets them too; then whom chance picks.
        let victim =
            if kill < names.len() { &names[kill] } else { &names[random.random_range(0..names.len())] };
        let in_flight =
            until("work in flight", async || Some(gateway.count(IN_FLIGHT).await).filter(|n| *n > 0));
        let in_flight = in_flight.await;
        gateway.roles.get_mut(victim).unwrap().kill().await;
        eprintln!("kill {kill}: {victim} with {in_flight} things in flight");
        go_on(&mut commune, Duration::from_millis(random.random_range(0..300))).await;
        gateway.run(victim);
    }
    let left = commune.carry(&references, PATIENCE).await;
    assert!(left.is_empty(), "seed {seed}: not at their end: {left:?}");
    books::balance(&gateway, &commune).await;
    assert_eq!(gateway.count("SELECT count(*) FROM file").await, references.len() as i64);
}

async fn submit(
    commune: &mut Commune,
    random: &mut impl Rng,
    kill: usize,
    references: &mut BTreeSet<String>,
) {
    for number in 0..FILES_PER_KILL {
        let reference = format!("K-{kill:02}-{number}");
        let permit = PERMITS[random.random_range(0..PERMITS.len())];
        let all = ["near-watercourse", "new-connection", "no-title"];
        let conditions: Vec<&str> = all.into_iter().filter(|_| random.random_bool(0.7)).collect();
        commune.submit(&reference, permit, &conditions).await;
        references.insert(reference);
    }
}

/// Lets the commune do its part for a while.
async fn go_on(commune: &mut Commune, time: Duration) {
    let end = tokio::time::Instant::now() + time;
    while let Some(event) = commune.hear(end.saturating_duration_since(tokio::time::Instant::now())).await {
        commune.react(&event).await;
    }
}
