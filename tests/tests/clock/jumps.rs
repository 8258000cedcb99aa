//! The legal clock jumps: back, forward, over a week without a core. Timers are never lost, never early, never twice.

use crate::bare::{Bare, FRIDAY, MONDAY, TUESDAY, jumps, stands};

/// Invariant: what has happened by the clock stays happened and does not happen again when the clock reads an earlier
/// time; and what is not due by the clock that is read now does not happen, though an earlier clock had read more.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_takes_nothing_back_and_repeats_nothing() {
    let mut bare = Bare::lay("clock-back", stands("2026-11-03T10:00:00Z")).await;
    bare.lead("core").await;
    for (reference, receipt) in [("RF-1", FRIDAY), ("RF-2", MONDAY), ("RF-3", TUESDAY)] {
        bare.submit(reference, receipt).await;
    }
    bare.kill("core").await;
    // The very instant of the second file.
    bare.set_clock(stands(MONDAY.1));
    bare.lead("core").await;
    bare.acquired("RF-1", FRIDAY).await;
    bare.acquired("RF-2", MONDAY).await;
    bare.all_told().await;
    bare.kill("core").await;

    // Back before both. The core proves that it works by taking a file, and that it looks for timers by the one of
    // that file: its reminder is due by the clock that it reads now.
    bare.set_clock(stands("2026-11-15T10:00:00Z"));
    bare.lead("core").await;
    bare.submit("RF-4", FRIDAY).await;
    let reminders = "SELECT count(*) FROM timer WHERE legal AND due_at <= '2026-11-15T10:00:00Z'";
    crate::support::wait::until("what is due", async || {
        (bare.gateway.count(reminders).await == 0).then_some(())
    })
    .await;
    bare.once(&["RF-1", "RF-2"]).await;
    bare.not_yet("RF-3").await;
    bare.not_yet("RF-4").await;
    bare.kill("core").await;

    // Forward again: the others come, each once, and the first two not again.
    bare.set_clock(stands(TUESDAY.1));
    bare.lead("core").await;
    bare.acquired("RF-3", TUESDAY).await;
    bare.acquired("RF-4", FRIDAY).await;
    bare.all_told().await;
    bare.once(&["RF-1", "RF-2", "RF-3", "RF-4"]).await;
}

/// Invariant: whatever the clock skips, each limit that lies in the gap passes once, with its own legal instant and not
/// the instant at which the clock came to; a limit that lies behind the gap by a moment does not pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_forward_skips_nothing() {
    // Inside one process: the clock stands, and then stands a moment before the limit of the third file.
    let clock = jumps("2026-11-03T10:00:00Z", 12_000, "2026-11-19T23:59:59.999999Z");
    let mut bare = Bare::lay("clock-forward", clock).await;
    bare.lead("core").await;
    for (reference, receipt) in [("RF-1", FRIDAY), ("RF-2", MONDAY), ("RF-3", TUESDAY)] {
        bare.submit(reference, receipt).await;
    }
    bare.acquired("RF-1", FRIDAY).await;
    bare.acquired("RF-2", MONDAY).await;
    bare.all_told().await;
    bare.once(&["RF-1", "RF-2"]).await;
    bare.not_yet("RF-3").await;
    // One microsecond more.
    bare.kill("core").await;
    bare.set_clock(stands(TUESDAY.1));
    bare.lead("core").await;
    let recorded = bare.acquired("RF-3", TUESDAY).await;
    assert_eq!(recorded, crate::bare::at(TUESDAY.1), "the instant of the limit is not before it");
    bare.once(&["RF-1", "RF-2", "RF-3"]).await;
}

/// Invariant: a week without a core loses no limit. What passed meanwhile passes once, at its legal instant, when a core
/// is there again; a decision that was taken in time and waited unread all week stands, and no right is acquired.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_a_week_loses_no_limit_and_no_decision() {
    let mut bare = Bare::lay("clock-week", stands("2026-11-16T10:00:00Z")).await;
    bare.lead("core").await;
    for (reference, receipt) in [("RF-1", FRIDAY), ("RF-2", MONDAY), ("RF-3", TUESDAY), ("RF-4", MONDAY)] {
        bare.submit(reference, receipt).await;
    }
    let stop = std::time::Duration::from_secs(20);
    let (status, _) = bare.gateway.roles.get_mut("core").unwrap().stop(stop).await;
    assert!(status.success());
    // On Tuesday morning the commune decides about the fourth; nobody reads it.
    bare.set_clock(stands("2026-11-17T10:00:00Z"));
    bare.commune.decide("RF-4", "granted").await;
    for reference in ["RF-1", "RF-2", "RF-3", "RF-4"] {
        bare.not_yet(reference).await;
    }

    bare.set_clock(stands("2026-11-23T10:00:00Z"));
    bare.lead("core").await;
    for (reference, receipt) in [("RF-1", FRIDAY), ("RF-2", MONDAY), ("RF-3", TUESDAY)] {
        bare.acquired(reference, receipt).await;
    }
    let decided = bare.commune.expect("RF-4", "decision.recorded").await;
    assert_eq!(decided["data"]["late"], false);
    bare.all_told().await;
    bare.once(&["RF-1", "RF-2", "RF-3"]).await;
    assert_eq!(bare.events("RF-4", "right-acquired").await, 0, "a right against a decision that lay unread");
    assert_eq!(bare.events("RF-4", "decision-recorded").await, 1);
}
