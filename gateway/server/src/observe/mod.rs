//! What can be seen from outside: logs, metrics, health.

pub mod health;
pub mod logging;
pub mod metrics;

pub use health::{ComponentState, Health};
pub use metrics::Metrics;
