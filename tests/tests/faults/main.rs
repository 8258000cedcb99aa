//! The catalogue of faults: what can go wrong around the gateway, one test each, with its invariant in words.
//!
//! `tests/FAULTS.md` is the table: fault, invariant, test, what an operator sees.
#![expect(
    clippy::disallowed_methods,
    reason = "what the gateway must not do, a test may: ask the database freely, publish what is wrong"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on must stop, and say what it saw"
)]
#![expect(
    dead_code,
    reason = "the support stands beside the tests of the whole gateway, which use all of it"
)]

/// A gateway of which only the core runs, under a clock that stands where the test puts it.
#[path = "../clock/bare.rs"]
mod bare;
#[path = "../it/support/mod.rs"]
mod support;

/// An instance of the servers for the tests that do something to a whole server: one at a time.
pub(crate) const OWN_SERVERS: &str = "servers-alarmed";
/// Held by the test that uses [`OWN_SERVERS`].
pub(crate) static OWN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

mod front;
mod memory;
mod wrong;

mod alarm;
mod answers;
mod backlog;
mod burst;
mod certificates;
mod copies;
mod database;
mod herd;
mod queues;
mod relay;
mod spoilt;
