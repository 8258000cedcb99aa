//! The rules of a permit file, pure: no I/O, no clock, no randomness.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod deadline;
pub mod file;
pub mod policy;
pub mod procedure;
pub mod reconcile;
pub mod retry;
pub mod routing;
mod rows;
#[cfg(test)]
mod test_data;
pub mod time;

pub use rows::RuleError;
