//! The legal clock of a gateway as it is run: real broker, real database, every role a process of its own.
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

#[path = "../it/support/mod.rs"]
mod support;

mod bare;
mod calendar;
mod escalation;
mod explained;
mod jumps;
mod own_rules;
mod recompute;
mod takeover;
mod zone;
