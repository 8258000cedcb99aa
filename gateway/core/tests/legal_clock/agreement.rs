//! The engine and the slow count agree on drawn lives.

use wasl_core::deadline::{ClockEvent, simulate_dates};

use crate::draw::Draw;
use crate::slow::{Clerk, Found};
use crate::{calendar, rules};

const LIVES: u64 = 200_000;
const SEED: u64 = 0x2026_0920;

/// Suspensions, restarts, extensions and agreements, in any order, on any filing date from 2019 to 2030.
#[test]
fn a_clerk_who_counts_day_by_day_finds_the_same_dates() {
    let (rules, calendar, clerk) = (rules(), calendar(), Clerk::new());
    let (mut eventful, mut suspended, mut restarted, mut extended, mut open) = (0, 0, 0, 0, 0);
    for number in 0..LIVES {
        let life = Draw(SEED ^ (number << 20)).life();
        let dates = simulate_dates(&life, &rules, &calendar)
            .unwrap_or_else(|error| panic!("life {number} cannot be: {error}: {life:?}"));
        let has = |kind: fn(&ClockEvent) -> bool| usize::from(life.events.iter().any(kind));
        suspended += has(|event| matches!(event, ClockEvent::Suspended(_)));
        restarted += has(|event| matches!(event, ClockEvent::Redeposited(_)));
        extended += has(|event| matches!(event, ClockEvent::Extended(..)));
        eventful += usize::from(!life.events.is_empty());
        open += usize::from(dates.due.is_none());
        let found = Found {
            due: dates.due,
            due_if_working_days: dates.due_if_working_days,
            steps: dates.steps.into_iter().map(|step| (step.name, step.due)).collect(),
            right_acquired_at: dates.right_acquired_at,
        };
        let restart = life.events.iter().filter(|event| matches!(event, ClockEvent::Redeposited(_)));
        let deposited = restart.map(|event| event.on()).max().unwrap_or(life.filed);
        assert_eq!(dates.filed, deposited);
        let rule = Clerk::rule(rules.all(), &life, deposited);
        assert_eq!(dates.rule, rule.id, "life {number} of seed {SEED:#x}: {life:?}");
        assert_eq!(
            found,
            clerk.dates(rule, deposited, &life.events),
            "life {number} of seed {SEED:#x}: {life:?}"
        );
    }
    assert!(eventful >= 100_000, "only in {eventful} lives something happened");
    // The draw must keep drawing what it is for.
    for (what, count) in
        [("suspended", suspended), ("restarted", restarted), ("extended", extended), ("open", open)]
    {
        assert!(count > 4_000, "only {count} lives were {what}");
    }
}
