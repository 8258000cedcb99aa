//! Delays that are choices of operation, not law. They come from `wasl.toml` and `agencies/*.toml`.

use std::collections::BTreeMap;

use wasl_schemas::id::AgencyKind;

/// Operating choices that a decision may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// First delay before a failed attempt is made again, in milliseconds.
    pub retry_initial_ms: u64,
    /// Each further delay is longer by this factor.
    pub retry_factor: u32,
    /// Longest delay between attempts, in milliseconds.
    pub retry_max_ms: u64,
    /// No outcome of an attempt after this many milliseconds: ask what became of it.
    pub watchdog_ms: u64,
    /// Calendar days after a reviewer's limit on which the decision goes on without it.
    pub unanswered_grace_days: u16,
    /// First look again at a right by silence that waits, in milliseconds of legal time; then twice as long each
    /// time, up to [`Policy::silence_look_max_ms`].
    pub silence_look_initial_ms: u64,
    /// Longest pause between two looks, in milliseconds of legal time.
    pub silence_look_max_ms: u64,
    /// Longest time that a right by silence waits for what may not have been read, in milliseconds of legal time.
    pub silence_wait_max_ms: u64,
    /// Calendar days in which a fee can be paid.
    pub payable_days: u16,
    /// Agencies that are asked by poll, with the time until the first in milliseconds; each further one comes after
    /// twice the time of the one before.
    pub poll_interval_ms: BTreeMap<AgencyKind, u64>,
    /// Longest time between two polls, in milliseconds.
    pub poll_interval_max_ms: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            retry_initial_ms: 2_000,
            retry_factor: 3,
            retry_max_ms: 3_600_000,
            watchdog_ms: 120_000,
            unanswered_grace_days: 3,
            silence_look_initial_ms: 900_000,
            silence_look_max_ms: 14_400_000,
            silence_wait_max_ms: 259_200_000,
            payable_days: 60,
            poll_interval_ms: BTreeMap::new(),
            poll_interval_max_ms: 3_600_000,
        }
    }
}
