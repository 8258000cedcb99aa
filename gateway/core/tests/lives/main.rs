//! Whole lives of permit files, drawn, reordered and duplicated: what must hold in every one of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod draw;
mod judge;
mod life;

use wasl_core::calendar::Calendar;
use wasl_core::policy::Policy;
use wasl_core::procedure::Rules;
use wasl_core::routing::Coverage;

const AGENCIES: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];
const FILES: [(&str, &str); 3] = [
    ("fixed.toml", include_str!("../../../../config/calendar/fixed.toml")),
    ("lunar.toml", include_str!("../../../../config/calendar/lunar.toml")),
    ("exceptional.toml", include_str!("../../../../config/calendar/exceptional.toml")),
];

/// The shipped rules, calendar and registry.
struct World {
    rules: Rules,
    calendar: Calendar,
    coverage: Coverage,
    policy: Policy,
}

impl World {
    fn shipped() -> Self {
        let coverage = include_str!("../../../../config/agencies/coverage.toml");
        let polled = ["onee", "barid-bank"].map(|kind| (life::agency(kind), 10 * 24 * 3_600_000));
        Self {
            rules: Rules::from_toml(include_str!("../../../../config/procedures.toml"), &AGENCIES).unwrap(),
            calendar: Calendar::from_toml(&FILES).unwrap(),
            coverage: Coverage::from_toml(coverage, &AGENCIES).unwrap(),
            policy: Policy { poll_interval_ms: polled.into_iter().collect(), ..Policy::default() },
        }
    }
}

/// Lives in one run; `WASL_LIVES` asks for more, `WASL_SEED` for others.
const LIVES: u64 = 10_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn every_life_keeps_the_promises() {
    let world = World::shipped();
    let (seed, lives) = (setting("WASL_SEED", 7), setting("WASL_LIVES", LIVES));
    let mut seen = judge::Seen::default();
    for number in 0..lives {
        let life = life::live(&world, seed.wrapping_mul(1_000_003).wrapping_add(number));
        if let Err(broken) = judge::judge(&life, &mut seen) {
            panic!("seed {seed}, life {number}: {broken}");
        }
    }
    // A run that never met these would prove little.
    seen.demand_variety();
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
    let good = (0..)
        .map(|seed| life::live(&world, seed))
        .find(|l| judge::has_right(l) && judge::has_opinion(l))
        .unwrap();
    judge::judge(&good, &mut judge::Seen::default()).unwrap();
    for (name, plant) in judge::PLANTS {
        let mut bad = good.clone();
        plant(&mut bad);
        let caught = judge::judge(&bad, &mut judge::Seen::default());
        assert!(caught.is_err_and(|e| e.starts_with(name)), "{name} was not caught");
    }
}
