//! Whole lives of permit files, drawn, reordered and duplicated: what must hold in every one of them.
//!
//! `WASL_SEED` draws other lives, `WASL_LIVES` more of them, `WASL_LIFE` one alone: a failure says which. How many
//! are lived in a minute is measured by `benches/lives.rs` with the same lives and the same judge.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod draw;
mod judge;
mod life;
mod plants;
mod world;

use world::World;

/// Lives in one run.
const LIVES: u64 = 10_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn every_life_keeps_the_promises() {
    let world = World::shipped();
    let (seed, lives) = (setting("WASL_SEED").unwrap_or(7), setting("WASL_LIVES").unwrap_or(LIVES));
    let alone = setting("WASL_LIFE");
    let mut seen = judge::Seen::default();
    for number in alone.map_or(0..lives, |one| one..one + 1) {
        let life = life::live(&world, life::seed_of(seed, number));
        if let Err(broken) = judge::judge(&world, &life, &mut seen) {
            panic!(
                "{broken}\nto see it again: WASL_SEED={seed} WASL_LIFE={number} cargo test -p wasl-core --test lives \
                 every_life\n{}",
                life.told()
            );
        }
    }
    // A run that never met these would prove little.
    if alone.is_none() {
        seen.demand_variety();
    }
}

#[test]
fn a_seed_replays_a_life() {
    let world = World::shipped();
    for seed in 0..50 {
        assert_eq!(life::live(&world, seed).events, life::live(&world, seed).events);
    }
}

#[test]
fn the_judge_sees_planted_faults() {
    let world = World::shipped();
    for (name, fits, plant) in plants::PLANTS {
        let good = (0..5_000).map(|seed| life::live(&world, seed)).find(fits).unwrap();
        judge::judge(&world, &good, &mut judge::Seen::default()).unwrap();
        let mut bad = good.clone();
        plant(&mut bad);
        let caught = judge::judge(&world, &bad, &mut judge::Seen::default());
        assert!(caught.as_ref().is_err_and(|e| e.starts_with(name)), "{name} was not caught: {caught:?}");
    }
}
