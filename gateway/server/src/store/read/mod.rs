//! What can be asked of the memory: read-only queries for the API and the live page, and the few rows that the
//! api role must commit before it answers the network.
//!
//! Every query of files takes a [`Scope`]: who may see what is part of the statement, never a filter after it.

pub mod acts;
pub mod agencies;
pub mod alarms;
pub mod callbacks;
pub mod communes;
pub mod consultations;
pub mod deadlines;
pub mod documents;
pub mod file;
pub mod files;
pub mod held;
pub mod lines;
pub mod live;
pub mod open;
pub mod parked;
pub mod payments;
pub mod scope;
pub mod silence;
pub mod statements;
pub mod stats;
pub mod types;
pub mod waiting;
pub mod wire_log;
#[cfg(test)]
mod zone;

pub use scope::Scope;
pub use types::{Day, Instant};
