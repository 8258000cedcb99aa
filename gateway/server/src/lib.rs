//! The gateway: it carries permit files between communes and the agencies that review them, and keeps the
//! legal clock. [`flow`] tells the story of a file; the other modules are what it stands on.
#![forbid(unsafe_code)]

pub mod acting;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod context;
pub mod dispatch;
pub mod flow;
pub mod http;
pub mod observe;
pub mod store;
