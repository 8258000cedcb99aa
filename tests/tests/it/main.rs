//! The gateway as it is run: every role a process of its own, on a real broker and a real database, with the
//! simulated agencies at the other end of the wires.
//!
//! Broker and database are a private instance below `target/test/servers` that stays up from test to test (stop
//! it with `deploy/local/down target/test/servers`); each test has a virtual host, a database, processes and a
//! legal clock of its own. Tests that crash servers have an instance of their own, and remove it.
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

mod support;

mod alarms;
mod bad_input;
mod by_key;
mod early;
mod figures;
mod guard;
mod http;
mod kills;
mod lines;
mod one_file;
mod onee_secured;
mod operator;
mod operator_held;
mod outages;
mod outside;
mod pages;
mod partner;
mod payments;
mod registries;
mod repeats;
mod rights;
mod scenarios;
mod servers_away;
mod signed;
mod silence;
mod sixth;
mod standby;
mod statements;
mod states;
mod stopping;
mod topology;
mod wrong_settings;
