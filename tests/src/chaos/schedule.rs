//! Which fault when: drawn whole from the seed, so that one seed replays the schedule.

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use crate::proxy::Mode;
use crate::world::settings::AGENCIES;

/// One broker and one database crash for so many kills.
const KILLS_PER_SERVER: usize = 10;
/// One fault of a line for so many kills.
const KILLS_PER_LINE: usize = 2;
/// The first faults of lines, of which each run has one each.
const LINES_MIN: usize = 8;

/// Which line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Between the gateway and the broker.
    Broker,
    /// Between the gateway and the database.
    Database,
    /// Between the adapters and the agencies.
    Agencies,
    /// Between the agencies and the gateway's callbacks.
    Callbacks,
}

/// One thing that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// SIGKILL of a process of the gateway.
    Kill {
        /// Its name.
        role: String,
    },
    /// A process kills itself at a point.
    Crash {
        /// Its name.
        role: String,
        /// The point.
        point: String,
        /// On which passage.
        passage: u32,
    },
    /// SIGKILL of the broker.
    Broker,
    /// SIGKILL of the database.
    Database,
    /// A line misbehaves for a while; `once` ends with the first time that it happened.
    Line {
        /// Which.
        line: Line,
        /// How.
        mode: Mode,
        /// For so long, wall milliseconds.
        ms: u64,
        /// It ends when it has happened.
        once: bool,
    },
    /// Every open line is cut at once.
    Cut {
        /// Which.
        line: Line,
    },
    /// A queue gets nothing for a while: its binding is gone, and messages to it come back as unroutable.
    Unbind {
        /// The exchange.
        exchange: String,
        /// The queue.
        queue: String,
        /// For so long, wall milliseconds.
        ms: u64,
    },
}

impl Fault {
    /// Kind of fault, for counts.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Kill { .. } => "kill".to_owned(),
            Self::Crash { .. } => "crash".to_owned(),
            Self::Broker => "broker killed".to_owned(),
            Self::Database => "database killed".to_owned(),
            Self::Line { line, mode, .. } => format!("{} {}", line.key(), key(*mode)),
            Self::Cut { line } => format!("{} cut", line.key()),
            Self::Unbind { .. } => "queue unbound".to_owned(),
        }
    }

    /// Where in the gateway it hits.
    #[must_use]
    pub fn step(&self) -> String {
        match self {
            Self::Kill { role } => role.clone(),
            Self::Crash { role, point, passage } => format!("{role} {point}:{passage}"),
            Self::Broker => "broker".to_owned(),
            Self::Database => "database".to_owned(),
            Self::Line { line, .. } | Self::Cut { line } => line.key().to_owned(),
            Self::Unbind { queue, .. } => queue.clone(),
        }
    }
}

impl Line {
    /// Its name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Database => "database",
            Self::Agencies => "agencies",
            Self::Callbacks => "callbacks",
        }
    }
}

fn key(mode: Mode) -> &'static str {
    match mode {
        Mode::Pass => "pass",
        Mode::Delay { .. } => "delayed",
        Mode::CutAfterRequest { .. } => "cut after the request",
        Mode::HalfAnswer { .. } => "half an answer",
        Mode::CutAfterCommit => "done and unheard",
        Mode::CutAnswerTo { .. } => "commit unheard",
        Mode::BlackHole => "black hole",
        Mode::Trickle => "one byte a second",
        Mode::Refuse => "refused",
    }
}

/// A fault and its moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Wall milliseconds after the first deposit. When the fault before it takes longer, it waits.
    pub at_ms: u64,
    /// What.
    pub fault: Fault,
}

/// The processes of the gateway.
#[must_use]
pub fn roles() -> Vec<String> {
    let adapters = AGENCIES.iter().map(|kind| format!("adapter-{kind}"));
    ["core".to_owned(), "api".to_owned()].into_iter().chain(adapters).collect()
}

/// Draws a schedule: `kills` kills of processes, with crashes of servers and broken lines in proportion, spread over
/// `span_ms`.
#[must_use]
pub fn draw(seed: u64, kills: usize, span_ms: u64) -> Vec<Planned> {
    let mut random = StdRng::seed_from_u64(seed);
    let (roles, mut faults) = (roles(), Vec::new());
    for number in 0..kills {
        // Each of them once, and then whom chance picks; the core, through which everything goes, more often.
        let by_chance = if random.random_bool(0.3) { roles.first() } else { roles.choose(&mut random) };
        let role = roles.get(number).or(by_chance).cloned().unwrap_or_default();
        faults.push(Fault::Kill { role });
    }
    for _ in 0..kills.div_ceil(KILLS_PER_SERVER) {
        faults.extend([Fault::Broker, Fault::Database]);
    }
    let lines = lines(&mut random);
    let rounds = lines.iter().cycle().take(line_count(kills));
    faults.extend(rounds.cloned());
    faults.shuffle(&mut random);
    let slot = span_ms / (faults.len() as u64).max(1);
    let at =
        |place: usize, random: &mut StdRng| slot * place as u64 + random.random_range(0..slot.max(2) / 2);
    faults
        .into_iter()
        .enumerate()
        .map(|(place, fault)| Planned { at_ms: at(place, &mut random), fault })
        .collect()
}

/// Faults of lines: a short run has at least those that it must have seen.
fn line_count(kills: usize) -> usize {
    (kills / KILLS_PER_LINE).max(LINES_MIN)
}

/// How long the number of faults needs, each with its recovery and what has piled up, on two cores that others use too.
#[must_use]
pub fn least_ms(kills: usize) -> u64 {
    let servers = kills.div_ceil(KILLS_PER_SERVER) as u64;
    kills as u64 * 2_600 + servers * 30_000 + line_count(kills) as u64 * 4_000
}

/// One fault of a line of each sort.
fn lines(random: &mut StdRng) -> Vec<Fault> {
    let mut bytes = |most: u64| random.random_range(1..most);
    let for_a_while = |line, mode, ms| Fault::Line { line, mode, ms, once: false };
    let once = |line, mode| Fault::Line { line, mode, ms: 1_500, once: true };
    vec![
        once(Line::Database, Mode::CutAnswerTo { what: "COMMIT" }),
        once(Line::Callbacks, Mode::CutAfterCommit),
        once(Line::Agencies, Mode::CutAfterCommit),
        Fault::Cut { line: Line::Broker },
        for_a_while(Line::Agencies, Mode::CutAfterRequest { bytes: bytes(900) }, 400),
        for_a_while(Line::Agencies, Mode::HalfAnswer { bytes: bytes(300) }, 400),
        Fault::Cut { line: Line::Database },
        Fault::Unbind { exchange: "wasl.review".to_owned(), queue: "review.onee".to_owned(), ms: 1_500 },
        for_a_while(Line::Broker, Mode::Delay { ms: 40 }, 1_500),
        for_a_while(Line::Agencies, Mode::BlackHole, 1_200),
        once(Line::Broker, Mode::CutAfterRequest { bytes: bytes(2_000) }),
        for_a_while(Line::Database, Mode::Delay { ms: 15 }, 1_500),
        for_a_while(Line::Agencies, Mode::Trickle, 1_500),
        for_a_while(Line::Database, Mode::BlackHole, 1_000),
        once(Line::Callbacks, Mode::HalfAnswer { bytes: bytes(40) }),
        for_a_while(Line::Broker, Mode::BlackHole, 1_000),
        once(Line::Broker, Mode::HalfAnswer { bytes: bytes(200) }),
        once(Line::Database, Mode::HalfAnswer { bytes: bytes(60) }),
        for_a_while(Line::Callbacks, Mode::BlackHole, 1_000),
        for_a_while(Line::Agencies, Mode::Refuse, 800),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn one_seed_draws_one_schedule_and_another_seed_another() {
        assert_eq!(draw(1, 100, 500_000), draw(1, 100, 500_000));
        assert_ne!(draw(1, 100, 500_000), draw(2, 100, 500_000));
    }

    #[test]
    fn everything_is_broken_even_in_a_short_run() {
        let schedule = draw(7, 14, 60_000);
        let kinds: BTreeSet<String> = schedule.iter().map(|planned| planned.fault.kind()).collect();
        for kind in ["kill", "broker killed", "database killed", "database commit unheard", "queue unbound"] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
        let killed: BTreeSet<String> = schedule.iter().map(|planned| planned.fault.step()).collect();
        assert!(roles().iter().all(|role| killed.contains(role)), "{killed:?}");
        assert!(schedule.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
    }

    #[test]
    fn a_long_run_has_what_was_asked_for() {
        let schedule = draw(1, 100, 500_000);
        let count = |kind: &str| schedule.iter().filter(|planned| planned.fault.kind() == kind).count();
        assert_eq!((count("kill"), count("broker killed"), count("database killed")), (100, 10, 10));
    }
}
