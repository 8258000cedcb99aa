//! The rules of a permit file, pure: no I/O, no clock, no randomness.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod deadline;
pub mod procedure;
pub mod routing;
mod rows;
pub mod time;

pub use rows::RuleError;
